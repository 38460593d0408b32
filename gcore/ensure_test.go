package gcore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// TestEnsure has a project that holds keys in every relation to the one that is asked for.
func TestEnsure(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("alice@laptop")
	require.NoError(t, err)
	other, err := gcore.NewKeyPair("bob@laptop")
	require.NoError(t, err)
	sameKey := strings.Replace(pair.PublicKey, "alice@laptop", "another comment", 1)
	type existing struct {
		name, publicKey string
		shared          bool
		deleting        bool
	}
	tests := map[string]struct {
		existing []existing
		shared   *bool
		want     int // which of existing is returned, or -1
		created  bool
		err      error
		sent     []string // besides lists
	}{
		"nothing":                     {nil, nil, -1, true, nil, []string{"createSSHKey"}},
		"the key":                     {[]existing{{"laptop", pair.PublicKey, true, false}}, nil, 0, false, nil, nil},
		"the key, another comment":    {[]existing{{"laptop", sameKey, true, false}}, nil, 0, false, nil, nil},
		"the key, sharing not asked":  {[]existing{{"laptop", pair.PublicKey, false, false}}, nil, 0, false, nil, nil},
		"the key, same sharing":       {[]existing{{"laptop", pair.PublicKey, false, false}}, new(false), 0, false, nil, nil},
		"the key, other sharing":      {[]existing{{"laptop", pair.PublicKey, true, false}}, new(false), 0, false, nil, []string{"updateSSHKey"}},
		"the key several times":       {[]existing{{"laptop", pair.PublicKey, true, false}, {"laptop", pair.PublicKey, true, false}}, nil, 0, false, nil, nil},
		"the key and another":         {[]existing{{"laptop", other.PublicKey, true, false}, {"laptop", pair.PublicKey, true, false}}, nil, 1, false, nil, nil},
		"the key under another name":  {[]existing{{"laptop 2", pair.PublicKey, true, false}}, nil, -1, true, nil, []string{"createSSHKey"}},
		"the key, DELETING":           {[]existing{{"laptop", pair.PublicKey, true, true}}, nil, -1, true, nil, []string{"createSSHKey"}},
		"the name with another key":   {[]existing{{"laptop", other.PublicKey, true, false}}, nil, -1, false, gcore.ErrConflict, nil},
		"the name, the other leaving": {[]existing{{"laptop", other.PublicKey, true, true}}, nil, -1, true, nil, []string{"createSSHKey"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := gcoretest.NewServer(t, gcoretest.WithClock(clock()))
			var there []gcore.SSHKey
			for _, e := range test.existing {
				key := server.Add(1, gcore.CreateSSHKeyRequest{Name: e.name, PublicKey: &e.publicKey, SharedInProject: &e.shared}, func(key *gcore.SSHKey) {
					if e.deleting {
						key.State = gcore.SSHKeyStateDELETING
					}
				})
				there = append(there, key)
			}
			request := gcore.CreateSSHKeyRequest{Name: "laptop", PublicKey: &pair.PublicKey, SharedInProject: test.shared}
			cloud := server.Cloud()
			key, created, err := cloud.SSHKeys(cloud.ProjectID()).Ensure(t.Context(), request)
			var sent []string
			for _, call := range server.Calls() {
				if call.Method != http.MethodGet {
					sent = append(sent, call.Operation)
				}
			}
			assert.Equal(t, test.sent, sent)
			assert.Equal(t, test.created, created)
			if test.err != nil {
				require.ErrorIs(t, err, test.err)
				assert.Contains(t, err.Error(), there[0].ID)
				assert.Nil(t, key)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, "laptop", key.Name)
			if test.want >= 0 {
				assert.Equal(t, there[test.want].ID, key.ID)
			} else {
				assert.NotContains(t, ids(there), key.ID)
			}
			if test.shared != nil {
				assert.Equal(t, *test.shared, key.SharedInProject)
			}
			again, created, err := cloud.SSHKeys(1).Ensure(t.Context(), request)
			require.NoError(t, err)
			assert.False(t, created, "a second call changes nothing")
			assert.Equal(t, key.ID, again.ID)
		})
	}
}

func TestEnsureIsRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	for name, request := range map[string]gcore.CreateSSHKeyRequest{
		"no public key": {Name: "laptop"}, "no name": {PublicKey: &pair.PublicKey}, "no key": {Name: "laptop", PublicKey: new("x")},
	} {
		_, _, err := server.Cloud().SSHKeys(1).Ensure(t.Context(), request)
		require.ErrorIs(t, err, gcore.ErrInvalid, name)
	}
	assert.Empty(t, server.Calls())
}

// TestEnsureInAListThatCannotBeRead must not create a key that may be there.
func TestEnsureInAListThatCannotBeRead(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	server.Add(1, gcore.CreateSSHKeyRequest{Name: "laptop", PublicKey: &pair.PublicKey})
	server.Inject("listSSHKeys", gcoretest.Fault{Edit: func(body []byte) []byte {
		return []byte(strings.ReplaceAll(string(body), `"state"`, `"status"`))
	}})
	_, _, err = server.Cloud().SSHKeys(1).Ensure(t.Context(), gcore.CreateSSHKeyRequest{Name: "laptop", PublicKey: &pair.PublicKey})
	require.ErrorContains(t, err, "state is missing")
	assert.Len(t, server.Keys(1), 1)
}

// TestEnsureMeetsAKeyThatWasAddedMeanwhile has a server that hides the key from the first list, and refuses names that are taken.
func TestEnsureMeetsAKeyThatWasAddedMeanwhile(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t, gcoretest.WithUniqueNames())
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	there := server.Add(1, gcore.CreateSSHKeyRequest{Name: "laptop", PublicKey: &pair.PublicKey})
	server.Inject("listSSHKeys", gcoretest.Fault{Edit: func([]byte) []byte { return []byte(`{"count": 0, "results": []}`) }})
	key, created, err := server.Cloud().SSHKeys(1).Ensure(t.Context(), gcore.CreateSSHKeyRequest{Name: "laptop", PublicKey: &pair.PublicKey})
	require.NoError(t, err)
	assert.False(t, created)
	assert.Equal(t, there.ID, key.ID)
}

// TestEnsureAtOnceUnderFaults calls Ensure from 32 goroutines through two clients while the server misbehaves. Afterwards every key
// is there, and one more call finds it.
func TestEnsureAtOnceUnderFaults(t *testing.T) {
	t.Parallel()
	var mix []gcoretest.Fault
	for _, name := range slices.Sorted(maps.Keys(faults())) {
		if !strings.HasPrefix(name, "stalled") { // each of which takes as long as the limit
			mix = append(mix, faults()[name])
		}
	}
	server := gcoretest.NewServer(t, gcoretest.WithFaults(gcoretest.RandomFaults(7, 0.2, mix...)))
	var clouds []*gcore.Cloud
	for range 2 {
		cloud, err := gcore.NewCloud(server.Config().WithLimits(2*time.Second, 2*time.Second, time.Second))
		require.NoError(t, err)
		clouds = append(clouds, cloud)
	}
	const names = 20
	pairs := make([]*gcore.KeyPair, names)
	for i := range pairs {
		var err error
		pairs[i], err = gcore.NewKeyPair("")
		require.NoError(t, err)
	}
	ensure := func(ctx context.Context, cloud *gcore.Cloud, i int) error {
		_, _, err := cloud.SSHKeys(1).Ensure(ctx, gcore.CreateSSHKeyRequest{Name: fmt.Sprintf("key-%02d", i), PublicKey: &pairs[i].PublicKey})
		return err
	}
	var workers sync.WaitGroup
	for w := range 32 {
		workers.Go(func() {
			for i := range names {
				_ = ensure(t.Context(), clouds[w%2], (i+w)%names) // a failure is repeated below
			}
		})
	}
	workers.Wait()
	server.CommitPending()
	duplicates := 0
	for i := range names {
		for attempt := 0; ; attempt++ {
			err := ensure(t.Context(), clouds[0], i)
			if err == nil {
				break
			}
			_, unknown := errors.AsType[*gcore.UnknownOutcomeError](err)
			require.True(t, unknown || attempt < 10, "%v", err)
		}
		found, err := server.Cloud().SSHKeys(1).FindByPublicKey(t.Context(), pairs[i].PublicKey)
		for err != nil {
			found, err = server.Cloud().SSHKeys(1).FindByPublicKey(t.Context(), pairs[i].PublicKey)
		}
		require.NotEmpty(t, found)
		duplicates += len(found) - 1
	}
	t.Logf("%d keys ensured from 32 goroutines: %d duplicates", names, duplicates)
}

func TestEnsureDoesNotTakeAKeyInAnUnknownState(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("alice@laptop")
	require.NoError(t, err)
	server := gcoretest.NewServer(t)
	key := server.Add(1, gcore.CreateSSHKeyRequest{Name: "laptop", PublicKey: &pair.PublicKey})
	server.Inject("listSSHKeys", gcoretest.Fault{Edit: func(body []byte) []byte { return bytes.ReplaceAll(body, []byte("ACTIVE"), []byte("canary")) }})
	_, created, err := server.Cloud().SSHKeys(1).Ensure(t.Context(), gcore.CreateSSHKeyRequest{Name: "laptop", PublicKey: &pair.PublicKey})
	require.ErrorIs(t, err, gcore.ErrConflict)
	assert.ErrorContains(t, err, key.ID)
	assert.NotContains(t, err.Error(), "canary")
	assert.False(t, created)
	assert.Len(t, server.Keys(1), 1)
}

func TestSSHKeySharesNothingWithTheCreatedKey(t *testing.T) {
	t.Parallel()
	created := gcore.CreatedSSHKey{CreatedAt: time.Unix(1, 0), ProjectID: 1}
	key := created.SSHKey()
	*key.ProjectID, *key.CreatedAt = 2, time.Unix(2, 0)
	assert.Equal(t, gcore.CreatedSSHKey{CreatedAt: time.Unix(1, 0), ProjectID: 1}, created)
	empty := new(gcore.CreatedSSHKey).SSHKey()
	assert.Nil(t, empty.CreatedAt, "as in a list that does not have it")
	assert.Nil(t, empty.ProjectID)
}

func TestEnsureTakesTheOldestKey(t *testing.T) {
	t.Parallel()
	item := func(id string, created any) string {
		return changed(t, listedKey, map[string]any{"id": id, "name": "uploaded", "public_key": uploadedKey, "created_at": created})
	}
	oldest, newer, undated := item(someID, "2025-01-01T00:00:00Z"), item(anotherID, "2025-01-02T00:00:00Z"), item("00000000"+someID[8:], nil)
	for _, items := range [][]string{{oldest, newer, undated}, {undated, newer, oldest}, {newer, undated, oldest}, {undated, oldest}, {oldest, undated}} {
		keys := keysOver(t, losing(func(int) []string { return items }))
		key, created, err := keys.Ensure(t.Context(), gcore.CreateSSHKeyRequest{Name: "uploaded", PublicKey: new(uploadedKey)})
		require.NoError(t, err)
		assert.False(t, created)
		assert.Equal(t, someID, key.ID)
	}
}
