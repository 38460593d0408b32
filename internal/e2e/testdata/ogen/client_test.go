// Package ogen_test uses the client that ogen generates from openapi.yaml into the folder api. TestAClientOfAnotherGenerator of
// internal/e2e does that in a copy of this folder, and starts the sandbox.
package ogen_test

import (
	"context"
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/ogen/api"
)

const documentedID = "36a7a97a-0672-4911-8f2b-92cd4e5b0d91"

type security struct{}

func (security) ApiKey(context.Context, api.OperationName) (api.ApiKey, error) {
	return api.ApiKey{APIKey: "apikey any"}, nil
}

func TestEveryOperationAtTheStartAndAfterAReset(t *testing.T) {
	url := os.Getenv("GCORE_BASE_URL")
	client, err := api.NewClient(url, security{})
	require.NoError(t, err)
	for _, when := range []string{"start", "reset"} {
		t.Run(when, func(t *testing.T) { testEveryOperation(t, client) })
		resp, err := http.Post(url+"/_sandbox/reset", "", nil)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode)
	}
}

func testEveryOperation(t *testing.T, client *api.Client) {
	got, err := client.GetSSHKey(t.Context(), api.GetSSHKeyParams{ProjectID: 1, SSHKeyID: documentedID})
	require.NoError(t, err)
	key, ok := got.(*api.SSHKey)
	require.True(t, ok, "%T", got)
	assert.Equal(t, "my-ssh-key", key.Name)
	assert.Equal(t, api.NewNilInt64(1), key.ProjectID)
	assert.Equal(t, api.SSHKeyStateACTIVE, key.State)
	assert.True(t, key.SharedInProject)

	updated, err := client.UpdateSSHKey(t.Context(), &api.UpdateSSHKeyRequest{SharedInProject: false}, api.UpdateSSHKeyParams{ProjectID: 1, SSHKeyID: documentedID})
	require.NoError(t, err)
	want := *key
	want.SharedInProject = false
	assert.Equal(t, &want, updated)

	made, err := client.CreateSSHKey(t.Context(), &api.CreateSSHKeyRequest{Name: "generated"}, api.CreateSSHKeyParams{ProjectID: 1})
	require.NoError(t, err)
	generated, ok := made.(*api.CreatedSSHKey)
	require.True(t, ok, "%T", made)
	assert.Contains(t, generated.PrivateKey.Value, "-----BEGIN OPENSSH PRIVATE KEY-----\n")
	made, err = client.CreateSSHKey(t.Context(), &api.CreateSSHKeyRequest{Name: "uploaded", PublicKey: api.NewOptString(key.PublicKey)}, api.CreateSSHKeyParams{ProjectID: 1})
	require.NoError(t, err)
	uploaded, ok := made.(*api.CreatedSSHKey)
	require.True(t, ok, "%T", made)
	assert.True(t, uploaded.PrivateKey.IsNull())
	assert.Equal(t, key.Fingerprint, uploaded.Fingerprint)

	listed, err := client.ListSSHKeys(t.Context(), api.ListSSHKeysParams{ProjectID: 1, OrderBy: api.NewOptSSHKeyOrder(api.SSHKeyOrderNameAsc), Offset: api.NewOptInt64(1)})
	require.NoError(t, err)
	list, ok := listed.(*api.SSHKeyList)
	require.True(t, ok, "%T", listed)
	assert.EqualValues(t, 3, list.Count)
	require.Len(t, list.Results, 2)
	assert.Equal(t, want, list.Results[0])
	assert.Equal(t, uploaded.ID, list.Results[1].ID)

	deleted, err := client.DeleteSSHKey(t.Context(), api.DeleteSSHKeyParams{ProjectID: 1, SSHKeyID: documentedID})
	require.NoError(t, err)
	assert.IsType(t, &api.DeleteSSHKeyNoContent{}, deleted)
	got, err = client.GetSSHKey(t.Context(), api.GetSSHKeyParams{ProjectID: 1, SSHKeyID: documentedID})
	require.NoError(t, err)
	assert.IsType(t, &api.GetSSHKeyNotFound{}, got)
}
