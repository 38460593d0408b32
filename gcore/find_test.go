package gcore_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/optest"
)

func TestFindByName(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	for _, name := range []string{"laptop", "laptop 2", "my laptop", "laptop", "LAPTOP"} {
		server.Add(1, gcore.CreateSSHKeyRequest{Name: name})
	}
	keys := server.Cloud().SSHKeys(1)
	found, err := keys.FindByName(t.Context(), "laptop")
	require.NoError(t, err)
	assert.Len(t, found, 2)
	for _, key := range found {
		assert.Equal(t, "laptop", key.Name)
	}
	found, err = keys.FindByName(t.Context(), "phone")
	require.NoError(t, err)
	assert.Empty(t, found)
	sent := len(server.Calls())
	_, err = keys.FindByName(t.Context(), "")
	require.ErrorIs(t, err, gcore.ErrInvalid)
	assert.Len(t, server.Calls(), sent)
}

func TestACreatedKeyAsAListedOne(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	created, err := server.Cloud().SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "laptop"})
	require.NoError(t, err)
	got, err := server.Cloud().SSHKeys(1).Get(t.Context(), created.ID)
	require.NoError(t, err)
	assert.Equal(t, *got, created.SSHKey())
}

func TestProjectID(t *testing.T) {
	tests := map[string]struct {
		config      int64
		environment string
		want        int64
		err         string
	}{
		"neither":             {0, "", 0, ""},
		"Config":              {7, "8", 7, ""},
		"environment":         {0, "8", 8, ""},
		"negative":            {-1, "8", 0, "ProjectID is -1"},
		"not a number":        {0, "my-project", 0, "GCORE_CLOUD_PROJECT_ID"},
		"1 in environment":    {0, "1", 1, ""},
		"0 in environment":    {0, "0", 0, "GCORE_CLOUD_PROJECT_ID"},
		"Config comes first":  {7, "my-project", 7, ""},
		"spaces around it":    {0, " 8", 0, "GCORE_CLOUD_PROJECT_ID"},
		"beyond every number": {0, "9223372036854775808", 0, "GCORE_CLOUD_PROJECT_ID"},
	}
	for name, test := range tests {
		t.Setenv("GCORE_CLOUD_PROJECT_ID", test.environment)
		cloud, err := gcore.NewCloud(gcore.Config{APIKey: "1$a", ProjectID: test.config})
		if test.err != "" {
			require.ErrorContains(t, err, test.err, name)
			continue
		}
		require.NoError(t, err, name)
		assert.Equal(t, test.want, cloud.ProjectID(), name)
	}
}

// TestNoProjectSendsNothing has the number of a project that was not set.
func TestNoProjectSendsNothing(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	for _, project := range []int64{0, -1} {
		keys := server.Cloud().SSHKeys(project)
		ctx := t.Context()
		calls := map[string]func() error{
			"Create, uploaded": func() error {
				_, err := keys.Create(ctx, gcore.CreateSSHKeyRequest{Name: "k", PublicKey: &pair.PublicKey})
				return err
			},
			"Ensure": func() error {
				_, _, err := keys.Ensure(ctx, gcore.CreateSSHKeyRequest{Name: "k", PublicKey: &pair.PublicKey})
				return err
			},
			"FindByName":      func() error { _, err := keys.FindByName(ctx, "k"); return err },
			"FindByPublicKey": func() error { _, err := keys.FindByPublicKey(ctx, pair.PublicKey); return err },
			"All": func() error {
				for _, err := range keys.All(ctx, gcore.ListSSHKeysParams{}) {
					return err
				}
				return nil
			},
		}
		for _, op := range optest.All() {
			request := op.Example
			request.ProjectID = project
			calls[op.ID] = func() error { _, err := op.Facade(ctx, server.Cloud(), request); return err }
		}
		for name, call := range calls {
			require.ErrorIs(t, call(), gcore.ErrInvalid, name)
		}
	}
	assert.Empty(t, server.Calls())
}

// clock returns a clock that goes on by a minute each time it is read.
func clock() func() time.Time {
	var mu sync.Mutex
	now := time.Date(2025, 6, 16, 17, 5, 50, 0, time.UTC)
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Minute)
		return now
	}
}
