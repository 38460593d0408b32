package main

import (
	"fmt"
	"os"
	"strings"
	"time"
	"unicode"

	"golang.org/x/crypto/ssh"
	"golang.org/x/term"
	"golang.org/x/text/width"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// usualWidth is how wide a table may be where there is no terminal that is wider.
const usualWidth = 80

// widthOf returns how wide a table on a stream may be.
func widthOf(stream any) int {
	if !isTerminal(stream) {
		return usualWidth
	}
	file, _ := stream.(*os.File)
	columns, _, _ := term.GetSize(int(file.Fd()))
	return max(columns, usualWidth)
}

// tableOf is a list of keys, one a line. If maxWidth is not 0 no line is wider than that: names are shortened.
func tableOf(keys []gcore.SSHKey, maxWidth int, noHeader bool) string {
	wide := maxWidth == 0
	rows := [][]string{{"NAME", "ID", "STATE", "SHARED", "AGE"}}
	if wide {
		rows[0] = []string{"NAME", "ID", "STATE", "SHARED", "CREATED", "MD5", "SHA256"}
	}
	for _, key := range keys {
		row := []string{key.Name, key.ID, string(key.State), fmt.Sprint(key.SharedInProject), age(key)}
		if wide {
			row = append(row[:4], created(key), key.Fingerprint, strings.TrimPrefix(sha256(key), "SHA256:"))
		}
		rows = append(rows, row)
	}
	if noHeader {
		rows = rows[1:]
	}
	return align(rows, maxWidth)
}

// describe is one key, a property a line. If maxWidth is not 0 no line is wider than that.
func describe(key savedKey, maxWidth int) string {
	rows := [][]string{
		{"NAME", key.Name},
		{"ID", key.ID},
		{"STATE", string(key.State)},
		{"SHARED", fmt.Sprint(key.SharedInProject)},
		{"CREATED", created(key.SSHKey)},
		{"FINGERPRINT", "MD5:" + key.Fingerprint},
		{"", sha256(key.SSHKey)},
		{"PUBLIC KEY", key.PublicKey},
	}
	if key.PrivateKeyPath != "" {
		rows = append(rows, []string{"SAVED IN", key.PrivateKeyPath})
	}
	var b strings.Builder
	for _, row := range rows {
		value := printable(row[1])
		if maxWidth > 0 && row[0] != "SAVED IN" {
			value = shorten(value, maxWidth-13)
		}
		b.WriteString(pad(row[0], 13) + value + "\n")
	}
	return b.String()
}

// align lays out rows in columns. If maxWidth is not 0 and a row would be wider, the first column is shortened.
func align(rows [][]string, maxWidth int) string {
	if len(rows) == 0 {
		return ""
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			row[i] = printable(cell)
			widths[i] = max(widths[i], columns(row[i]))
		}
	}
	if maxWidth > 0 {
		others := 0
		for _, w := range widths[1:] {
			others += w + 2
		}
		widths[0] = min(widths[0], max(maxWidth-others, 8))
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(pad(shorten(cell, widths[i]), widths[i]+2))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

func pad(text string, w int) string { return text + strings.Repeat(" ", max(w-columns(text), 0)) }

// shorten cuts text that is wider than w columns, and shows that with an ellipsis.
func shorten(text string, w int) string {
	if columns(text) <= w {
		return text
	}
	kept := 0
	for i, r := range text {
		if kept += columnsOf(r); kept > w-1 {
			return text[:i] + "…"
		}
	}
	return text
}

// columns is how many columns of a terminal a text takes.
func columns(text string) int {
	n := 0
	for _, r := range text {
		n += columnsOf(r)
	}
	return n
}

func columnsOf(r rune) int {
	switch kind := width.LookupRune(r).Kind(); {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case kind == width.EastAsianWide, kind == width.EastAsianFullwidth:
		return 2
	}
	return 1
}

func created(key gcore.SSHKey) string {
	if key.CreatedAt == nil {
		return "unknown"
	}
	return key.CreatedAt.UTC().Format(time.RFC3339)
}

// age is how long a key has existed, in its largest unit.
func age(key gcore.SSHKey) string {
	if key.CreatedAt == nil {
		return "unknown"
	}
	const day = 24 * time.Hour
	d := max(time.Since(*key.CreatedAt), 0)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < day:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d < 2*365*day:
		return fmt.Sprintf("%dd", d/day)
	}
	return fmt.Sprintf("%dy", d/(365*day))
}

// sha256 is the SHA256 fingerprint of a key, as ssh-keygen -l prints it, or "unknown" if the key does not parse.
func sha256(key gcore.SSHKey) string {
	public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(key.PublicKey))
	if err != nil {
		return "unknown"
	}
	return ssh.FingerprintSHA256(public)
}
