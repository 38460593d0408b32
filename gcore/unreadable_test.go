//go:build unix

package gcore_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// intoUnreadable names the variable that turns the test binary into a program that saves a key into its working folder.
const intoUnreadable = "GCORE_TEST_SAVE_UNREADABLE"

// nobody is the user of this name on Linux. The modes of files apply to it, unlike to root.
const nobody = 65534

// saveIntoUnreadable saves a key into the working folder, as nobody if it was started by root. It can reach the folder, whatever
// the modes of the folders above, as it is the working folder already.
func saveIntoUnreadable() error {
	if os.Getuid() == 0 {
		if err := errors.Join(syscall.Setgroups(nil), syscall.Setgid(nobody), syscall.Setuid(nobody)); err != nil {
			return fmt.Errorf("give up root: %w", err)
		}
	}
	if _, err := os.ReadDir("."); !errors.Is(err, fs.ErrPermission) {
		return errors.Join(errors.New("the folder can be read, so this tests nothing"), err)
	}
	pair, err := gcore.NewKeyPair("alice@laptop")
	if err != nil {
		return err
	}
	return pair.Save("id_gcore")
}

func TestAKeyIsSavedIntoAFolderThatMayNotBeRead(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	folder := t.TempDir()
	if os.Getuid() == 0 {
		require.NoError(t, os.Chown(folder, nobody, nobody))
	}
	require.NoError(t, os.Chmod(folder, 0o300))
	t.Cleanup(func() { _ = os.Chmod(folder, 0o700) }) // or it could not be removed
	child := exec.Command(self)
	child.Env, child.Dir = append(os.Environ(), intoUnreadable+"=1"), folder
	out, err := child.CombinedOutput()
	require.NoError(t, err, "%s", out)

	require.NoError(t, os.Chmod(folder, 0o700))
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, entries, 2, "both keys, and no temporary file")
	text, err := os.ReadFile(filepath.Join(folder, "id_gcore"))
	require.NoError(t, err)
	_, err = ssh.ParsePrivateKey(text)
	require.NoError(t, err)
	assert.FileExists(t, filepath.Join(folder, "id_gcore.pub"))
}

func init() {
	if os.Getenv(intoUnreadable) != "" {
		if err := saveIntoUnreadable(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}
