//go:build unix

package gcore_test

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// withoutRoom names the variable that turns the test binary into a program that saves a key where there is no room.
const withoutRoom = "GCORE_TEST_WITHOUT_ROOM"

// saveWithoutRoom saves a key while files may have 100 bytes, and once more when they may be longer. The limit stands in for
// a full disk, which only root can make: either way writing stops in the middle.
func saveWithoutRoom(folder string) error {
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	short := limit
	short.Cur = 100
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &short); err != nil {
		return err
	}
	pair, err := gcore.NewKeyPair("c")
	if err != nil {
		return err
	}
	if err := pair.Save(filepath.Join(folder, "no-room")); err == nil {
		return fmt.Errorf("the key was saved in 100 bytes")
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	return pair.Save(filepath.Join(folder, "room"))
}

func TestAFullDiskLeavesTheKeyInHand(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	folder := t.TempDir()
	child := exec.Command(self)
	child.Env = append(os.Environ(), withoutRoom+"="+folder)
	out, err := child.CombinedOutput()
	require.NoError(t, err, "%s", out)
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	hidden, err := filepath.Glob(filepath.Join(folder, ".*"))
	require.NoError(t, err)
	assert.Equal(t, []string{filepath.Join(folder, "room"), filepath.Join(folder, "room.pub")}, append(files, hidden...))
}

func init() {
	if folder := os.Getenv(withoutRoom); folder != "" {
		if err := saveWithoutRoom(folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}
