package gcore_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

const (
	anotherID        = "7a5d3c19-4b0e-4d6f-9a2b-1c8e5f70d3b4"
	anotherPublicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMzSiHhVTBaHerNPgRLHm+tQhvTtnOsZQEfgHMPmCxFZ"
	uploadedKey      = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIjxL6g1II8NsO8odvBwGKvq2Dx/h/xrvsV9b9LVIYKm my-username@my-hostname"
)

// changed is a JSON object with some properties set to other values; the value removed takes a property out.
func changed(t *testing.T, object string, changes map[string]any) string {
	t.Helper()
	var properties map[string]any
	require.NoError(t, json.Unmarshal([]byte(object), &properties))
	for name, value := range changes {
		if properties[name] = value; value == removed {
			delete(properties, name)
		}
	}
	data, err := json.Marshal(properties)
	require.NoError(t, err)
	return string(data)
}

var removed = any(struct{ string }{"removed"})

// createdBy returns the result of Create for a response, and the number of POSTs. The response to every GET of a key is found, or
// 404 if that is empty; every list contains found.
func createdBy(t *testing.T, request gcore.CreateSSHKeyRequest, response, found string) (*gcore.CreatedSSHKey, int64, error) {
	t.Helper()
	var posts atomic.Int64
	cloud := newCloud(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.Method == http.MethodPost:
			posts.Add(1)
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, response)
		case strings.HasSuffix(r.URL.Path, "/1") && found != "":
			_, _ = io.WriteString(w, `{"count": 1, "results": [`+found+`]}`)
		case strings.HasSuffix(r.URL.Path, "/1"):
			_, _ = io.WriteString(w, `{"count": 0, "results": []}`)
		case found != "":
			_, _ = io.WriteString(w, found)
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"exception_class": "NotFound", "message": "no such key"}`)
		}
	})
	key, err := cloud.SSHKeys(1).Create(t.Context(), request)
	return key, posts.Load(), err
}

// TestGetAndUpdateAreCompared has servers that respond with another key or another value than requested.
func TestGetAndUpdateAreCompared(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		changes map[string]any
		update  gcore.UpdateSSHKeyRequest
		get     bool // an error of Get
		updated bool // an error of Update
	}{
		"as asked for":              {nil, gcore.UpdateSSHKeyRequest{SharedInProject: true}, false, false},
		"as asked for, not shared":  {map[string]any{"shared_in_project": false}, gcore.UpdateSSHKeyRequest{}, false, false},
		"the old value":             {nil, gcore.UpdateSSHKeyRequest{}, false, true},
		"the old value, not shared": {map[string]any{"shared_in_project": false}, gcore.UpdateSSHKeyRequest{SharedInProject: true}, false, true},
		"another id":                {map[string]any{"id": anotherID}, gcore.UpdateSSHKeyRequest{SharedInProject: true}, true, true},
		"a part of the id":          {map[string]any{"id": someID[:8]}, gcore.UpdateSSHKeyRequest{SharedInProject: true}, true, true},
		"the id in capitals":        {map[string]any{"id": strings.ToUpper(someID)}, gcore.UpdateSSHKeyRequest{SharedInProject: true}, false, false},
		"another project":           {map[string]any{"project_id": 2}, gcore.UpdateSSHKeyRequest{SharedInProject: true}, true, true},
		"project 0":                 {map[string]any{"project_id": 0}, gcore.UpdateSSHKeyRequest{SharedInProject: true}, true, true},
		"no project":                {map[string]any{"project_id": nil}, gcore.UpdateSSHKeyRequest{SharedInProject: true}, false, false},
		"project_id missing":        {map[string]any{"project_id": removed}, gcore.UpdateSSHKeyRequest{SharedInProject: true}, true, true},
		"id missing":                {map[string]any{"id": removed}, gcore.UpdateSSHKeyRequest{SharedInProject: true}, true, true},
		"fingerprint missing":       {map[string]any{"fingerprint": removed}, gcore.UpdateSSHKeyRequest{SharedInProject: true}, true, true},
		"shared_in_project missing": {map[string]any{"shared_in_project": removed}, gcore.UpdateSSHKeyRequest{}, true, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := newCloud(t, testResponse{http.StatusOK, "application/json", changed(t, listedKey, test.changes)}.ServeHTTP)
			check := func(operation string, key *gcore.SSHKey, err error, fails bool) {
				if !fails {
					require.NoError(t, err, operation)
					assert.True(t, strings.EqualFold(someID, key.ID), operation)
					return
				}
				assert.Nil(t, key, operation)
				_, ok := errors.AsType[*gcore.ResponseError](err)
				assert.True(t, ok, "%s: %T", operation, err)
			}
			key, err := cloud.SSHKeys(1).Get(t.Context(), someID)
			check("get", key, err, test.get)
			key, err = cloud.SSHKeys(1).Update(t.Context(), someID, test.update)
			check("update", key, err, test.updated)
			key, err = cloud.SSHKeys(1).Get(t.Context(), strings.ToUpper(someID))
			check("get of an id in capitals", key, err, test.get)
		})
	}
}

// TestCreatesAreCompared has servers that respond to a create with another key than requested.
func TestCreatesAreCompared(t *testing.T) {
	t.Parallel()
	generated := gcore.CreateSSHKeyRequest{Name: "my-ssh-key", SharedInProject: new(true)}
	uploaded := generated
	uploaded.PublicKey = new(uploadedKey)
	tests := map[string]struct {
		changes  map[string]any
		uploaded bool // only a create with an uploaded key can tell
	}{
		"another project":        {map[string]any{"project_id": 2}, false},
		"project 0":              {map[string]any{"project_id": 0}, false},
		"another name":           {map[string]any{"name": "another"}, false},
		"a name in another case": {map[string]any{"name": "My-SSH-key"}, false},
		"not shared":             {map[string]any{"shared_in_project": false}, false},
		"another public key":     {map[string]any{"public_key": anotherPublicKey}, true},
		"no public key":          {map[string]any{"public_key": "ssh-ed25519"}, true},
		"everything":             {map[string]any{"project_id": 2, "name": "another", "shared_in_project": false}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response := changed(t, pageResponse, test.changes)
			if !test.uploaded {
				key, posts, err := createdBy(t, generated, response, "")
				assert.Nil(t, key)
				wrong, ok := errors.AsType[*gcore.ResponseError](err)
				require.True(t, ok, "%T", err)
				require.NotNil(t, wrong.Key)
				assert.Equal(t, someID, wrong.Key.ID)
				assert.Equal(t, "<private_key>", wrong.Key.PrivateKey.Reveal(), "the caller gets the private key")
				assert.NotContains(t, err.Error(), "<private_key>", "and not shown")
				assert.EqualValues(t, 1, posts)
			}
			key, posts, err := createdBy(t, uploaded, strings.Replace(response, `"\u003cprivate_key\u003e"`, "null", 1), "")
			assert.Nil(t, key)
			wrong, ok := errors.AsType[*gcore.ResponseError](err)
			require.True(t, ok, "%T", err)
			require.NotNil(t, wrong.Key)
			assert.Equal(t, someID, wrong.Key.ID)
			assert.True(t, wrong.Key.PrivateKey.IsZero())
			assert.EqualValues(t, 1, posts, "a create that got a response is not retried")
		})
	}
	for name, request := range map[string]gcore.CreateSSHKeyRequest{"generated": generated, "uploaded": uploaded} {
		response := pageResponse
		if request.PublicKey != nil {
			response = changed(t, pageResponse, map[string]any{"private_key": nil, "public_key": strings.TrimSuffix(uploadedKey, "@my-hostname")})
		}
		key, posts, err := createdBy(t, request, response, "")
		require.NoError(t, err, name)
		assert.Equal(t, someID, key.ID, name)
		assert.EqualValues(t, 1, posts, name)
	}
}

// TestAGeneratedKeyInResponseToAnUpload has servers that generate a pair although a public key was sent. Only the response contains
// the private key, so the caller gets it, also if the requested key is in the list.
func TestAGeneratedKeyInResponseToAnUpload(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	request := gcore.CreateSSHKeyRequest{Name: "my-ssh-key", PublicKey: new(uploadedKey)}
	for name, publicKey := range map[string]string{"with the uploaded public key": uploadedKey, "with another public key": pair.PublicKey} {
		response := changed(t, pageResponse, map[string]any{"private_key": pair.PrivateKey.Reveal(), "public_key": publicKey})
		listed := changed(t, response, map[string]any{"private_key": removed, "public_key": uploadedKey})
		for where, found := range map[string]string{"not listed": "", "listed": listed, "listed with another id": changed(t, listed, map[string]any{"id": anotherID})} {
			t.Run(name+", "+where, func(t *testing.T) {
				t.Parallel()
				key, posts, err := createdBy(t, request, response, found)
				none := key == nil
				assert.True(t, none, "no key beside the error")
				wrong, ok := errors.AsType[*gcore.ResponseError](err)
				require.True(t, ok, "%T", err)
				require.NotNil(t, wrong.Key)
				same := wrong.Key.PrivateKey.Reveal() == pair.PrivateKey.Reveal()
				assert.True(t, same, "the caller gets the private key")
				assertNoSecret(t, pair.PrivateKey, err.Error())
				assert.EqualValues(t, 1, posts)
			})
		}
	}
}

// TestAPrivateKeyGivenTwice has responses with two properties private_key. The caller gets the one that is a key.
func TestAPrivateKeyGivenTwice(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	encoded, err := json.Marshal(pair.PrivateKey.Reveal())
	require.NoError(t, err)
	pem := `"private_key": ` + string(encoded)
	tests := map[string]string{
		"then null":                    pem + `, "private_key": null`,
		"then empty":                   pem + `, "private_key": ""`,
		"then another text":            pem + `, "private_key": "another text"`,
		"then a number":                pem + `, "private_key": 17`,
		"then an object":               pem + `, "private_key": {}`,
		"after null":                   `"private_key": null, ` + pem,
		"after another text":           `"private_key": "another text", ` + pem,
		"after a number":               `"private_key": 17, ` + pem,
		"between two texts":            `"private_key": "a text", ` + pem + `, "private_key": "another"`,
		"then null, in another case":   pem + `, "PRIVATE_KEY": null`,
		"then a text, in another case": pem + `, "Private_Key": "another text"`,
		"then a text, escaped":         pem + `, "private\u005fkey": "another text"`,
	}
	for name, properties := range tests {
		response := strings.Replace(pageResponse, `"private_key": "<private_key>"`, properties, 1)
		require.NotEqual(t, pageResponse, response)
		key, posts, err := createdBy(t, gcore.CreateSSHKeyRequest{Name: "my-ssh-key"}, response, "")
		if wrong, ok := errors.AsType[*gcore.ResponseError](err); ok {
			key = wrong.Key
			assertNoSecret(t, pair.PrivateKey, err.Error())
		}
		if some := key != nil; assert.True(t, some, "%s: %T", name, err) {
			same := strings.TrimSpace(key.PrivateKey.Reveal()) == strings.TrimSpace(pair.PrivateKey.Reveal())
			assert.True(t, same, "%s: the caller gets the private key", name)
		}
		assert.EqualValues(t, 1, posts, name)
	}
}
