package gcoretest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

const documentedID = "36a7a97a-0672-4911-8f2b-92cd4e5b0d91"

func TestAddCanBeGivenWhatOtherwiseIsMadeUp(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	at := time.Date(2025, 6, 16, 17, 5, 50, 0, time.UTC)
	added := srv.Add(1, gcore.CreateSSHKeyRequest{Name: "my-ssh-key"}, func(key *gcore.SSHKey) {
		key.ID, key.State, key.CreatedAt = documentedID, gcore.SSHKeyStateDELETING, &at
	})
	assert.Equal(t, documentedID, added.ID)
	got, err := srv.Cloud().SSHKeys(1).Get(t.Context(), documentedID)
	require.NoError(t, err)
	assert.Equal(t, &added, got)
	assert.Equal(t, gcore.SSHKeyStateDELETING, got.State)
	assert.Equal(t, int64(1), *got.ProjectID)
	assert.Equal(t, at, *got.CreatedAt)
}

func TestAddRefusesKeysThatCannotBe(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	srv.Add(1, gcore.CreateSSHKeyRequest{Name: "taken"}, func(key *gcore.SSHKey) { key.ID = documentedID })
	tests := map[string]struct {
		edit    func(*gcore.SSHKey)
		message string
	}{
		"no id": {func(key *gcore.SSHKey) { key.ID = "" },
			`gcoretest: Add "k": the id "" is not a UUID of version 4 in lower case`},
		"an id in braces": {func(key *gcore.SSHKey) { key.ID = "{" + documentedID + "}" },
			`gcoretest: Add "k": the id "{` + documentedID + `}" is not a UUID of version 4 in lower case`},
		"a taken id":      {func(key *gcore.SSHKey) { key.ID = documentedID }, `gcoretest: Add "k": there is a key with the id ` + documentedID},
		"another state":   {func(key *gcore.SSHKey) { key.State = "GONE" }, `gcoretest: Add "k": openapi.yaml has no state "GONE"`},
		"another project": {func(key *gcore.SSHKey) { key.ProjectID = new(int64(3)) }, `gcoretest: Add "k": the project is changed`},
		"no name":         {func(key *gcore.SSHKey) { key.Name = "" }, `gcoretest: Add "k": the name does not have 1 to 255 characters of valid UTF-8`},
		"no public key": {func(key *gcore.SSHKey) { key.PublicKey = "canary" },
			`gcoretest: Add "k": not one line with an RSA or Ed25519 public key`},
		"no time": {func(key *gcore.SSHKey) { key.CreatedAt = nil },
			`gcoretest: Add "k": created_at is missing, which keys are sorted by`},
	}
	for name, test := range tests {
		assert.PanicsWithValue(t, test.message, func() { srv.Add(2, gcore.CreateSSHKeyRequest{Name: "k"}, test.edit) }, name)
	}
	assert.Empty(t, srv.Keys(2))
}
