// Package sshkey holds what Gcore's API says about public keys, and their one-line form.
package sshkey

import (
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// CheckType returns an error unless Gcore takes keys of this type.
func CheckType(name string) error {
	if name != ssh.KeyAlgoED25519 && name != ssh.KeyAlgoRSA {
		return fmt.Errorf("the key is of type %s, and Gcore takes only %s and %s", name, ssh.KeyAlgoED25519, ssh.KeyAlgoRSA)
	}
	return nil
}

// Line returns a public key as in a .pub file, with the comment if there is one, and without a line break.
func Line(key ssh.PublicKey, comment string) string {
	return strings.TrimSpace(strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(key)), "\n") + " " + comment)
}
