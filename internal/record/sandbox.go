package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/optest"
)

const scripted = "a scripted fault: "

// start is when the sandbox's recordings were made, as they say: the same at each run.
var start = time.Date(2025, 6, 16, 17, 5, 50, 0, time.UTC)

// recordSandbox records gcoretest: the same requests as those to the real API, and then every error that the contract documents.
func recordSandbox(ctx context.Context, out string, stdout io.Writer) error {
	var minutes atomic.Int64
	server, err := gcoretest.Start(
		gcoretest.WithSeed(1),
		gcoretest.WithClock(func() time.Time { return start.Add(time.Duration(minutes.Add(1)-1) * time.Minute) }),
		gcoretest.WithUniqueNames(),
	)
	if err != nil {
		return err
	}
	defer server.Close()
	a := account{apiKey: server.APIKey, project: 1, baseURL: server.URL, transport: server.Client().Transport, backoff: server.Config().Backoff}
	r, err := newRecorder("sandbox", a, publishedName, func() time.Time { return start }, -1)
	if err != nil {
		return err
	}
	if err := r.makeRequests(ctx); err != nil {
		return err
	}
	if err := r.recordFaults(ctx, server); err != nil {
		return err
	}
	if err := r.checked(); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "sandbox: %d recordings\n", len(r.made))
	return write(out, "sandbox", r.made, true)
}

// recordFaults records what makeRequests does not get: states that gcoretest does not have by itself, projects that are empty or
// do not exist, and the error responses of an API that is overloaded or broken, or does not allow the request.
func (r *recorder) recordFaults(ctx context.Context, server *gcoretest.Server) error {
	key := server.Add(1, gcore.CreateSSHKeyRequest{Name: publishedName + "-2"})
	server.Add(1, gcore.CreateSSHKeyRequest{Name: publishedName + "-3", SharedInProject: new(false)})
	generated := gcore.CreateSSHKeyRequest{Name: publishedName}
	edit := func(old, with string) gcoretest.Fault {
		return gcoretest.Fault{Edit: func(body []byte) []byte { return bytes.ReplaceAll(body, []byte(old), []byte(with)) }}
	}
	withStatus := func(status int) gcoretest.Fault {
		return gcoretest.Fault{Commit: gcoretest.CommitNever, Status: status}
	}
	limited := func(after string) gcoretest.Fault {
		return gcoretest.Fault{Commit: gcoretest.CommitNever, Status: 429, Header: http.Header{"Retry-After": {after}}}
	}
	withInfo := withStatus(403)
	withInfo.Edit = func(body []byte) []byte {
		return append(bytes.TrimSuffix(body, []byte("}")), `,"info":{"limit":0,"tags":["a"]}}`...)
	}
	withoutID := withStatus(500)
	withoutID.Body = `{"exception_class":"InternalServerError","message":"Internal server error"}`

	calls, unknown := map[string]call{}, map[string]call{}
	for _, op := range optest.All() {
		request := op.Example
		if request.KeyID != "" {
			request.KeyID = unknownID
			unknown[op.ID] = from(op, request)
			request.KeyID = key.ID
		}
		calls[op.ID] = from(op, request)
	}
	// as is what the recording is called, and what its comment adds.
	type as struct{ what, detail string }
	scene := func(operation string, fault gcoretest.Fault, do call, as as) error {
		server.Inject(operation, fault)
		_, err := r.record(ctx, operation, as.what, as.detail, do)
		return err
	}
	none := gcoretest.Fault{}
	for _, s := range []struct {
		operation string
		fault     gcoretest.Fault
		do        call
		as        as
	}{
		{"listSSHKeys", none, calls["listSSHKeys"], as{"all", ""}},
		{"listSSHKeys", none, list(2, gcore.ListSSHKeysParams{}), as{"empty-project", ""}},
		{"listSSHKeys", none, list(0, gcore.ListSSHKeysParams{}), as{"unknown-project", ""}},
		{"createSSHKey", none, create(0, generated), as{"unknown-project", ""}},
		{"createSSHKey", none, create(1, gcore.CreateSSHKeyRequest{Name: key.Name}), as{"name-taken", "unique names, which is an option of the sandbox and a guess about Gcore"}},
		{"createSSHKey", edit(`"ACTIVE"`, `"DELETING"`), create(1, gcore.CreateSSHKeyRequest{Name: publishedName + "-4"}), as{"deleting", scripted + "the state changed to DELETING"}},
		{"getSSHKey", edit(`"ACTIVE"`, `"DELETING"`), calls["getSSHKey"], as{"deleting", scripted + "the state changed to DELETING"}},
		{"updateSSHKey", edit(`"ACTIVE"`, `"DELETING"`), calls["updateSSHKey"], as{"deleting", scripted + "the state changed to DELETING"}},
		{"listSSHKeys", edit(`"ACTIVE"`, `"DELETING"`), calls["listSSHKeys"], as{"deleting", scripted + "the states changed to DELETING"}},
		{"getSSHKey", edit(`"project_id":1`, `"project_id":null`), calls["getSSHKey"], as{"no-project", scripted + "project_id changed to null"}},
		{"getSSHKey", edit(`"created_at":"`+key.CreatedAt.Format(time.RFC3339)+`"`, `"created_at":null`), calls["getSSHKey"], as{"no-time", scripted + "created_at changed to null"}},
		{"getSSHKey", limited("Mon, 16 Jun 2025 17:06:00 GMT"), calls["getSSHKey"], as{"retry-after-a-date", scripted + "429 with a date"}},
		{"getSSHKey", withStatus(429), calls["getSSHKey"], as{"no-retry-after", scripted + "429"}},
		{"updateSSHKey", withInfo, calls["updateSSHKey"], as{"info", scripted + "403 with info"}},
		{"listSSHKeys", withoutID, calls["listSSHKeys"], as{"no-request-id", scripted + "500 without request_id"}},
	} {
		if err := scene(s.operation, s.fault, s.do, s.as); err != nil {
			return err
		}
	}
	for _, operation := range slices.Sorted(maps.Keys(calls)) {
		for _, fault := range []gcoretest.Fault{withStatus(400), withStatus(403), limited("5"), withStatus(500)} {
			if err := scene(operation, fault, calls[operation], as{"error", fmt.Sprintf("%s%d", scripted, fault.Status)}); err != nil {
				return err
			}
		}
		if operation != "listSSHKeys" { // makeRequests records it
			if _, err := r.recordAs(ctx, r.wrongKey, operation, "wrong-token", "", calls[operation]); err != nil {
				return err
			}
		}
		if slices.ContainsFunc(r.made, func(made recording) bool { return made.operation == operation && made.exchange.status < 300 }) {
			continue
		}
		// makeRequests does not call it.
		if _, err := r.record(ctx, operation, "example", "", calls[operation]); err != nil {
			return err
		}
		if do := unknown[operation]; do != nil {
			if _, err := r.record(ctx, operation, "unknown-id", "", do); err != nil {
				return err
			}
		}
	}
	return nil
}

// from returns a call of the table of operations, without its response.
func from(op optest.Operation, request optest.Request) call {
	return func(ctx context.Context, api *gcore.ClientWithResponses) (*http.Response, error) {
		_, err := op.API(ctx, api, request)
		return nil, err
	}
}
