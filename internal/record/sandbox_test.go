package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/optest"
)

// start is when the recordings were made, as they say: the same at each run.
var start = time.Date(2025, 6, 16, 17, 5, 50, 0, time.UTC)

// sandbox returns recordings of gcoretest: the same requests as those to the real API, and then what those do not get: states
// that gcoretest does not have by itself, projects that are empty or do not exist, and every error response that the contract
// documents.
func sandbox(t *testing.T) map[string][]byte {
	t.Helper()
	var minutes atomic.Int64
	server := gcoretest.NewServer(t, gcoretest.WithSeed(1), gcoretest.WithUniqueNames(),
		gcoretest.WithClock(func() time.Time { return start.Add(time.Duration(minutes.Add(1)-1) * time.Minute) }))
	config := server.Config()
	config.ProjectID = 1
	config.MaxRetries = -1
	r, err := newRecorder("sandbox", config, publishedName, func() time.Time { return start })
	require.NoError(t, err)
	require.NoError(t, r.makeRequests(t.Context()))

	key := server.Add(1, gcore.CreateSSHKeyRequest{Name: publishedName + "-2"})
	server.Add(1, gcore.CreateSSHKeyRequest{Name: publishedName + "-3", SharedInProject: new(false)})
	generated := gcore.CreateSSHKeyRequest{Name: publishedName}
	scene := func(s step, detail string, faults ...gcoretest.Fault) {
		t.Helper()
		s.detail = detail
		server.Inject(s.operation, faults...)
		_, err := r.record(t.Context(), s)
		require.NoError(t, err)
	}
	scene(list("all", 1, gcore.ListSSHKeysParams{}), "")
	scene(list("empty-project", 2, gcore.ListSSHKeysParams{}), "")
	scene(list("unknown-project", 0, gcore.ListSSHKeysParams{}), "")
	scene(create("unknown-project", 0, generated), "")
	scene(create("name-taken", 1, gcore.CreateSSHKeyRequest{Name: key.Name}), "unique names, which is an option of the sandbox and a guess about Gcore")

	edit := func(old, with string) gcoretest.Fault {
		return gcoretest.Fault{Edit: func(body []byte) []byte { return bytes.ReplaceAll(body, []byte(old), []byte(with)) }}
	}
	deleting := edit(`"ACTIVE"`, `"DELETING"`)
	scene(create("deleting", 1, gcore.CreateSSHKeyRequest{Name: publishedName + "-4"}), "a scripted fault: the state changed to DELETING", deleting)
	scene(get("deleting", 1, key.ID), "a scripted fault: the state changed to DELETING", deleting)
	scene(update("deleting", 1, key.ID, true), "a scripted fault: the state changed to DELETING", deleting)
	scene(list("deleting", 1, gcore.ListSSHKeysParams{}), "a scripted fault: the states changed to DELETING", deleting)
	scene(get("no-project", 1, key.ID), "a scripted fault: project_id changed to null", edit(`"project_id":1`, `"project_id":null`))
	scene(get("no-time", 1, key.ID), "a scripted fault: created_at changed to null", edit(`"created_at":"`+key.CreatedAt.Format(time.RFC3339)+`"`, `"created_at":null`))

	fail := func(status int, after string) gcoretest.Fault {
		fault := gcoretest.Fault{Commit: gcoretest.CommitNever, Status: status}
		if after != "" {
			fault.Header = http.Header{"Retry-After": {after}}
		}
		return fault
	}
	scene(get("retry-after-a-date", 1, key.ID), "a scripted fault: 429 with a date", fail(429, "Mon, 16 Jun 2025 17:06:00 GMT"))
	scene(get("no-retry-after", 1, key.ID), "a scripted fault: 429", fail(429, ""))
	withInfo := fail(403, "")
	withInfo.Edit = edit(`"exception_class":"ForbiddenError",`, `"exception_class":"ForbiddenError","info":{"limit":0,"tags":["a"]},`).Edit
	scene(update("info", 1, key.ID, true), "a scripted fault: 403 with info", withInfo)
	withoutID := fail(500, "")
	withoutID.Body = `{"exception_class":"InternalServerError","message":"Internal server error"}`
	scene(list("no-request-id", 1, gcore.ListSSHKeysParams{}), "a scripted fault: 500 without request_id", withoutID)

	for _, op := range optest.All() {
		request := op.Example
		if request.KeyID != "" {
			request.KeyID = key.ID
		}
		call := func(what string) step {
			return step{operation: op.ID, what: what, do: func(ctx context.Context, api *gcore.ClientWithResponses) error {
				_, err := op.API(ctx, api, request)
				return err
			}}
		}
		for _, fault := range []gcoretest.Fault{fail(400, ""), fail(403, ""), fail(429, "5"), fail(500, "")} {
			scene(call("error"), fmt.Sprint("a scripted fault: ", fault.Status), fault)
		}
		if op.ID != "listSSHKeys" { // makeRequests records it
			s := call("wrong-token")
			s.wrongToken = true
			scene(s, "")
		}
		success := fmt.Sprintf("%s/%d-", op.ID, op.Status)
		if !slices.ContainsFunc(slices.Collect(maps.Keys(r.files)), func(path string) bool { return strings.HasPrefix(path, success) }) {
			scene(call("example"), "")
			if request.KeyID != "" {
				request.KeyID = unknownID
				scene(call("unknown-id"), "")
			}
		}
	}
	require.NoError(t, r.breaches)
	return r.files
}
