package gcore_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/testenv"
)

func TestAKeyIsSavedWithAPassphrase(t *testing.T) {
	t.Parallel()
	const passphrase = "canary passphrase"
	pair, err := gcore.NewKeyPair("alice@laptop")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "id_gcore")
	require.NoError(t, pair.Save(path, gcore.WithPassphrase([]byte(passphrase))))
	assert.EqualValues(t, 0o600, testenv.Mode(t, path))

	public, err := exec.Command(testenv.SSHKeygen(t), "-y", "-P", passphrase, "-f", path).Output()
	require.NoError(t, err)
	assert.Equal(t, pair.PublicKey, strings.TrimSpace(string(public)))
	require.Error(t, exec.Command(testenv.SSHKeygen(t), "-y", "-P", "wrong", "-f", path).Run())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	_, err = ssh.ParsePrivateKey(text)
	var missing *ssh.PassphraseMissingError
	require.ErrorAs(t, err, &missing)
	_, err = ssh.ParsePrivateKeyWithPassphrase(text, []byte(passphrase))
	require.NoError(t, err)
}

func TestAKeyThatCannotBeEncryptedIsNotWritten(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	garbage := gcore.CreatedSSHKey{PrivateKey: gcore.NewPrivateKey("canary-private-key"), PublicKey: pair.PublicKey}
	saved := garbage.Save(filepath.Join(folder, "garbage"), gcore.WithPassphrase([]byte("canary passphrase")))
	broken, ok := errors.AsType[*gcore.SaveError](saved)
	require.True(t, ok, "%v", saved)
	assert.Empty(t, broken.PrivatePath)
	require.ErrorIs(t, pair.Save(filepath.Join(folder, "empty"), gcore.WithPassphrase(nil)), gcore.ErrInvalid)
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", saved, saved, saved), "canary")
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, files)
}

// TestASaveErrorSaysWhereThePrivateKeyIs has the name of either file taken.
func TestASaveErrorSaysWhereThePrivateKeyIs(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	for _, test := range []struct {
		taken string
		saved bool
	}{{"id", false}, {"id.pub", true}} {
		path := filepath.Join(t.TempDir(), "id")
		require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(path), test.taken), []byte("mine"), 0o600))
		err := pair.Save(path)
		require.ErrorIs(t, err, fs.ErrExist)
		failed, ok := errors.AsType[*gcore.SaveError](err)
		require.True(t, ok)
		assert.Equal(t, path, failed.Path)
		if !test.saved {
			assert.Empty(t, failed.PrivatePath)
			continue
		}
		assert.Equal(t, path, failed.PrivatePath)
		text, err := os.ReadFile(failed.PrivatePath)
		require.NoError(t, err)
		_, err = ssh.ParsePrivateKey(text)
		require.NoError(t, err)
	}
}

// ssh's prompt ends at a line break, holds no zero byte and has 1,024 bytes. A slice that was cleared too early holds zeros.
func TestAPassphraseThatSSHCannotBeGivenIsRefused(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("alice@laptop")
	require.NoError(t, err)
	folder := t.TempDir()
	for name, passphrase := range map[string]string{
		"a line break": "canary\n", "a carriage return": "canary\r", "a zero byte": "canary\x00", "zeros": "\x00\x00", "too long": strings.Repeat("c", 1024),
	} {
		err := pair.Save(filepath.Join(folder, "k"), gcore.WithPassphrase([]byte(passphrase)))
		require.ErrorIs(t, err, gcore.ErrInvalid, name)
		assert.NotContains(t, err.Error(), "canary")
	}
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, files)
	longest := strings.Repeat("c", 1023)
	path := filepath.Join(folder, "k")
	require.NoError(t, pair.Save(path, gcore.WithPassphrase([]byte(longest))))
	require.NoError(t, exec.Command(testenv.SSHKeygen(t), "-y", "-P", longest, "-f", path).Run())
}

func TestNilIsNoSaveOption(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("alice@laptop")
	require.NoError(t, err)
	assert.NoError(t, pair.Save(filepath.Join(t.TempDir(), "k"), nil))
}

// OpenSSH's format holds two primes of an RSA key. Written in it, a key of three could not be read again.
func TestAKeyThatCannotBeRewrittenIsSavedAsItCame(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateMultiPrimeKey(rand.Reader, 3, 2048) //nolint:staticcheck // such keys exist
	require.NoError(t, err)
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	var created gcore.CreatedSSHKey
	require.NoError(t, created.PrivateKey.UnmarshalText(text))

	path := filepath.Join(t.TempDir(), "k")
	require.Error(t, created.Save(path, gcore.WithPassphrase([]byte("correct horse"))))
	require.NoError(t, created.Save(path))
	saved, err := os.ReadFile(path)
	require.NoError(t, err)
	_, err = ssh.ParsePrivateKey(saved)
	require.NoError(t, err)
}
