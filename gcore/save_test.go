package gcore_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/testenv"
)

func TestSavedFilesAreReadBySSHKeygen(t *testing.T) {
	t.Parallel()
	sshKeygen := testenv.SSHKeygen(t)
	for name, key := range privateKeys(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "id_gcore")
			require.NoError(t, key.Save(path))

			derived, err := exec.Command(sshKeygen, "-y", "-f", path).CombinedOutput()
			require.NoError(t, err, "ssh-keygen cannot read the private key")
			public, err := os.ReadFile(path + ".pub")
			require.NoError(t, err)
			assert.Equal(t, strings.Fields(string(derived))[:2], strings.Fields(string(public))[:2])
			assert.Equal(t, 1, strings.Count(string(public), "\n"))

			fingerprint, err := exec.Command(sshKeygen, "-lf", path+".pub", "-E", "md5").Output()
			require.NoError(t, err)
			signer, err := key.Signer()
			require.NoError(t, err)
			key.PublicKey, key.Fingerprint = string(derived), strings.TrimPrefix(strings.Fields(string(fingerprint))[1], "MD5:")
			require.NoError(t, key.Verify(), "ssh-keygen and Verify agree on the fingerprint of %s", signer.PublicKey().Type())
		})
	}
}

func TestSaveModesAndFolders(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "folder", "id_gcore")
	pair, err := gcore.NewKeyPair("c")
	require.NoError(t, err)
	require.NoError(t, pair.Save(path))
	if runtime.GOOS != "windows" {
		assert.Equal(t, fs.FileMode(0o600), testenv.Mode(t, path))
		assert.Equal(t, fs.FileMode(0o644), testenv.Mode(t, path+".pub"))
		assert.Equal(t, fs.FileMode(0o700), testenv.Mode(t, filepath.Dir(path)))
		assert.Equal(t, fs.FileMode(0o700), testenv.Mode(t, filepath.Dir(filepath.Dir(path))))
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 2, "no temporary file is left")
}

func TestSaveNeverOverwrites(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("c")
	require.NoError(t, err)
	for _, what := range []string{"file", "folder", "symbolic link", "broken symbolic link"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "id_gcore")
			elsewhere := filepath.Join(t.TempDir(), "elsewhere")
			switch what {
			case "file":
				require.NoError(t, os.WriteFile(path, []byte("mine"), 0o600))
			case "folder":
				require.NoError(t, os.Mkdir(path, 0o700))
			case "symbolic link":
				require.NoError(t, os.WriteFile(elsewhere, []byte("mine"), 0o600))
				require.NoError(t, os.Symlink(elsewhere, path))
			case "broken symbolic link":
				require.NoError(t, os.Symlink(elsewhere, path))
			}
			before, err := os.Lstat(path)
			require.NoError(t, err)
			require.ErrorIs(t, pair.Save(path), fs.ErrExist)
			after, err := os.Lstat(path)
			require.NoError(t, err)
			assert.Equal(t, before.Mode(), after.Mode())
			if data, err := os.ReadFile(path); err == nil {
				assert.Equal(t, "mine", string(data))
			}
			assert.NoFileExists(t, path+".pub")
		})
	}
}

func TestSaveKeepsThePrivateKeyIfThePublicOneFails(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("c")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "id_gcore")
	require.NoError(t, os.WriteFile(path+".pub", []byte("mine"), 0o600))
	err = pair.Save(path)
	require.ErrorIs(t, err, fs.ErrExist)
	require.ErrorContains(t, err, "the private key is saved in "+path)
	assertNoSecret(t, pair.PrivateKey, err.Error())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, pair.PrivateKey.Reveal(), string(data))
}

func TestSaveWritesWhatItCannotParseAsItCame(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"<private_key>",
		"-----BEGIN FUTURE PRIVATE KEY-----\r\nAAAA\r\n-----END FUTURE PRIVATE KEY-----",
	} {
		path := filepath.Join(t.TempDir(), "id_gcore")
		key := gcore.CreatedSSHKey{PrivateKey: gcore.NewPrivateKey(text), PublicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMzSiHhVTBaHerNPgRLHm+tQhvTtnOsZQEfgHMPmCxFZ"}
		require.NoError(t, key.Save(path))
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, text, string(data))
	}
}

func TestSaveWithoutPrivateKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "folder", "id_gcore")
	require.ErrorContains(t, (&gcore.CreatedSSHKey{}).Save(path), "no private key")
	assert.NoDirExists(t, filepath.Dir(path))
	pair, err := gcore.NewKeyPair("c")
	require.NoError(t, err)
	require.ErrorIs(t, pair.Save(""), gcore.ErrInvalid)
}
