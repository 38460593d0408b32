package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// readPublicKey reads a public-key file. What is in it is for Create to judge, which refuses all but one public key.
func readPublicKey(cmd *cobra.Command, path string) (string, error) {
	const maxSize = 64 << 10 // four times the largest RSA key
	data, err := readInput(cmd, path, "public key", maxSize)
	return string(data), err
}

// upload adds a public key. path is where its private half is, if that is known.
func (c *creation) upload(cmd *cobra.Command, keys *gcore.SSHKeys, publicKey, path string) error {
	create := func(ctx context.Context) (gcore.SSHKey, error) {
		key, err := keys.Create(ctx, c.request(&publicKey))
		if err != nil {
			return gcore.SSHKey{}, err
		}
		return key.SSHKey(), nil
	}
	if c.ifMissing {
		create = func(ctx context.Context) (gcore.SSHKey, error) {
			key, created, err := keys.Ensure(ctx, c.request(&publicKey))
			if err != nil {
				return gcore.SSHKey{}, err
			}
			if !created {
				fmt.Fprintln(cmd.ErrOrStderr(), "the project has this key already")
			}
			return *key, nil
		}
	}
	key, err := sendPublicKey(cmd.Context(), create)
	if err != nil {
		// A server may generate a key although it was sent one.
		if arrived, _ := arrivedKey(err); arrived != nil {
			_, saveErr := c.save(cmd.ErrOrStderr(), arrived, fileName(c.name), nil)
			err = errors.Join(err, saveErr)
		}
		return err
	}
	return c.cli.printKey(cmd, key, path)
}

// arrivedKey returns the key in an error if its private half arrived, and what else was wrong with the response.
func arrivedKey(err error) (key *gcore.CreatedSSHKey, problems string) {
	broken, ok := errors.AsType[*gcore.ResponseError](err)
	if !ok || broken.Key == nil || broken.Key.PrivateKey.IsZero() {
		return nil, ""
	}
	return broken.Key, strings.Join(broken.Problems, "; ")
}

// retryCommand is the command line that uploads the same public key without adding it twice.
func (c *creation) retryCommand(publicKey string) string {
	if strings.HasPrefix(publicKey, "-") {
		publicKey = "./" + publicKey
	}
	words := []string{"gcore-sshkeys", "create", "--if-missing", "--public-key", shellQuote(publicKey)}
	if c.cli.project != 0 {
		words = append(words, "--project", strconv.FormatInt(c.cli.project, 10))
	}
	if !c.shared {
		words = append(words, "--shared=false")
	}
	if strings.HasPrefix(c.name, "-") {
		words = append(words, "--")
	}
	return strings.Join(append(words, shellQuote(c.name)), " ")
}

// shellQuote makes text one word of a shell. Text that cannot be printed needs a form that POSIX has since 2024.
func shellQuote(text string) string {
	const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/"
	switch {
	case text != "" && strings.Trim(text, safe) == "" && !strings.HasPrefix(text, "-"):
		return text
	case printable(text) == text:
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\'' || r == '\\':
			b.WriteString(`\` + string(r))
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			for _, c := range []byte(string(r)) {
				fmt.Fprintf(&b, `\%03o`, c)
			}
		}
	}
	return "$'" + b.String() + "'"
}
