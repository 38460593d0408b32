package gcore

import (
	"bytes"
	"errors"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sshkey"
)

// parsePublicKey parses a public key in the one-line form of a .pub file, and returns the key and that line. It fails if there is
// anything else, and its errors quote nothing, as the text can be a private key that was passed by mistake.
func parsePublicKey(text string) (key ssh.PublicKey, line string, err error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, "", errors.New("the public key is blank; to have Gcore generate a pair, create a key without it")
	case strings.HasPrefix(text, "-----BEGIN"):
		return nil, "", errors.New("this is a private key, which was not sent: give the public key, the file that ends in .pub")
	case strings.ContainsAny(text, "\r\n"):
		return nil, "", errors.New("the public key is not one line: give the content of one .pub file and nothing else")
	}
	key, comment, options, rest, err := ssh.ParseAuthorizedKey([]byte(text))
	if err != nil || len(options) > 0 || len(bytes.TrimSpace(rest)) > 0 {
		return nil, "", errors.New("the public key does not parse: it should look like ssh-ed25519 AAAA… comment")
	}
	return key, sshkey.Line(key, comment), nil
}

// samePublicKey reports whether text is the given key, whatever its comment.
func samePublicKey(key ssh.PublicKey, text string) bool {
	other, _, err := parsePublicKey(text)
	return err == nil && bytes.Equal(key.Marshal(), other.Marshal())
}
