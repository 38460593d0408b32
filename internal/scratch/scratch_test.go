package scratch_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/scratch"
)

func TestCopyTakesTheTreeAsItIsOnDisk(t *testing.T) {
	t.Parallel()
	src, dst := t.TempDir(), t.TempDir()
	write := func(name, content string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(src, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(src, name), []byte(content), 0o600))
	}
	git := func(args ...string) {
		cmd := exec.Command("git", args...)
		cmd.Dir = src
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	git("init", "--quiet")
	write(".gitignore", "id_*\n")
	write("changed", "before")
	write("deleted", "was here")
	git("add", ".")
	write("changed", "after")
	require.NoError(t, os.Remove(filepath.Join(src, "deleted")))
	write("deep/new file", "not in git's index")
	write("id_gcore", "a private key")

	require.NoError(t, scratch.Copy(t.Context(), src, dst))

	got := map[string]string{}
	for _, name := range []string{"changed", "deep/new file", "deleted", "id_gcore", ".git"} {
		if data, err := os.ReadFile(filepath.Join(dst, name)); err == nil {
			got[name] = string(data)
		}
	}
	assert.Equal(t, map[string]string{"changed": "after", "deep/new file": "not in git's index"}, got)
	assert.NoDirExists(t, filepath.Join(dst, ".git"))
}

func TestCopyNeedsAGitCheckout(t *testing.T) {
	t.Parallel()
	err := scratch.Copy(t.Context(), t.TempDir(), t.TempDir())
	require.ErrorContains(t, err, "a git checkout is needed")
}
