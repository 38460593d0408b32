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

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// path is where the files of the key are: --file, in which a folder means a file of the key's name in it.
func (c *creation) path() string {
	switch info, err := os.Stat(c.file); {
	case c.file == "":
		return fileName(c.name)
	case os.IsPathSeparator(c.file[len(c.file)-1]), err == nil && info.IsDir():
		return filepath.Join(c.file, fileName(c.name))
	}
	return c.file
}

// newPath returns where the new key goes, having made sure before anything is sent that it can go there: neither file
// exists, and the folder takes a file of the size of a key.
func (c *creation) newPath(stderr io.Writer) (string, error) {
	path := c.path()
	for _, taken := range []string{path, path + ".pub"} {
		if _, err := os.Lstat(taken); !errors.Is(err, fs.ErrNotExist) {
			if err != nil {
				return "", fmt.Errorf("nothing was sent: %w", err)
			}
			return "", fmt.Errorf("nothing was sent: %s exists, and no file is overwritten: give another path with --file", taken)
		}
	}
	nameUnfinished(stderr, filepath.Dir(path))
	if err := tryFolder(filepath.Dir(path)); err != nil {
		return "", fmt.Errorf("nothing was sent, since the key could not be saved: %w", err)
	}
	return path, nil
}

// nameUnfinished names the temporary files that Save left in a folder when it was killed. One can be the only copy of a private key.
func nameUnfinished(stderr io.Writer, folder string) {
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		if match, _ := filepath.Match(".gcore-*.tmp", entry.Name()); match {
			fmt.Fprintf(stderr, "note: %s may hold a private key that an earlier run could not finish saving: look at it before you delete it\n",
				filepath.Join(folder, entry.Name()))
		}
	}
}

// tryFolder writes a file into a folder, which it makes if needed, and removes the file again.
func tryFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(folder, ".gcore-space-*") // not a name of Save's
	if err != nil {
		return err
	}
	_, err = file.Write(make([]byte, 64<<10))
	return errors.Join(err, file.Sync(), file.Close(), os.Remove(file.Name()))
}

// existingPair returns the public key of the pair that is at the path, or "" if there is none.
func (c *creation) existingPair(cmd *cobra.Command) (line, path string, err error) {
	path = c.path()
	if !exists(path) || !exists(path+".pub") { // newPath says what is wrong if only one is missing
		return "", "", nil
	}
	if line, err = readPublicKey(cmd, path+".pub"); err != nil {
		return "", "", err
	}
	public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		return "", "", fmt.Errorf("%s.pub does not hold a public key", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", "", err
	}
	if own := publicHalf(data); own != nil && !bytes.Equal(own.Marshal(), public.Marshal()) {
		return "", "", fmt.Errorf("%s and %s.pub are not halves of one key", path, path)
	}
	return line, path, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// publicHalf returns the public half of a private key, or nil if it cannot be known, as with some kinds of encryption.
func publicHalf(private []byte) ssh.PublicKey {
	signer, err := ssh.ParsePrivateKey(private)
	if err == nil {
		return signer.PublicKey()
	}
	if encrypted, ok := errors.AsType[*ssh.PassphraseMissingError](err); ok {
		return encrypted.PublicKey
	}
	return nil
}

// save writes a key that exists nowhere else, and returns where its private half is. If it cannot go where it should, it goes next to
// it, into the home directory or into the working directory; if it cannot be encrypted, it is saved as it is. The error then says
// so.
func (c *creation) save(stderr io.Writer, key *gcore.CreatedSSHKey, path string, options []gcore.SaveOption) (saved string, err error) {
	name := fileName(c.name) + "-" + fileName(key.ID)
	places := []string{path, filepath.Join(filepath.Dir(path), name)}
	if home, err := os.UserHomeDir(); err == nil {
		places = append(places, filepath.Join(home, name))
	}
	places = append(places, name)
	var first error
	attempts := [][]gcore.SaveOption{options, nil}
	if options == nil {
		attempts = attempts[1:]
	}
	for i, options := range attempts {
		for _, place := range places {
			err := key.Save(place, options...)
			if first == nil {
				first = err
			}
			partly, _ := errors.AsType[*gcore.SaveError](err)
			if err != nil && (partly == nil || partly.PrivatePath == "") {
				continue
			}
			announce(stderr, place)
			var problems []error
			if place != path {
				problems = append(problems, fmt.Errorf("the key could not be saved in %s (%w): it is in %s instead", path, first, place))
			} else if err != nil { // only the public half is missing
				problems = append(problems, err)
			}
			if i > 0 {
				problems = append(problems, fmt.Errorf("the private key in %s is NOT encrypted: encrypting it failed: %w\nEncrypt it with: ssh-keygen -p -f %s", place, first, shellQuote(place)))
			}
			return place, errors.Join(problems...)
		}
	}
	return "", fmt.Errorf("the private key could not be saved in any of %s and is lost: delete %s and create another: %w",
		strings.Join(places, ", "), idOf(key), first)
}

func announce(stderr io.Writer, path string) {
	fmt.Fprintf(stderr, "private key saved in %s (mode 0600), public key in %s.pub\n", path, path)
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
