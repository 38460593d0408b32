package deploy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	deploy "github.com/gcore-sshkeys/gcore-sshkeys-go/examples/test-with-a-fault"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

func TestAddKeyWhenTheResponseIsLost(t *testing.T) {
	pair, err := gcore.NewKeyPair("web-1")
	require.NoError(t, err)
	srv := gcoretest.NewServer(t)
	srv.Inject("createSSHKey", gcoretest.Fault{Break: gcoretest.DropBeforeHeaders})

	id, err := deploy.AddKey(t.Context(), srv.Cloud(), "web-1", pair.PublicKey)
	require.NoError(t, err)
	require.Len(t, srv.Keys(1), 1) // found again, not added twice
	assert.Equal(t, srv.Keys(1)[0].ID, id)
}
