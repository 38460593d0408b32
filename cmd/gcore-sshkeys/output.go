package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// printKey writes one key, as a table of two columns or as the JSON of an SSHKey, which has no private key.
func printKey(out io.Writer, format string, key gcore.SSHKey) error {
	if format == "json" {
		return printJSON(out, key)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"ID", key.ID},
		{"NAME", key.Name},
		{"FINGERPRINT", "MD5:" + key.Fingerprint},
		{"STATE", string(key.State)},
		{"SHARED", fmt.Sprint(key.SharedInProject)},
		{"CREATED", created(key)},
		{"PUBLIC KEY", key.PublicKey},
	} {
		_, _ = fmt.Fprintf(table, "%s\t%s\n", row[0], printable(row[1]))
	}
	return table.Flush()
}

// printKeys writes a list of keys, one a row, or as a JSON array.
func printKeys(out io.Writer, format string, keys []gcore.SSHKey) error {
	if format == "json" {
		if keys == nil {
			keys = []gcore.SSHKey{}
		}
		return printJSON(out, keys)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "ID\tNAME\tFINGERPRINT\tSTATE\tSHARED\tCREATED")
	for _, key := range keys {
		_, _ = fmt.Fprintf(table, "%s\t%s\tMD5:%s\t%s\t%t\t%s\n", printable(key.ID), printable(key.Name),
			printable(key.Fingerprint), printable(string(key.State)), key.SharedInProject, created(key))
	}
	return table.Flush()
}

func printJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

func created(key gcore.SSHKey) string {
	if key.CreatedAt == nil {
		return "unknown"
	}
	return key.CreatedAt.UTC().Format(time.RFC3339)
}

// printable keeps text of a server from driving the terminal or breaking the table.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}
