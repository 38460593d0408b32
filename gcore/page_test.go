package gcore_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// pageResponse is the example on Gcore's reference page of createSSHKey, unchanged.
const pageResponse = `{
  "created_at": "2025-06-16T17:05:50Z",
  "fingerprint": "86:75:ce:e7:e9:1e:f0:79:ec:6f:d8:92:9b:43:fc:4d",
  "id": "36a7a97a-0672-4911-8f2b-92cd4e5b0d91",
  "name": "my-ssh-key",
  "private_key": "<private_key>",
  "project_id": 1,
  "public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIjxL6g1II8NsO8odvBwGKvq2Dx/h/xrvsV9b9LVIYKm my-username@my-hostname",
  "shared_in_project": true,
  "state": "ACTIVE"
}`

func TestThePagesExamplePassesThroughTheClient(t *testing.T) {
	t.Parallel()
	sent := make(chan *http.Request, 1)
	cloud := newCloud(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		r.Body = io.NopCloser(bytes.NewReader(body))
		sent <- r
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, pageResponse)
	})
	key, err := cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	require.NoError(t, err)

	r := <-sent
	assert.Equal(t, http.MethodPost, r.Method)
	assert.Equal(t, "/cloud/v1/ssh_keys/1", r.URL.String())
	assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
	assert.Equal(t, "apikey "+canaryToken, r.Header.Get("Authorization"))
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	assert.JSONEq(t, `{"name": "my-ssh-key"}`, string(body))

	assert.Equal(t, time.Date(2025, 6, 16, 17, 5, 50, 0, time.UTC), key.CreatedAt)
	assert.Equal(t, "86:75:ce:e7:e9:1e:f0:79:ec:6f:d8:92:9b:43:fc:4d", key.Fingerprint)
	assert.Equal(t, "36a7a97a-0672-4911-8f2b-92cd4e5b0d91", key.ID)
	assert.Equal(t, "my-ssh-key", key.Name)
	assert.Equal(t, "<private_key>", key.PrivateKey.Reveal())
	assert.EqualValues(t, 1, key.ProjectID)
	assert.Equal(t, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIjxL6g1II8NsO8odvBwGKvq2Dx/h/xrvsV9b9LVIYKm my-username@my-hostname", key.PublicKey)
	assert.True(t, key.SharedInProject)
	assert.Equal(t, gcore.SSHKeyStateACTIVE, key.State)

	// A key does not encode its private key, so that is added by hand.
	private := key.PrivateKey.Reveal()
	key.PrivateKey = gcore.PrivateKey{}
	encoded, err := json.Marshal(key)
	require.NoError(t, err)
	var document map[string]any
	require.NoError(t, json.Unmarshal(encoded, &document))
	document["private_key"] = private
	encoded, err = json.Marshal(document)
	require.NoError(t, err)
	assert.JSONEq(t, pageResponse, string(encoded))
}

func TestThePagesRequestExamplesAreSentAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, request := range []string{
		`{"name": "my-ssh-key"}`,
		`{"name": "my-ssh-key", "shared_in_project": false}`,
		`{"name": "my-ssh-key", "shared_in_project": true, "public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIjxL6g1II8NsO8odvBwGKvq2Dx/h/xrvsV9b9LVIYKm my-username@my-hostname"}`,
	} {
		var typed gcore.CreateSSHKeyRequest
		require.NoError(t, json.Unmarshal([]byte(request), &typed))
		encoded, err := json.Marshal(typed)
		require.NoError(t, err)
		assert.JSONEq(t, request, string(encoded))
	}
}

// TestAllYieldsTheKeysOfABrokenPage has a list without its count.
func TestAllYieldsTheKeysOfABrokenPage(t *testing.T) {
	t.Parallel()
	var ids []string
	var errs []error
	keys := keysOver(t, canned{http.StatusOK, jsonHeader(""), []byte(`{"results": [` + listedKey + `]}`)})
	for key, err := range keys.All(t.Context(), gcore.ListSSHKeysParams{}) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		ids = append(ids, key.ID)
	}
	assert.Equal(t, []string{someID}, ids)
	require.Len(t, errs, 2)
	require.ErrorContains(t, errs[0], "count is missing")
	require.ErrorContains(t, errs[1], "the server counts 0 keys and has shown more")
}
