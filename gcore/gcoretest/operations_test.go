package gcoretest_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sshkey"
)

// A key and its fingerprint as Gcore printed them.
const (
	confirmedKey         = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMzSiHhVTBaHerNPgRLHm+tQhvTtnOsZQEfgHMPmCxFZ"
	confirmedFingerprint = "11:b6:c5:77:48:14:82:9c:85:6b:80:46:b0:c8:7f:10"
)

const (
	keys       = "/cloud/v1/ssh_keys/1"
	noID       = "36a7a97a-0672-4911-8f2b-92cd4e5b0d91"
	noSuch     = keys + "/" + noID
	createBody = `{"name": "my-ssh-key"}`
)

func TestCreateWithAGeneratedKey(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 6, 16, 19, 5, 50, 999, time.FixedZone("CEST", 2*60*60))
	srv := gcoretest.NewServer(t, gcoretest.WithClock(func() time.Time { return now }))

	resp, body := call(t, srv, http.MethodPost, keys, createBody)
	require.Equal(t, http.StatusCreated, resp.StatusCode, body)
	var key map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &key))

	assert.Equal(t, "2025-06-16T17:05:50Z", key["created_at"])
	assert.Equal(t, "my-ssh-key", key["name"])
	assert.Equal(t, 1.0, key["project_id"])
	assert.Equal(t, true, key["shared_in_project"])
	assert.Equal(t, "ACTIVE", key["state"])
	assert.Len(t, key, 9)
	id, err := uuid.Parse(key["id"].(string))
	require.NoError(t, err)
	assert.Equal(t, uuid.Version(4), id.Version())

	public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(key["public_key"].(string)))
	require.NoError(t, err)
	assert.Equal(t, ssh.FingerprintLegacyMD5(public), key["fingerprint"])
	private := key["private_key"].(string)
	block, rest := pem.Decode([]byte(private))
	require.NotNil(t, block)
	assert.Equal(t, "OPENSSH PRIVATE KEY", block.Type)
	assert.Empty(t, rest)
	signer, err := ssh.ParsePrivateKey([]byte(private))
	require.NoError(t, err)
	assert.Equal(t, ssh.KeyAlgoED25519, signer.PublicKey().Type())
	assert.Equal(t, public.Marshal(), signer.PublicKey().Marshal())

	// It is never seen again.
	for _, path := range []string{keys, keys + "/" + key["id"].(string)} {
		_, body := call(t, srv, http.MethodGet, path, "")
		assert.Contains(t, body, key["id"])
		assert.NotContains(t, body, "PRIVATE")
		assert.NotContains(t, body, "private_key")
	}
}

func TestCreateWithAPublicKey(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	rsaKey := authorizedLine(t, &private.PublicKey)
	srv := gcoretest.NewServer(t)
	tests := map[string]struct{ sent, stored string }{
		"Ed25519":                {confirmedKey, confirmedKey},
		"with a comment":         {confirmedKey + " alice@laptop", confirmedKey + " alice@laptop"},
		"with a final newline":   {confirmedKey + "\n", confirmedKey},
		"RSA":                    {rsaKey, rsaKey},
		"the same again":         {confirmedKey, confirmedKey},
		"with a CRLF at its end": {confirmedKey + "\r\n", confirmedKey},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, err := srv.Cloud().SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{
				Name: name, PublicKey: &test.sent, SharedInProject: new(bool),
			})
			require.NoError(t, err)
			assert.True(t, key.PrivateKey.IsZero())
			assert.False(t, key.SharedInProject)
			_, body := call(t, srv, http.MethodPost, keys, fmt.Sprintf(`{"name": %q, "public_key": %q}`, name, test.sent))
			assert.Contains(t, body, `"private_key":null`)
			var raw gcore.CreatedSSHKey
			require.NoError(t, json.Unmarshal([]byte(body), &raw))
			assert.Equal(t, test.stored, raw.PublicKey)
			if strings.HasPrefix(test.sent, confirmedKey) {
				assert.Equal(t, confirmedFingerprint, raw.Fingerprint)
			}
		})
	}
}

func TestCreateRefusesWhatIsNoPublicKey(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	ecdsaKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	_, secret, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	block, err := ssh.MarshalPrivateKey(secret, "")
	require.NoError(t, err)
	tests := map[string]string{
		"empty":         "",
		"blank":         " \n",
		"no key":        "canary",
		"cut short":     confirmedKey[:len(confirmedKey)-8],
		"a false type":  strings.Replace(confirmedKey, "ssh-ed25519", "ssh-rsa", 1),
		"ECDSA":         authorizedLine(t, &ecdsaKey.PublicKey),
		"two keys":      confirmedKey + "\n" + confirmedKey,
		"with options":  `command="canary" ` + confirmedKey,
		"type twice":    "ssh-ed25519 " + confirmedKey,
		"comment first": "# canary\n" + confirmedKey,
		"a private key": string(pem.EncodeToMemory(block)),
		"private first": string(pem.EncodeToMemory(block)) + confirmedKey,
	}
	for name, line := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent, err := json.Marshal(gcore.CreateSSHKeyRequest{Name: "my-ssh-key", PublicKey: &line})
			require.NoError(t, err)
			resp, body := call(t, srv, http.MethodPost, keys, string(sent))
			invalid := assertRefused(t, resp, body, http.StatusBadRequest, "ValidationError", "Request validation failed")
			assert.Equal(t, []string{"not one line with an RSA or Ed25519 public key"}, invalid["public_key"])
			assert.NotContains(t, body, "canary")
			assert.Empty(t, srv.Keys(1))
		})
	}
}

func TestBadRequestsAreRefusedAsPublished(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	long := strings.Repeat("ä", 256)
	tests := []struct {
		method, path, body string
		field              string
	}{
		{http.MethodPost, keys, `{}`, "name"},
		{http.MethodPost, keys, `{"name": ""}`, "name"},
		{http.MethodPost, keys, `{"name": "` + long + `"}`, "name"},
		{http.MethodPost, keys, `{"name": 1}`, "name"},
		{http.MethodPost, keys, `{"name": "a", "shared_in_project": "yes"}`, "shared_in_project"},
		{http.MethodPost, keys, `{"name": "a", "public_key": null}`, "public_key"},
		{http.MethodPost, keys, `{"name": "a"`, "body"},
		{http.MethodPost, keys, ``, "body"},
		{http.MethodPost, "/cloud/v1/ssh_keys/one", createBody, "project_id"},
		{http.MethodGet, "/cloud/v1/ssh_keys/1.5", "", "project_id"},
		{http.MethodGet, keys + "?limit=0", "", "limit"},
		{http.MethodGet, keys + "?limit=1001", "", "limit"},
		{http.MethodGet, keys + "?limit=many", "", "limit"},
		{http.MethodGet, keys + "?offset=-1", "", "offset"},
		{http.MethodGet, keys + "?order_by=id.asc", "", "order_by"},
		{http.MethodGet, keys + "/my-ssh-key", "", "ssh_key_id"},
		{http.MethodPatch, noSuch, `{}`, "shared_in_project"},
		{http.MethodPatch, noSuch, `{"shared_in_project": null}`, "shared_in_project"},
		{http.MethodDelete, keys + "/" + strings.Replace(noID, "-4", "-1", 1), "", "ssh_key_id"},
	}
	for _, test := range tests {
		t.Run(test.method+" "+test.path+" "+test.body[:min(len(test.body), 60)], func(t *testing.T) {
			t.Parallel()
			resp, body := call(t, srv, test.method, test.path, test.body)
			invalid := assertRefused(t, resp, body, http.StatusBadRequest, "ValidationError", "Request validation failed")
			assert.Contains(t, invalid, test.field)
			assert.NotEmpty(t, invalid[test.field])
		})
	}
	t.Cleanup(func() { assert.Empty(t, srv.Keys(1)) })
}

func TestALongNameIsCountedInCharacters(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	name := strings.Repeat("ä", 255)
	resp, body := call(t, srv, http.MethodPost, keys, `{"name": "`+name+`"}`)
	assert.Equal(t, http.StatusCreated, resp.StatusCode, body)
	assert.Equal(t, name, srv.Keys(1)[0].Name)
}

func TestNotFound(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	theirs := srv.Add(2, gcore.CreateSSHKeyRequest{Name: "theirs"})
	tests := []struct{ method, path, body, message string }{
		{http.MethodGet, noSuch, "", "SSH key not found"},
		{http.MethodPatch, noSuch, `{"shared_in_project": true}`, "SSH key not found"},
		{http.MethodDelete, noSuch, "", "SSH key not found"},
		{http.MethodGet, keys + "/" + theirs.ID, "", "SSH key not found"},
		{http.MethodPatch, keys + "/" + theirs.ID, `{"shared_in_project": false}`, "SSH key not found"},
		{http.MethodDelete, keys + "/" + theirs.ID, "", "SSH key not found"},
		{http.MethodPost, "/cloud/v1/ssh_keys/0", createBody, "Project not found"},
		{http.MethodGet, "/cloud/v1/ssh_keys/-1", "", "Project not found"},
		{http.MethodGet, "/cloud/v1/ssh_keys", "", "HTTP 404: Not Found"},
		{http.MethodGet, "/", "", "HTTP 404: Not Found"},
	}
	for _, test := range tests {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			t.Parallel()
			resp, body := call(t, srv, test.method, test.path, test.body)
			assertRefused(t, resp, body, http.StatusNotFound, "NotFoundError", test.message)
		})
	}
	t.Cleanup(func() { assert.Equal(t, []gcore.SSHKey{theirs}, srv.Keys(2), "and it was not changed") })
}

func TestUnknownMethodsAreNotAllowed(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	for _, test := range [][2]string{
		{http.MethodPut, keys}, {http.MethodDelete, keys}, {http.MethodPatch, keys},
		{http.MethodPost, noSuch}, {http.MethodPut, noSuch}, {http.MethodOptions, keys},
	} {
		resp, body := call(t, srv, test[0], test[1], "")
		assertRefused(t, resp, body, http.StatusMethodNotAllowed, "HTTPError", "HTTP 405: Method Not Allowed")
	}
}

func TestGetUpdateDelete(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	made := srv.Add(1, gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	require.True(t, made.SharedInProject)
	project := srv.Cloud().SSHKeys(1)

	got, err := project.Get(t.Context(), made.ID)
	require.NoError(t, err)
	assert.Equal(t, made, *got)

	for _, shared := range []bool{false, false, true} {
		got, err = project.Update(t.Context(), made.ID, gcore.UpdateSSHKeyRequest{SharedInProject: shared})
		require.NoError(t, err)
		assert.Equal(t, shared, got.SharedInProject)
		got.SharedInProject = made.SharedInProject
		assert.Equal(t, made, *got, "nothing else changes")
		assert.Equal(t, shared, srv.Keys(1)[0].SharedInProject)
	}

	resp, body := call(t, srv, http.MethodDelete, keys+"/"+made.ID, "")
	assert.Equal(t, http.StatusNoContent, resp.StatusCode)
	assert.Empty(t, body)
	assert.Empty(t, srv.Keys(1))
	resp, body = call(t, srv, http.MethodDelete, keys+"/"+made.ID, "")
	assertRefused(t, resp, body, http.StatusNotFound, "NotFoundError", "SSH key not found")
}

func TestNamesAreUniqueOnlyIfAskedFor(t *testing.T) {
	t.Parallel()
	t.Run("not asked for", func(t *testing.T) {
		t.Parallel()
		srv := gcoretest.NewServer(t)
		for range 2 {
			resp, _ := call(t, srv, http.MethodPost, keys, createBody)
			assert.Equal(t, http.StatusCreated, resp.StatusCode)
		}
		assert.Len(t, srv.Keys(1), 2)
	})
	t.Run("asked for", func(t *testing.T) {
		t.Parallel()
		srv := gcoretest.NewServer(t, gcoretest.WithUniqueNames())
		first := srv.Add(1, gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
		srv.Add(2, gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
		resp, body := call(t, srv, http.MethodPost, keys, createBody)
		assertRefused(t, resp, body, http.StatusConflict, "ConflictError", "SSH key already exists")
		assert.Equal(t, []gcore.SSHKey{first}, srv.Keys(1))
		assert.Panics(t, func() { srv.Add(1, gcore.CreateSSHKeyRequest{Name: "my-ssh-key"}) })

		call(t, srv, http.MethodDelete, keys+"/"+first.ID, "")
		resp, _ = call(t, srv, http.MethodPost, keys, createBody)
		assert.Equal(t, http.StatusCreated, resp.StatusCode, "the name is free again")
	})
}

func TestAddRefusesMistakes(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	line := "no key"
	assert.Panics(t, func() { srv.Add(1, gcore.CreateSSHKeyRequest{Name: "a", PublicKey: &line}) })
	assert.Panics(t, func() { srv.Add(0, gcore.CreateSSHKeyRequest{Name: "a"}) })
	assert.Empty(t, srv.Keys(1))
}

func TestSeedMakesTheSameServerTwice(t *testing.T) {
	t.Parallel()
	clock := gcoretest.WithClock(func() time.Time { return time.Unix(1750093550, 0) })
	run := func(seed uint64) (token string, keys []gcore.SSHKey) {
		srv := gcoretest.NewServer(t, gcoretest.WithSeed(seed), clock)
		for i := range 3 {
			_, err := srv.Cloud().SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: fmt.Sprint(i)})
			require.NoError(t, err)
		}
		return srv.APIKey, srv.Keys(1)
	}
	token, keys := run(1)
	sameToken, sameKeys := run(1)
	assert.Equal(t, token, sameToken)
	assert.Equal(t, keys, sameKeys)
	otherToken, otherKeys := run(2)
	assert.NotEqual(t, token, otherToken)
	assert.NotEqual(t, keys[0].PublicKey, otherKeys[0].PublicKey)
	assert.NotEqual(t, keys[0].PublicKey, keys[1].PublicKey)
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	project := srv.Cloud().SSHKeys(1)
	const workers, each = 64, 8
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			for i := range each {
				name := fmt.Sprintf("key-%d-%d", worker, i)
				key, err := project.Create(t.Context(), gcore.CreateSSHKeyRequest{Name: name})
				if !assert.NoError(t, err) {
					return
				}
				list, err := project.List(t.Context(), gcore.ListSSHKeysParams{Name: &name})
				if assert.NoError(t, err) && assert.Len(t, list.Results, 1) {
					assert.Equal(t, key.ID, list.Results[0].ID)
				}
				if i%2 == 0 {
					assert.NoError(t, project.Delete(t.Context(), key.ID))
				}
			}
		})
	}
	wg.Wait()
	assert.Len(t, srv.Keys(1), workers*each/2)
}

func authorizedLine(t *testing.T, public any) string {
	t.Helper()
	key, err := ssh.NewPublicKey(public)
	require.NoError(t, err)
	return sshkey.Line(key, "")
}
