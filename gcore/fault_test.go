package gcore_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/optest"
)

// faults are the ways in which a server, a proxy or the network can spoil a call.
func faults() map[string]gcoretest.Fault {
	all := map[string]gcoretest.Fault{
		"dropped before commit":   {Commit: gcoretest.CommitNever, Break: gcoretest.DropBeforeHeaders},
		"dropped after commit":    {Break: gcoretest.DropBeforeHeaders},
		"dropped in the body":     {Break: gcoretest.DropInBody, At: 40},
		"dropped late in body":    {Break: gcoretest.DropInBody, At: 480},
		"dropped in chunks":       {Break: gcoretest.DropInBody, At: 40, Chunked: true},
		"stalled":                 {Break: gcoretest.StallBeforeHeaders},
		"stalled in the body":     {Break: gcoretest.StallInBody, At: 100},
		"garbage, not HTTP":       {Raw: "\x00\x01garbage\r\n\r\n"},
		"garbage, not JSON":       {Body: "garbage"},
		"empty body":              {Edit: func([]byte) []byte { return nil }},
		"trailing data":           {Edit: func(b []byte) []byte { return append(b, "{}"...) }},
		"wrong content type":      {Header: http.Header{"Content-Type": {"text/plain"}}},
		"HTML with 200":           undone(gcoretest.ProxyPage(200)),
		"429":                     {Commit: gcoretest.CommitNever, Status: 429, Header: http.Header{"Retry-After": {"1"}}},
		"429 without Retry-After": {Commit: gcoretest.CommitNever, Status: 429},
		"redirect":                {Status: 302, Header: http.Header{"Location": {"http://localhost:1/"}}},
		"redirect that keeps":     {Commit: gcoretest.CommitNever, Status: 307, Header: http.Header{"Location": {"/"}}},
		"HTML with 404":           undone(gcoretest.ProxyPage(404)),
		"HTML with 403":           gcoretest.ProxyPage(403),
		"late commit, dropped":    {Commit: gcoretest.CommitAfterList, Break: gcoretest.DropBeforeHeaders},
		"late commit, 504":        {Commit: gcoretest.CommitAfterList, Status: 504},
		"lagging list":            {HideFor: 2, Status: 502},
		"another 2xx":             {Status: 200},
		"401 with the API key":    quoting(401),
		"503 with the API key":    quoting(503),
	}
	for _, status := range []int{408, 500, 502, 503, 504} {
		all[fmt.Sprint(status, " before commit")] = gcoretest.Fault{Commit: gcoretest.CommitNever, Status: status}
		all[fmt.Sprint(status, " after commit")] = gcoretest.Fault{Status: status}
		all[fmt.Sprint("HTML with ", status)] = gcoretest.ProxyPage(status)
	}
	return all
}

// quoting is an error response that holds the API key.
func quoting(status int) gcoretest.Fault {
	return gcoretest.Fault{
		Commit: gcoretest.CommitNever, Status: status, Body: `{"exception_class": "E", "message": "not valid: ` + canaryToken + `"}`,
		Header: http.Header{"X-Request-Id": {canaryToken}},
	}
}

func undone(f gcoretest.Fault) gcoretest.Fault {
	f.Commit = gcoretest.CommitNever
	return f
}

// impatientCloud is a client that does not wait to retry, and not long for a response.
func impatientCloud(t *testing.T, server *gcoretest.Server, log *bytes.Buffer) *gcore.Cloud {
	t.Helper()
	config := server.Config()
	config.Logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	cloud, err := gcore.NewCloud(config.WithLimits(400*time.Millisecond, 400*time.Millisecond, 200*time.Millisecond))
	require.NoError(t, err)
	return cloud
}

// TestEveryFaultOfEveryOperation has each operation meet each fault once. The idempotent operations and a create with an uploaded
// key succeed despite each fault; a create with a generated key returns the key, or an error that says that its outcome is unknown.
func TestEveryFaultOfEveryOperation(t *testing.T) {
	t.Parallel()
	for name, fault := range faults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := gcoretest.NewServer(t, gcoretest.WithAPIKey(canaryToken))
			var log bytes.Buffer
			cloud := impatientCloud(t, server, &log)
			keys := cloud.SSHKeys(1)
			server.Add(1, gcore.CreateSSHKeyRequest{Name: "existing"}, func(key *gcore.SSHKey) { key.ID = someID })
			ctx := t.Context()
			check := func(operation string, err error, mayFail bool) {
				t.Helper()
				if err == nil {
					return
				}
				assert.True(t, mayFail, "%s: %v", operation, err)
				assert.True(t, isTyped(err), "%s: %T", operation, err)
				assertNoCanary(t, operation, fmt.Sprintf("%v %+v %#v", err, err, err))
			}

			server.Inject("createSSHKey", fault)
			made, err := keys.Create(ctx, gcore.CreateSSHKeyRequest{Name: "generated"})
			check("create with a generated key", err, true)
			checkGeneratedCreate(t, server, "generated", made, err)

			pair, err := gcore.NewKeyPair("uploaded")
			require.NoError(t, err)
			server.Inject("createSSHKey", fault)
			uploaded, err := keys.Create(ctx, gcore.CreateSSHKeyRequest{Name: "uploaded", PublicKey: &pair.PublicKey, SharedInProject: new(false)})
			check("create with an uploaded key", err, name == "redirect that keeps" || strings.HasPrefix(name, "401"))
			if err == nil {
				assert.Equal(t, "uploaded", uploaded.Name)
				assert.Equal(t, pair.PublicKey, uploaded.PublicKey)
				assert.False(t, uploaded.SharedInProject)
			}

			notRetried := strings.Contains(name, "HTML with 4") || strings.Contains(name, "401") || strings.Contains(name, "408") || strings.Contains(name, "redirect") ||
				slices.Contains([]string{"garbage, not JSON", "empty body", "trailing data", "wrong content type", "HTML with 200", "another 2xx"}, name)
			for _, op := range optest.All() {
				if op.ID != "createSSHKey" {
					server.Inject(op.ID, fault)
					_, err = op.Facade(ctx, cloud, op.Example)
					check(op.ID, err, notRetried)
				}
			}
			assertNoCanary(t, "log", log.String())
		})
	}
}

// isTyped reports whether an error is one that a program can tell from others.
func isTyped(err error) bool {
	_, isError := errors.AsType[*gcore.Error](err)
	_, isResponse := errors.AsType[*gcore.ResponseError](err)
	_, isUnknown := errors.AsType[*gcore.UnknownOutcomeError](err)
	return isError || isResponse || isUnknown
}

// checkGeneratedCreate compares the result of a create with a generated key with the server's store.
func checkGeneratedCreate(t *testing.T, server *gcoretest.Server, name string, key *gcore.CreatedSSHKey, err error) {
	t.Helper()
	server.CommitPending()
	var there []gcore.SSHKey
	for _, k := range server.Keys(1) {
		if k.Name == name {
			there = append(there, k)
		}
	}
	assert.LessOrEqual(t, len(there), 1, "a key was made twice")
	if broken, ok := errors.AsType[*gcore.ResponseError](err); ok && broken.Key != nil && !broken.Key.PrivateKey.IsZero() {
		key = broken.Key
	}
	_, unknown := errors.AsType[*gcore.UnknownOutcomeError](err)
	switch {
	case key != nil:
		require.Len(t, there, 1)
		signer, err := key.Signer()
		require.NoError(t, err)
		assert.Contains(t, there[0].PublicKey, marshal(signer))
	case len(there) == 1:
		assert.True(t, unknown, "the server has a key, the client does not have its private key, and the error does not say so: %v", err)
	}
}
