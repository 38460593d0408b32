package gcore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

func TestUnknownOutcomeOfAGeneratedKeyCreate(t *testing.T) {
	t.Parallel()
	lost := gcoretest.Fault{Break: gcoretest.DropBeforeHeaders}
	late := gcoretest.Fault{Commit: gcoretest.CommitAfterList, Break: gcoretest.DropBeforeHeaders}
	tests := map[string]struct {
		create, list gcoretest.Fault
		candidates   int
		says         string
	}{
		"created, response lost": {create: lost, candidates: 2, says: "Found "},
		"not there yet":          {create: late, candidates: 1, says: "delete the new one"},
		"looking for it failed":  {create: lost, list: gcoretest.Fault{Status: 403}, says: "Looking for it failed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := gcoretest.NewServer(t)
			old := server.Add(1, gcore.CreateSSHKeyRequest{Name: "lost"})
			server.Add(1, gcore.CreateSSHKeyRequest{Name: "lost too"})
			server.Inject("createSSHKey", test.create)
			server.Inject("listSSHKeys", test.list)
			key, err := server.Cloud().SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "lost"})
			assert.Nil(t, key)
			unknown, ok := errors.AsType[*gcore.UnknownOutcomeError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, "lost", unknown.Name)
			assert.Len(t, unknown.Candidates, test.candidates)
			for _, candidate := range unknown.Candidates {
				assert.Equal(t, "lost", candidate.Name, "the exact name")
				assert.Contains(t, err.Error(), candidate.ID)
			}
			assert.Equal(t, test.list.Status != 0, unknown.LookupErr != nil)
			require.Error(t, unknown.Err)
			assert.Contains(t, err.Error(), test.says)
			assert.NotContains(t, err.Error(), "no key was made")
			creates := 0
			for _, call := range server.Calls() {
				assert.NotEqual(t, "deleteSSHKey", call.Operation)
				if call.Operation == "createSSHKey" {
					creates++
				}
			}
			assert.Equal(t, 1, creates, "it is not retried")
			assert.Contains(t, ids(server.Keys(1)), old.ID)
		})
	}
}

// TestDefiniteFailures are Gcore's error responses, after which there is no lookup.
func TestDefiniteFailures(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403, 404, 405, 409, 422, 429} {
		server := gcoretest.NewServer(t, gcoretest.WithFaults(func(gcoretest.Call) gcoretest.Fault {
			return gcoretest.Fault{Commit: gcoretest.CommitNever, Status: status}
		}))
		pair, err := gcore.NewKeyPair("")
		require.NoError(t, err)
		for _, publicKey := range []*string{nil, &pair.PublicKey} {
			_, err := server.Cloud().SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "refused", PublicKey: publicKey})
			_, unknown := errors.AsType[*gcore.UnknownOutcomeError](err)
			assert.False(t, unknown, status)
			apiErr, ok := errors.AsType[*gcore.Error](err)
			require.True(t, ok, status)
			assert.Equal(t, status, apiErr.StatusCode)
		}
		for _, call := range server.Calls() {
			assert.Equal(t, "createSSHKey", call.Operation, status)
		}
	}
}

func TestTheOutcomeOfAnUploadIsReconciled(t *testing.T) {
	t.Parallel()
	lost := gcoretest.Fault{Break: gcoretest.DropBeforeHeaders}
	never := gcoretest.Fault{Commit: gcoretest.CommitNever, Break: gcoretest.DropBeforeHeaders}
	hidden := gcoretest.Fault{HideFor: 2, Break: gcoretest.DropBeforeHeaders}
	tests := map[string]struct {
		options []gcoretest.Option
		faults  []gcoretest.Fault
		creates int
		keys    int
		warns   bool
	}{
		"created, response lost":            {nil, []gcoretest.Fault{lost}, 1, 1, false},
		"made, and the list lags":           {nil, []gcoretest.Fault{hidden}, 1, 1, false},
		"a part of the response is missing": {nil, []gcoretest.Fault{{HideFor: 9, Edit: without("created_at")}}, 1, 1, false},
		"not made":                          {nil, []gcoretest.Fault{never}, 2, 1, false},
		"not made three times":              {nil, []gcoretest.Fault{never, never, never}, 4, 1, false},
		"the response is garbage":           {nil, []gcoretest.Fault{{Body: "garbage"}}, 1, 1, false},
		"a proxy's page, not made":          {nil, []gcoretest.Fault{undone(gcoretest.ProxyPage(200))}, 2, 1, false},
		"made late, so it is there twice":   {nil, []gcoretest.Fault{{HideFor: 3, Break: gcoretest.DropBeforeHeaders}}, 2, 2, true},
		"the second attempt meets a 409":    {[]gcoretest.Option{gcoretest.WithUniqueNames()}, []gcoretest.Fault{{HideFor: 3, Break: gcoretest.DropBeforeHeaders}}, 2, 1, false},
		"409 twice, as the list lags":       {[]gcoretest.Option{gcoretest.WithUniqueNames()}, []gcoretest.Fault{{HideFor: 7, Break: gcoretest.DropBeforeHeaders}}, 3, 1, false},
		"the second attempt is rejected":    {nil, []gcoretest.Fault{{HideFor: 3, Status: 500}, {Commit: gcoretest.CommitNever, Status: 403}}, 2, 1, false},
		"rate limited, and then lost":       {nil, []gcoretest.Fault{{Commit: gcoretest.CommitNever, Status: 429}, lost}, 2, 1, false},
		"HTML instead of Gcore's own 4xx":   {nil, []gcoretest.Fault{undone(gcoretest.ProxyPage(404))}, 2, 1, false},
		"408 although it is Gcore's error":  {nil, []gcoretest.Fault{{Status: 408}}, 1, 1, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := gcoretest.NewServer(t, test.options...)
			pair, err := gcore.NewKeyPair("mine")
			require.NoError(t, err)
			server.Inject("createSSHKey", test.faults...)
			log := &bytes.Buffer{}
			config := server.Config()
			config.Logger = slog.New(slog.NewTextHandler(log, nil))
			cloud, err := gcore.NewCloud(config)
			require.NoError(t, err)
			key, err := cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{
				Name: "mine", PublicKey: &pair.PublicKey, SharedInProject: new(false),
			})
			require.NoError(t, err)
			assert.Contains(t, ids(server.Keys(1)), key.ID)
			assert.Equal(t, "mine", key.Name)
			assert.False(t, key.SharedInProject)
			assert.Equal(t, gcore.SSHKeyStateACTIVE, key.State)
			assert.False(t, key.CreatedAt.IsZero())
			assert.EqualValues(t, 1, key.ProjectID)
			assert.Len(t, server.Keys(1), test.keys)
			assert.Equal(t, test.warns, bytes.Contains(log.Bytes(), []byte("more than once")), log.String())
			creates := 0
			for _, call := range server.Calls() {
				if call.Method == http.MethodPost {
					creates++
				}
			}
			assert.Equal(t, test.creates, creates)
		})
	}
}

func TestAnUploadIsRetriedWhenTheServerAsksForIt(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	cloud, noted := waitingCloud(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"count": 0, "results": []}`)
	})
	_, err = cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "uploaded", PublicKey: &pair.PublicKey})
	require.Error(t, err)
	assert.Contains(t, noted.noted, 30*time.Second)
}

// without returns an edit that takes a property out of a JSON object.
func without(property string) func([]byte) []byte {
	return func(body []byte) []byte {
		var object map[string]any
		if json.Unmarshal(body, &object) != nil {
			return body
		}
		delete(object, property)
		body, _ = json.Marshal(object)
		return body
	}
}

// TestACreateWithAResponseIsNotRetried has a server that changes the name: a retry would add a second key.
func TestACreateWithAResponseIsNotRetried(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	made := strings.Replace(strings.Replace(pageResponse, `"<private_key>"`, "null", 1), "AAAAC3NzaC1lZDI1NTE5AAAAIIjxL6g1II8NsO8odvBwGKvq2Dx/h/xrvsV9b9LVIYKm",
		strings.Fields(pair.PublicKey)[1], 1)
	cloud := newCloud(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.Method == http.MethodPost:
			requests.Add(1)
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, made)
		case strings.HasSuffix(r.URL.Path, someID):
			_, _ = io.WriteString(w, strings.Replace(made, `"private_key": null,`, "", 1))
		default:
			_, _ = io.WriteString(w, `{"count": 0, "results": []}`)
		}
	})
	_, err = cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "my-ssh-key ", PublicKey: &pair.PublicKey})
	require.ErrorContains(t, err, "name is not the one that was sent")
	broken, ok := errors.AsType[*gcore.ResponseError](err)
	require.True(t, ok)
	assert.Equal(t, someID, broken.Key.ID)
	assert.EqualValues(t, 1, requests.Load())
}

func TestAnUnknownOutcomeIsNoErrorResponse(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	server.Inject("createSSHKey", gcoretest.ProxyPage(404))
	_, err := server.Cloud().SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "unknown"})
	unknown, ok := errors.AsType[*gcore.UnknownOutcomeError](err)
	require.True(t, ok)
	require.NotErrorIs(t, err, gcore.ErrNotFound, "a program that tests for it would create the key again")
	require.ErrorIs(t, unknown.Err, gcore.ErrNotFound)

	server.Inject("createSSHKey", slices.Repeat([]gcoretest.Fault{undone(gcoretest.ProxyPage(429))}, 4)...)
	_, err = server.Cloud().SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "limited"})
	require.ErrorIs(t, err, gcore.ErrRateLimited, "429 means that nothing was done")
}

// TestUploadOfAKeyThatExists finds the same public key, with the requested properties or others.
func TestUploadOfAKeyThatExists(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("mine")
	require.NoError(t, err)
	never := gcoretest.Fault{Commit: gcoretest.CommitNever, Break: gcoretest.DropBeforeHeaders}
	request := gcore.CreateSSHKeyRequest{Name: "mine", PublicKey: &pair.PublicKey, SharedInProject: new(false)}

	t.Run("as asked for", func(t *testing.T) {
		t.Parallel()
		server := gcoretest.NewServer(t)
		there := server.Add(1, request)
		server.Inject("createSSHKey", never)
		key, err := server.Cloud().SSHKeys(1).Create(t.Context(), request)
		require.NoError(t, err)
		assert.Equal(t, there.ID, key.ID, "the existing key is the result")
	})
	t.Run("under another name", func(t *testing.T) {
		t.Parallel()
		server := gcoretest.NewServer(t)
		there := server.Add(1, gcore.CreateSSHKeyRequest{Name: "mine too", PublicKey: &pair.PublicKey})
		server.Inject("createSSHKey", never)
		key, err := server.Cloud().SSHKeys(1).Create(t.Context(), request)
		require.NoError(t, err)
		assert.NotEqual(t, there.ID, key.ID)
	})
	t.Run("but being deleted", func(t *testing.T) {
		t.Parallel()
		server := gcoretest.NewServer(t)
		there := server.Add(1, request)
		server.Inject("createSSHKey", never)
		deleting := gcoretest.Fault{Edit: func(body []byte) []byte { return bytes.ReplaceAll(body, []byte("ACTIVE"), []byte("DELETING")) }}
		server.Inject("listSSHKeys", deleting, deleting, deleting)
		_, err := server.Cloud().SSHKeys(1).Create(t.Context(), request)
		unknown, ok := errors.AsType[*gcore.UnknownOutcomeError](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, []string{there.ID}, ids(unknown.Candidates))
	})
	t.Run("shared otherwise", func(t *testing.T) {
		t.Parallel()
		server := gcoretest.NewServer(t)
		there := server.Add(1, gcore.CreateSSHKeyRequest{Name: "mine", PublicKey: &pair.PublicKey})
		server.Inject("createSSHKey", never)
		_, err := server.Cloud().SSHKeys(1).Create(t.Context(), request)
		unknown, ok := errors.AsType[*gcore.UnknownOutcomeError](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, []string{there.ID}, ids(unknown.Candidates))
		assert.Contains(t, err.Error(), "Your private key is on your machine")
	})
}

// TestACancelledCreateIsLookedFor cancels when the server has created the key and has not responded.
func TestACancelledCreateIsLookedFor(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("mine")
	require.NoError(t, err)
	for name, publicKey := range map[string]*string{"generated": nil, "uploaded": &pair.PublicKey} {
		server := gcoretest.NewServer(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.Inject("createSSHKey", gcoretest.Fault{Break: gcoretest.StallBeforeHeaders, Edit: func(body []byte) []byte {
			cancel()
			return body
		}})
		key, err := server.Cloud().SSHKeys(1).Create(ctx, gcore.CreateSSHKeyRequest{Name: "cancelled", PublicKey: publicKey})
		require.Error(t, ctx.Err())
		if publicKey != nil {
			require.NoError(t, err, name)
			assert.Equal(t, []string{key.ID}, ids(server.Keys(1)))
			continue
		}
		unknown, ok := errors.AsType[*gcore.UnknownOutcomeError](err)
		require.True(t, ok, "%v", err)
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, ids(server.Keys(1)), ids(unknown.Candidates))
	}
}

func TestAnUnusualNameIsWarnedOfAndSent(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	for name, warns := range map[string]bool{"my-ssh-key": false, "a.b": false, "x": true, "-x-": true, "ende ": true, "ключ": true} {
		var log bytes.Buffer
		config := server.Config()
		config.Logger = slog.New(slog.NewTextHandler(&log, nil))
		cloud, err := gcore.NewCloud(config)
		require.NoError(t, err)
		_, err = cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: name})
		require.NoError(t, err)
		assert.Equal(t, warns, log.Len() > 0, name)
	}
}

func ids(keys []gcore.SSHKey) []string {
	var all []string
	for _, key := range keys {
		all = append(all, key.ID)
	}
	return all
}
