package sandbox_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sandbox"
)

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMzSiHhVTBaHerNPgRLHm+tQhvTtnOsZQEfgHMPmCxFZ"

func TestInitialKeysAreReadFromJSON(t *testing.T) {
	t.Parallel()
	keys, err := sandbox.ParseKeys([]byte(`[
		{"name": "a", "public_key": "` + publicKey + `"},
		{"name": "b", "public_key": "` + publicKey + `", "id": "` + documentedID + `", "project_id": 7, "state": "DELETING",
		 "created_at": "2025-06-16T17:05:50Z", "shared_in_project": false, "fingerprint": "86:75:ce:e7:e9:1e:f0:79:ec:6f:d8:92:9b:43:fc:4d"}
	]`))
	require.NoError(t, err)
	s := start(t, sandbox.Config{Keys: keys})

	_, body := s.call(http.MethodGet, project, "")
	var list gcore.SSHKeyList
	require.NoError(t, json.Unmarshal([]byte(body), &list))
	require.Len(t, list.Results, 1)
	assert.Equal(t, "11:b6:c5:77:48:14:82:9c:85:6b:80:46:b0:c8:7f:10", list.Results[0].Fingerprint)
	assert.Equal(t, gcore.SSHKeyStateACTIVE, list.Results[0].State)
	assert.True(t, list.Results[0].SharedInProject)

	_, body = s.call(http.MethodGet, "/cloud/v1/ssh_keys/7/"+documentedID, "")
	var key gcore.SSHKey
	require.NoError(t, json.Unmarshal([]byte(body), &key))
	assert.Equal(t, gcore.SSHKey{
		ID: documentedID, Name: "b", PublicKey: publicKey, ProjectID: new(int64(7)), State: gcore.SSHKeyStateDELETING,
		CreatedAt: new(time.Date(2025, 6, 16, 17, 5, 50, 0, time.UTC)), Fingerprint: "86:75:ce:e7:e9:1e:f0:79:ec:6f:d8:92:9b:43:fc:4d",
	}, key)

	// What the API lists can be given back.
	_, body = s.call(http.MethodGet, project, "")
	again, err := sandbox.ParseKeys([]byte(body))
	require.NoError(t, err)
	require.Len(t, again, 1)
	assert.Equal(t, list.Results[0].ID, again[0].ID)
}

func TestInitialKeysThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	for data, message := range map[string]string{
		`junk`:         "not an array of SSH keys as the API lists them",
		`{"keys": []}`: `unknown field "keys"`,
		`[{"name": "a", "public_key": "k", "private_key": "canary"}]`: `unknown field "private_key"`,
		`[] []`:             "there is something after the JSON",
		`[]]`:               "there is something after the JSON",
		`{}`:                "there is no array",
		`null`:              "there is no array",
		`{"results": null}`: "there is no array",
	} {
		_, err := sandbox.ParseKeys([]byte(data))
		require.ErrorContains(t, err, message)
		assert.NotContains(t, err.Error(), "canary")
	}
	for data, message := range map[string]string{
		`[{"name": "a"}]`:                                                     "initial key 1: name or public_key is missing",
		`[{"public_key": "k"}]`:                                               "initial key 1: name or public_key is missing",
		`[{"name": "a", "public_key": "canary"}]`:                             "not one line with an RSA or Ed25519 public key",
		`[{"name": "a", "public_key": "` + publicKey + `", "id": "1"}]`:       `the id "1" is not a UUID`,
		`[{"name": "a", "public_key": "` + publicKey + `", "project_id": 0}]`: "there is no project 0",
		`[{"name": "a", "public_key": "` + publicKey + `", "state": "GONE"}]`: `no state "GONE"`,
	} {
		keys, err := sandbox.ParseKeys([]byte(data))
		require.NoError(t, err, data)
		_, err = sandbox.New(sandbox.Config{Keys: keys})
		require.ErrorContains(t, err, message)
		assert.NotContains(t, err.Error(), "canary")
	}
}
