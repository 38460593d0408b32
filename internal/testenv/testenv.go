// Package testenv tells tests about the machine that they run on: file modes, programs, memory in use.
package testenv

import (
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// Mode returns the permissions of a file or folder.
func Mode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	return info.Mode().Perm()
}

// SSHKeygen returns the path of OpenSSH's ssh-keygen. A developer may lack it; CI may not.
func SSHKeygen(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("ssh-keygen")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("ssh-keygen is not installed")
	}
	require.NoError(t, err)
	return path
}

// Heap returns how many bytes the objects in use take.
func Heap() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc) //nolint:gosec // far below 2^63
}
