package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// room returns where the new key goes, having made sure before anything is sent that it can go there: neither file
// exists, and the folder takes a file of the size of a key.
func (c *creation) room() (string, error) {
	path := c.out
	if path == "" {
		path = fileName(c.name)
	}
	for _, taken := range []string{path, path + ".pub"} {
		if _, err := os.Lstat(taken); !errors.Is(err, fs.ErrNotExist) {
			if err != nil {
				return "", fmt.Errorf("nothing was sent: %w", err)
			}
			return "", fmt.Errorf("nothing was sent: %s exists, and no file is overwritten: give another path with --out", taken)
		}
	}
	if err := tryFolder(filepath.Dir(path)); err != nil {
		return "", fmt.Errorf("nothing was sent, since there is no room for the key: %w", err)
	}
	return path, nil
}

// tryFolder writes a file into a folder, which it makes if needed, and removes the file again.
func tryFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(folder, ".gcore-*.tmp")
	if err != nil {
		return err
	}
	_, err = file.Write(make([]byte, 64<<10))
	return errors.Join(err, file.Sync(), file.Close(), os.Remove(file.Name()))
}

// save writes a key that exists nowhere else. If it cannot go where it should, it goes next to it, into the home
// directory or into the working directory; the error then says so.
func (c *creation) save(stderr io.Writer, key *gcore.CreatedSSHKey, path string) error {
	failed := key.Save(path)
	if failed == nil {
		announce(stderr, path)
		return nil
	}
	name := fileName(c.name) + "-" + fileName(key.ID)
	fallbacks := []string{filepath.Join(filepath.Dir(path), name), name}
	if home, err := os.UserHomeDir(); err == nil {
		fallbacks = []string{fallbacks[0], filepath.Join(home, name), name}
	}
	if holds(path, key) { // only the public half is missing
		return failed
	}
	for _, fallback := range fallbacks {
		if err := key.Save(fallback); err == nil || holds(fallback, key) {
			announce(stderr, fallback)
			return fmt.Errorf("the key could not be saved in %s (%w): it is in %s instead", path, failed, fallback)
		}
	}
	return fmt.Errorf("the private key could not be saved in %s or any of %s and is lost: delete the key %s and create another: %w",
		path, strings.Join(fallbacks, ", "), key.ID, failed)
}

// holds reports whether the private half of key is in the file, as Save writes it.
func holds(path string, key *gcore.CreatedSSHKey) bool {
	data, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	if string(data) == key.PrivateKey.Reveal() {
		return true
	}
	saved, err := ssh.ParsePrivateKey(data)
	signer, signerErr := key.Signer()
	return err == nil && signerErr == nil && bytes.Equal(saved.PublicKey().Marshal(), signer.PublicKey().Marshal())
}

func announce(stderr io.Writer, path string) {
	_, _ = fmt.Fprintf(stderr, "private key saved in %s (mode 0600), public key in %s.pub\n", path, path)
}

// fileName makes a key's name safe as a file name on any system.
func fileName(name string) string {
	safe := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		}
		return '_'
	}, name)
	safe = strings.TrimLeft(safe, ".-")
	if len(safe) > 100 {
		safe = safe[:100]
	}
	if safe == "" {
		return "ssh-key"
	}
	return safe
}
