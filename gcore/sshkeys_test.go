package gcore_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/testenv"
)

// someID is the id of no key.
const someID = "36a7a97a-0672-4911-8f2b-92cd4e5b0d91"

func TestFacade(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	keys := server.Cloud().SSHKeys(1)
	ctx := t.Context()

	made, err := keys.Create(ctx, gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	require.NoError(t, err)
	require.NoError(t, made.Verify())
	assert.True(t, made.SharedInProject, "the default")

	pair, err := gcore.NewKeyPair("alice@laptop")
	require.NoError(t, err)
	uploaded, err := keys.Create(ctx, gcore.CreateSSHKeyRequest{Name: "laptop", PublicKey: &pair.PublicKey, SharedInProject: new(false)})
	require.NoError(t, err)
	assert.Equal(t, pair.PublicKey, uploaded.PublicKey)
	assert.True(t, uploaded.PrivateKey.IsZero())
	assert.False(t, uploaded.SharedInProject)

	list, err := keys.List(ctx, gcore.ListSSHKeysParams{OrderBy: new(gcore.SSHKeyOrderNameAsc)})
	require.NoError(t, err)
	assert.EqualValues(t, 2, list.Count)
	require.Len(t, list.Results, 2)
	assert.Equal(t, "laptop", list.Results[0].Name)

	got, err := keys.Get(ctx, made.ID)
	require.NoError(t, err)
	assert.Equal(t, made.PublicKey, got.PublicKey)

	found, err := keys.FindByPublicKey(ctx, strings.Replace(pair.PublicKey, "alice@laptop", "another comment", 1))
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Equal(t, uploaded.ID, found[0].ID)

	updated, err := keys.Update(ctx, uploaded.ID, gcore.UpdateSSHKeyRequest{SharedInProject: true})
	require.NoError(t, err)
	assert.True(t, updated.SharedInProject)

	require.NoError(t, keys.Delete(ctx, uploaded.ID))
	_, err = keys.Get(ctx, uploaded.ID)
	require.ErrorIs(t, err, gcore.ErrNotFound)
	require.ErrorIs(t, keys.Delete(ctx, uploaded.ID), gcore.ErrNotFound)
}

func TestTheGeneratedClientUsesTheSameHandlers(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	api := server.Cloud().API()
	ctx := t.Context()

	created, err := api.CreateSSHKeyWithResponse(ctx, 1, gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	require.NoError(t, err)
	require.NotNil(t, created.JSON201, created.Status())
	require.NoError(t, created.JSON201.Verify())
	id := created.JSON201.ID
	assert.Empty(t, created.HTTPResponse.Request.Header.Get("Authorization"), "a response that is printed shows no key")

	list, err := api.ListSSHKeysWithResponse(ctx, 1, &gcore.ListSSHKeysParams{})
	require.NoError(t, err)
	require.NotNil(t, list.JSON200)
	assert.EqualValues(t, 1, list.JSON200.Count)

	got, err := api.GetSSHKeyWithResponse(ctx, 1, id)
	require.NoError(t, err)
	require.NotNil(t, got.JSON200)

	updated, err := api.UpdateSSHKeyWithResponse(ctx, 1, id, gcore.UpdateSSHKeyRequest{SharedInProject: false})
	require.NoError(t, err)
	require.NotNil(t, updated.JSON200)
	assert.False(t, updated.JSON200.SharedInProject)

	deleted, err := api.DeleteSSHKeyWithResponse(ctx, 1, id)
	require.NoError(t, err)
	assert.Equal(t, http.StatusNoContent, deleted.StatusCode())

	gone, err := api.GetSSHKeyWithResponse(ctx, 1, id)
	require.NoError(t, err)
	require.NotNil(t, gone.JSON404)
}

func TestAllYieldsEveryKeyOnceInOrder(t *testing.T) {
	t.Parallel()
	const n = 2345
	server := gcoretest.NewServer(t)
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	for i := range n {
		server.Add(1, gcore.CreateSSHKeyRequest{Name: fmt.Sprintf("key-%04d", i), PublicKey: &pair.PublicKey})
	}
	var names []string
	for key, err := range server.Cloud().SSHKeys(1).All(t.Context(), gcore.ListSSHKeysParams{OrderBy: new(gcore.SSHKeyOrderNameAsc)}) {
		require.NoError(t, err)
		names = append(names, key.Name)
	}
	require.Len(t, names, n)
	for i, name := range names {
		require.Equal(t, fmt.Sprintf("key-%04d", i), name)
	}
	assert.Len(t, server.Calls(), 3)
}

func TestAllStartsAtOffsetWithPagesOfLimit(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	for i := range 7 {
		server.Add(1, gcore.CreateSSHKeyRequest{Name: fmt.Sprint("key-", i)})
	}
	params := gcore.ListSSHKeysParams{Limit: new(int64(2)), Offset: new(int64(3)), OrderBy: new(gcore.SSHKeyOrderNameAsc)}
	var names []string
	for key, err := range server.Cloud().SSHKeys(1).All(t.Context(), params) {
		require.NoError(t, err)
		names = append(names, key.Name)
	}
	assert.Equal(t, []string{"key-3", "key-4", "key-5", "key-6"}, names)
	assert.Len(t, server.Calls(), 4, "pages overlap by one key, and a full one may not be the last")
	assert.EqualValues(t, 3, *params.Offset, "the caller's parameters are not changed")

	for _, err := range server.Cloud().SSHKeys(1).All(t.Context(), params) {
		require.NoError(t, err)
		break
	}
	assert.Len(t, server.Calls(), 5, "a loop that ends early fetches no further page")
}

func TestInvalidRequestsAreNotSent(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	keys := server.Cloud().SSHKeys(1)
	pair, err := gcore.NewKeyPair("c")
	require.NoError(t, err)
	private := pair.PrivateKey.Reveal()
	create := func(name string, publicKey *string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := keys.Create(ctx, gcore.CreateSSHKeyRequest{Name: name, PublicKey: publicKey})
			return err
		}
	}
	list := func(params gcore.ListSSHKeysParams) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := keys.List(ctx, params)
			return err
		}
	}
	tests := map[string]func(context.Context) error{
		"no name":                create("", nil),
		"256 characters":         create(strings.Repeat("ä", 256), nil),
		"not UTF-8":              create("a\xff", nil),
		"empty public key":       create("k", new("")),
		"blank public key":       create("k", new(" \n\t")),
		"no public key":          create("k", new("ssh-ed25519 AAAA")),
		"two public keys":        create("k", new(pair.PublicKey+"\n"+pair.PublicKey)),
		"options":                create("k", new(`command="x" `+pair.PublicKey)),
		"private key":            create("k", &private),
		"ECDSA key":              create("k", new(publicKeyOfType(t, "ecdsa"))),
		"private and public key": create("k", new(private+pair.PublicKey)),
		"limit 0":                list(gcore.ListSSHKeysParams{Limit: new(int64(0))}),
		"limit 1001":             list(gcore.ListSSHKeysParams{Limit: new(int64(1001))}),
		"negative offset":        list(gcore.ListSSHKeysParams{Offset: new(int64(-1))}),
		"unknown order":          list(gcore.ListSSHKeysParams{OrderBy: new(gcore.SSHKeyOrder("size"))}),
		"find nothing":           func(ctx context.Context) error { _, err := keys.FindByPublicKey(ctx, ""); return err },
		"get a path":             func(ctx context.Context) error { _, err := keys.Get(ctx, ".."); return err },
		"get a bare id": func(ctx context.Context) error {
			_, err := keys.Get(ctx, strings.ReplaceAll(someID, "-", ""))
			return err
		},
		"update a name": func(ctx context.Context) error {
			_, err := keys.Update(ctx, "k", gcore.UpdateSSHKeyRequest{})
			return err
		},
		"delete nothing":         func(ctx context.Context) error { return keys.Delete(ctx, "") },
		"delete another variant": func(ctx context.Context) error { return keys.Delete(ctx, "36a7a97a-0672-4911-cf2b-92cd4e5b0d91") },
		"delete another version": func(ctx context.Context) error { return keys.Delete(ctx, "36a7a97a-0672-1911-8f2b-92cd4e5b0d91") },
	}
	for name, call := range tests {
		err := call(t.Context())
		require.ErrorIs(t, err, gcore.ErrInvalid, name)
		for line := range strings.SplitSeq(private, "\n") {
			if line != "" {
				assert.NotContains(t, err.Error(), line, name)
			}
		}
	}
	assert.Empty(t, server.Calls())
}

// publicKeyOfType returns a public key that ssh-keygen made.
func publicKeyOfType(t *testing.T, kind string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	out, err := exec.Command(testenv.SSHKeygen(t), "-q", "-t", kind, "-N", "", "-f", path).CombinedOutput()
	require.NoError(t, err, "%s", out)
	line, err := os.ReadFile(path + ".pub")
	require.NoError(t, err)
	return string(line)
}

func TestKeysOfTypesThatGcoreDoesNotTakeAreNamed(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	for kind, want := range map[string]string{"ecdsa": "ecdsa-sha2-nistp256", "rsa": "", "ed25519": ""} {
		_, err := server.Cloud().SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "key", PublicKey: new(publicKeyOfType(t, kind))})
		if want == "" {
			require.NoError(t, err, kind)
			continue
		}
		require.ErrorIs(t, err, gcore.ErrInvalid)
		require.ErrorContains(t, err, want)
	}
	// A key on a security key: there is no device here to make one.
	const securityKey = "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIMzSiHhVTBaHerNPgRLHm+tQhvTtnOsZQEfgHMPmCxFZAAAABHNzaDo="
	_, err := server.Cloud().SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "key", PublicKey: new(securityKey)})
	require.ErrorContains(t, err, "sk-ssh-ed25519@openssh.com")
	assert.Len(t, server.Keys(1), 2)
}

func TestLongestNameAndTrailingNewlineAreSent(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	pair, err := gcore.NewKeyPair("c")
	require.NoError(t, err)
	key, err := server.Cloud().SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{
		Name: strings.Repeat("ä", 255), PublicKey: new(pair.PublicKey + "\n"),
	})
	require.NoError(t, err)
	assert.Equal(t, pair.PublicKey, key.PublicKey)
}

// listedKey is a key as a list shows it.
const listedKey = `{"created_at": "2025-06-16T17:05:50Z", "fingerprint": "11:b6:c5:77:48:14:82:9c:85:6b:80:46:b0:c8:7f:10",
	"id": "36a7a97a-0672-4911-8f2b-92cd4e5b0d91", "name": "k", "project_id": 1, "public_key":
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMzSiHhVTBaHerNPgRLHm+tQhvTtnOsZQEfgHMPmCxFZ", "shared_in_project": true, "state": "ACTIVE"}`

func newHTTPServer(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// newCloud returns a client, whose retries do not wait, of a server that is only the handler.
func newCloud(t *testing.T, handler http.HandlerFunc, change ...func(*gcore.Config)) *gcore.Cloud {
	t.Helper()
	server := newHTTPServer(t, handler)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	config := noWaiting(gcore.Config{APIKey: canaryToken, BaseURL: server.URL, HTTPClient: &http.Client{Transport: transport}})
	for _, f := range change {
		f(&config)
	}
	cloud, err := gcore.NewCloud(config)
	require.NoError(t, err)
	return cloud
}

// noWaiting returns the configuration with retries that do not wait.
func noWaiting(config gcore.Config) gcore.Config {
	config.Backoff = func(int, time.Duration) time.Duration { return 0 }
	return config
}
