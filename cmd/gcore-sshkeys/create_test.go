package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

func TestNothingIsSentWithoutRoomForTheKey(t *testing.T) {
	for _, generate := range []string{"local", "server"} {
		server := withServer(t)
		require.NoError(t, os.WriteFile("taken", []byte("mine"), 0o600))
		require.NoError(t, os.WriteFile("half.pub", []byte("mine"), 0o600))
		require.NoError(t, os.Symlink("nowhere", "link"))
		for _, out := range []string{"taken", "half", "link", "taken/inside", "taken/inside/deeper"} {
			_, _, err := command(t, "create", "k", "--generate", generate, "--file", out)
			require.ErrorContains(t, err, "nothing was sent", out)
		}
		data, err := os.ReadFile("taken")
		require.NoError(t, err)
		assert.Equal(t, "mine", string(data))
		assert.Empty(t, server.Calls())
	}
}

func TestUploadAPublicKey(t *testing.T) {
	server := withServer(t)
	pair, err := gcore.NewKeyPair("alice@laptop")
	require.NoError(t, err)
	require.NoError(t, pair.Save("id_mine"))

	stdout, _, err := command(t, "create", "from-file", "--public-key", "id_mine.pub", "-o", "wide")
	require.NoError(t, err)
	assert.Contains(t, stdout, pair.PublicKey)
	_, _, err = commandWith(t.Context(), t, pair.PublicKey+"\n", "create", "from-stdin", "--public-key", "-")
	require.NoError(t, err)
	var names []string
	for _, key := range server.Keys(1) {
		names = append(names, key.Name)
		assert.Equal(t, pair.PublicKey, key.PublicKey)
	}
	assert.Equal(t, []string{"from-file", "from-stdin"}, names)

	sent := len(server.Calls())
	for _, args := range [][]string{
		{"create", "k", "--public-key", "id_mine"}, {"import", "id_mine", "--name", "k"}, {"import", "nowhere"}, {"create", "k", "--public-key", os.DevNull}, {"create", "k", "--public-key", ""},
	} {
		_, _, err = command(t, args...) // which looks for the private key in all that is printed
		require.Error(t, err, args)
	}
	assert.Len(t, server.Calls(), sent, "the private half is not sent")
}

// TestAPrivateKeyFileIsNotShown passes private keys of every form where a public one should be.
func TestAPrivateKeyFileIsNotShown(t *testing.T) {
	server := withServer(t)
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	sec1, err := x509.MarshalECPrivateKey(curve)
	require.NoError(t, err)
	sshPublic, err := ssh.NewPublicKey(public)
	require.NoError(t, err)
	line := string(ssh.MarshalAuthorizedKey(sshPublic))
	const canary = "CANARYcanaryCANARY"
	for name, text := range map[string]string{
		"pkcs8":    string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})),
		"sec1":     string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1})),
		"ppk":      "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: c\nPrivate-Lines: 1\n" + canary + "\n",
		"both":     string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})) + line,
		"one line": "ssh-ed25519 AAAA " + canary,
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		for _, args := range [][]string{{"import", name}, {"import", name, "--name", "k"}, {"create", "k", "--public-key", name}} {
			stdout, stderr, err := command(t, append(args, "--debug")...) // which looks for PEM keys in all that is printed
			require.Error(t, err, name)
			assert.NotContains(t, stdout+stderr+err.Error(), canary, name)
		}
	}
	assert.Empty(t, server.Calls())
}

func TestABadNameIsRefusedBeforeAKeyIsMade(t *testing.T) {
	server := withServer(t)
	for _, generate := range []string{"local", "server"} {
		_, _, err := command(t, "create", strings.Repeat("x", 256), "--generate", generate)
		require.ErrorIs(t, err, gcore.ErrInvalid)
		_, _, err = command(t, "create", "", "--generate", generate)
		require.ErrorContains(t, err, "empty argument")
	}
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	assert.Empty(t, files)
	assert.Empty(t, server.Calls())
}

func TestAFailedCreateSaysHowToSendTheSameKeyAgain(t *testing.T) {
	server := withServer(t)
	server.Inject("createSSHKey", gcoretest.Fault{Commit: gcoretest.CommitNever, Status: 403})
	_, stderr, err := command(t, "create", "my key", "--debug")
	require.ErrorIs(t, err, gcore.ErrForbidden)
	assert.Contains(t, stderr, "private key saved in my_key")
	const again = "gcore-sshkeys create --if-missing --public-key my_key.pub 'my key'"
	require.ErrorContains(t, err, again)

	server.Inject("createSSHKey", gcoretest.Fault{Commit: gcoretest.CommitNever, Status: 403})
	_, _, err = command(t, "create", "other", "--project", "2", "--shared=false")
	require.ErrorContains(t, err, "gcore-sshkeys create --if-missing --public-key other.pub --project 2 --shared=false other")

	_, _, err = command(t, "create", "my key", "--public-key", "my_key.pub")
	require.NoError(t, err)
	require.Len(t, server.Keys(1), 1)
	public, err := os.ReadFile("my_key.pub")
	require.NoError(t, err)
	assert.Equal(t, strings.TrimSpace(string(public)), server.Keys(1)[0].PublicKey)
}

func TestALocalKeyIsOnDiskBeforeAnythingIsSent(t *testing.T) {
	onDisk := false
	server := withServer(t, gcoretest.WithFaults(func(gcoretest.Call) gcoretest.Fault {
		_, err := os.Stat("k3y")
		onDisk = err == nil
		return gcoretest.Fault{}
	}))
	_, _, err := command(t, "create", "k3y")
	require.NoError(t, err)
	assert.True(t, onDisk)
	private, err := os.ReadFile("k3y")
	require.NoError(t, err)
	for _, call := range server.Calls() {
		assert.NotContains(t, string(call.Body), strings.Split(string(private), "\n")[1])
	}
}

// TestInterruptWaitsForGeneratedKey interrupts when the server has created the key and not yet sent the response.
func TestInterruptWaitsForGeneratedKey(t *testing.T) {
	server := withServer(t)
	ctx, interrupt := context.WithCancel(t.Context())
	server.Inject("createSSHKey", gcoretest.Fault{Edit: func(body []byte) []byte {
		interrupt()
		return body
	}})
	_, stderr, err := commandWith(ctx, t, "", "create", "waits", "--generate", "server", "--debug")
	require.NoError(t, err)
	assert.Contains(t, stderr, "private key saved in waits")
	assertHolds(t, "waits", server.Keys(1)[0])
	assert.Error(t, ctx.Err())
}

// TestAKeyThatCannotGoWhereItShouldIsSavedElsewhere takes the place of the file while the create is under way.
func TestAKeyThatCannotGoWhereItShouldIsSavedElsewhere(t *testing.T) {
	server := withServer(t)
	taken := func(paths ...string) {
		server.Inject("createSSHKey", gcoretest.Fault{Edit: func(body []byte) []byte {
			for _, path := range paths {
				assert.NoError(t, os.WriteFile(path, []byte("mine"), 0o600))
			}
			return body
		}})
	}
	taken("one")
	_, stderr, err := command(t, "create", "one", "--generate", "server")
	key := server.Keys(1)[0]
	require.ErrorContains(t, err, "it is in one-"+key.ID+" instead")
	assert.Contains(t, stderr, "private key saved in one-"+key.ID)
	assertHolds(t, "one-"+key.ID, key)

	taken("two.pub")
	_, _, err = command(t, "create", "two", "--generate", "server")
	require.ErrorContains(t, err, "the private key is saved in two")
	assertHolds(t, "two", server.Keys(1)[1])

	// The whole folder is gone, and a file is in its place: the key goes home.
	server.Inject("createSSHKey", gcoretest.Fault{Edit: func(body []byte) []byte {
		assert.NoError(t, os.RemoveAll("folder"))
		assert.NoError(t, os.WriteFile("folder", nil, 0o600))
		return body
	}})
	_, stderr, err = command(t, "create", "three", "--generate", "server", "--file", filepath.Join("folder", "three"))
	key = server.Keys(1)[2]
	home := filepath.Join(os.Getenv("HOME"), "three-"+key.ID)
	require.ErrorContains(t, err, home)
	assert.Contains(t, stderr, home)
	assertHolds(t, home, key)
}

func TestAKeyInABrokenAnswerIsSaved(t *testing.T) {
	server := withServer(t)
	server.Inject("createSSHKey", gcoretest.Fault{Edit: func(body []byte) []byte {
		return []byte(strings.Replace(string(body), `"created_at":"`, `"created_at":"not a time`, 1))
	}})
	stdout, stderr, err := command(t, "create", "broken", "--generate", "server")
	require.ErrorContains(t, err, "created_at does not parse")
	assert.Contains(t, stderr, "private key saved in broken")
	require.ErrorContains(t, err, "the private key of the key "+server.Keys(1)[0].ID+" did arrive")
	assert.Empty(t, stdout, "which holds whole results only")
	assertHolds(t, "broken", server.Keys(1)[0])
}

// TestAKeyThatAServerGeneratedUnaskedIsSaved has a server that is sent a public key and responds with a pair of its own.
func TestAKeyThatAServerGeneratedUnaskedIsSaved(t *testing.T) {
	uploaded, err := gcore.NewKeyPair("uploaded")
	require.NoError(t, err)
	generated, err := gcore.NewKeyPair("generated")
	require.NoError(t, err)
	for _, args := range [][]string{{"create", "k", "--public-key", "-"}, {"import", "-", "--name", "k"}, {"create", "k"}} {
		server := withServer(t)
		server.Inject("createSSHKey", gcoretest.Fault{Edit: func(body []byte) []byte {
			var key map[string]any
			assert.NoError(t, json.Unmarshal(body, &key))
			key["private_key"], key["public_key"] = generated.PrivateKey.Reveal(), generated.PublicKey
			body, err := json.Marshal(key)
			assert.NoError(t, err)
			return body
		}})
		_, stderr, err := commandWith(t.Context(), t, uploaded.PublicKey, args...)
		require.ErrorContains(t, err, "private_key is there, though a public key was sent")
		assert.Contains(t, stderr, "private key saved in k")
		files, err := filepath.Glob("k*")
		require.NoError(t, err)
		saved := false
		for _, file := range files {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			saved = saved || string(data) == generated.PrivateKey.Reveal()
		}
		assert.True(t, saved, "%v: %v", args, files)
	}
}

func TestAnUnknownOutcomeIsSaid(t *testing.T) {
	server := withServer(t)
	server.Inject("createSSHKey", gcoretest.Fault{Break: gcoretest.DropBeforeHeaders})
	_, _, err := command(t, "create", "lost", "--generate", "server", "--debug")
	require.ErrorContains(t, err, "it is not known whether the key was created")
	require.ErrorContains(t, err, server.Keys(1)[0].ID)
}

func TestFileName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"my-ssh-key": "my-ssh-key", "my key": "my_key", "../../etc/passwd": "_.._etc_passwd", ".hidden": "hidden", "-rf": "rf",
		"a/b\\c:d": "a_b_c_d", "ключ": "____", "...": "ssh-key", strings.Repeat("x", 255): strings.Repeat("x", 100), "line\nbreak": "line_break",
	} {
		assert.Equal(t, want, fileName(name), name)
	}
}

func TestShellQuote(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"a-b.c/d": "a-b.c/d", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$HOME": "'$HOME'", "-x": "'-x'"} {
		assert.Equal(t, want, shellQuote(text))
	}
}

// assertHolds fails if the file is not the private half of the key.
func assertHolds(t *testing.T, path string, key gcore.SSHKey) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	signer, err := ssh.ParsePrivateKey(data)
	require.NoError(t, err)
	assert.Contains(t, key.PublicKey, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey()))))
}
