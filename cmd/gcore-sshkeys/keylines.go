package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sshkey"
)

// A keyLine is one line of a file with public keys, which holds a key or is wrong.
type keyLine struct {
	file    string // "-" is standard input
	number  int
	key     ssh.PublicKey
	comment string
	options []string // the names of the options before the key
	err     error
}

// where is the place of the line, as messages give it.
func (l *keyLine) where() string {
	file := l.file
	if file == "-" {
		file = "standard input"
	}
	return fmt.Sprintf("%s:%d", printable(file), l.number)
}

// parseKeyLines parses each line of a .pub file, of authorized_keys, or of what ssh-add -L or GitHub's .keys print. Blank lines and comments
// are left out. If a file starts with a private key, the result is one line with errPrivateKey, and the rest is not read. No error quotes what is in the file, which can be a private key.
func parseKeyLines(file string, data []byte) []*keyLine {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return []*keyLine{{file: file, number: 1, err: errors.New("the file is in UTF-16: save it in UTF-8")}}
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
	var found []*keyLine
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parsed := &keyLine{file: file, number: i + 1}
		if end, err := block(file, line); err != nil {
			parsed.err = err
			if errors.Is(err, errPrivateKey) && len(found) == 0 {
				return []*keyLine{parsed} // it is a file for a private key, which was given by mistake
			}
			i += skipBlock(lines[i+1:], end)
		} else {
			parsed.parse(line)
		}
		found = append(found, parsed)
	}
	return found
}

// skipBlock returns how many of the lines after the first of a block belong to it: those up to its end. A block without an end must not
// hide the keys after it, so another block and a public key end it, too.
func skipBlock(lines []string, end string) int {
	for n, line := range lines {
		line = strings.TrimSpace(line)
		if strings.Contains(line, end) {
			return n + 1
		}
		_, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err == nil || strings.HasPrefix(line, "-----BEGIN ") || strings.HasPrefix(line, "---- BEGIN ") {
			return n
		}
	}
	return 0
}

// block recognises the first line of a key format of several lines. It returns an error, and the text that marks the last line.
func block(file, line string) (end string, err error) {
	isPEM := strings.HasPrefix(line, "-----BEGIN ")
	isSSH2 := strings.HasPrefix(line, "---- BEGIN ")
	end = map[bool]string{true: "-----END ", false: "---- END "}[isPEM]
	convert := "ssh-keygen -i -f " + inputFile(file)
	switch {
	case strings.HasPrefix(line, "PuTTY-User-Key-File"):
		return "Private-MAC:", errPrivateKey
	case !isPEM && !isSSH2:
		return "", nil
	case strings.Contains(line, "PRIVATE KEY"):
		return end, errPrivateKey
	case strings.HasPrefix(line, "---- BEGIN SSH2 PUBLIC KEY"):
		return end, fmt.Errorf("the key is in the format of RFC 4716: convert it with: %s", convert)
	case strings.HasPrefix(line, "-----BEGIN RSA PUBLIC KEY"):
		return end, fmt.Errorf("the key is in a PEM format: convert it with: %s -m PEM", convert)
	case strings.HasPrefix(line, "-----BEGIN PUBLIC KEY"):
		return end, fmt.Errorf("the key is in a PEM format: convert it with: %s -m PKCS8", convert)
	}
	return end, errors.New("this is not an SSH public key")
}

var errPrivateKey = errors.New("this is a private key, which was not sent: give the public half, the file that ends in .pub")

// inputFile is a file as an argument of a command.
func inputFile(file string) string {
	if file == "-" {
		return "FILE"
	}
	if strings.HasPrefix(file, "-") {
		file = "./" + file
	}
	return shellQuote(file)
}

// parse takes one key, with the options before it and the comment after it.
func (l *keyLine) parse(line string) {
	key, comment, options, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		if kind := keyType(line); kind != "" {
			l.err = sshkey.CheckType(kind)
		}
		if l.err == nil {
			l.err = errors.New("the line does not parse: it should look like ssh-ed25519 AAAA… comment")
		}
		return
	}
	for _, option := range options {
		name, _, _ := strings.Cut(strings.ToLower(option), "=")
		switch {
		case name == "cert-authority":
			l.err = errors.New("this is the key of a certificate authority (cert-authority), not of a user")
		case !slices.Contains(knownOptions, name):
			l.err = errors.New("the line starts with neither a key type nor an option of authorized_keys; known_hosts files are not imported")
		}
		l.options = append(l.options, name)
	}
	if l.err == nil && slices.ContainsFunc(strings.Fields(comment), isBlob) {
		l.err = errors.New("another key follows on the same line: put each key on a line of its own")
	}
	if l.err == nil {
		l.err = sshkey.CheckType(key.Type())
	}
	l.key, l.comment = key, printable(strings.ToValidUTF8(comment, "?"))
}

// upload is the line to upload: the key and its comment.
func (l *keyLine) upload() string {
	return sshkey.Line(l.key, l.comment)
}

var typeName = regexp.MustCompile(`^[a-z0-9][a-z0-9@.-]{0,63}$`)

// keyType returns the type of the public key in a line, which package ssh does not know: a word that the key after it repeats.
func keyType(line string) string {
	words := strings.Fields(line)
	for i := range len(words) - 1 {
		blob, err := base64.StdEncoding.DecodeString(words[i+1])
		if err != nil || len(blob) < 4 || !typeName.MatchString(words[i]) {
			continue
		}
		if n := binary.BigEndian.Uint32(blob); int(n) == len(words[i]) && bytes.HasPrefix(blob[4:], []byte(words[i])) {
			return words[i]
		}
	}
	return ""
}

// isBlob reports whether a word is a public key as it stands behind its type.
func isBlob(word string) bool {
	blob, err := base64.StdEncoding.DecodeString(word)
	if err != nil || len(blob) < 4 {
		return false
	}
	n := int(binary.BigEndian.Uint32(blob))
	return n > 0 && n <= 64 && len(blob) >= 4+n && typeName.Match(blob[4:4+n])
}

// knownOptions are the options of authorized_keys in sshd(8).
var knownOptions = []string{
	"agent-forwarding", "cert-authority", "command", "environment", "expiry-time", "from", "no-agent-forwarding",
	"no-port-forwarding", "no-pty", "no-touch-required", "no-user-rc", "no-x11-forwarding", "permitlisten", "permitopen", "port-forwarding",
	"principals", "pty", "restrict", "touch-required", "tunnel", "user-rc", "verify-required", "x11-forwarding",
}
