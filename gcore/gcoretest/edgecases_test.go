package gcoretest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// A test that asks for a 429 must not find the key created all the same.
func TestAStatusThatSaysNothingWasDoneDoesNothing(t *testing.T) {
	t.Parallel()
	for status, done := range map[int]int{400: 0, 403: 0, 409: 0, 429: 0, 408: 1, 500: 1, 502: 1, 504: 1, 200: 1} {
		srv := gcoretest.NewServer(t)
		got := faultyCreate(t, srv, gcoretest.Fault{Status: status})
		assert.Equal(t, status, got.status)
		assert.Len(t, srv.Keys(1), done, status)

		got = faultyCreate(t, srv, gcoretest.Fault{Status: status, Commit: gcoretest.CommitNow})
		assert.Equal(t, status, got.status)
		assert.Len(t, srv.Keys(1), done+1, "CommitNow is always now: %d", status)
	}
}

func TestAServerThatDoesNotListenIsNotTheRealGcore(t *testing.T) {
	t.Setenv("GCORE_BASE_URL", "https://api.gcore.com")
	srv, err := gcoretest.NewUnstarted(gcoretest.WithClock(nil), gcoretest.WithFaults(nil))
	require.NoError(t, err)
	defer srv.Close()
	cloud, err := gcore.NewCloud(srv.Config())
	require.NoError(t, err)
	assert.Equal(t, "gcore.Cloud(https://not-started.invalid)", fmt.Sprint(cloud))
	for _, cloud := range []*gcore.Cloud{cloud, srv.Cloud()} {
		_, err = cloud.SSHKeys(1).List(t.Context(), gcore.ListSSHKeysParams{})
		assert.Error(t, err)
	}
	_, err = srv.Client().Get("https://not-started.invalid") //nolint:bodyclose,noctx // it fails
	assert.ErrorContains(t, err, "NewUnstarted")
}

func TestWhatAddAndKeysReturnIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	srv.Add(1, gcore.CreateSSHKeyRequest{Name: "first"})
	key := srv.Add(1, gcore.CreateSSHKeyRequest{Name: "second"})
	for _, own := range []gcore.SSHKey{key, srv.Keys(1)[1]} {
		*own.CreatedAt, *own.ProjectID = own.CreatedAt.Add(-time.Hour), 7
	}
	require.NoError(t, srv.Cloud().SSHKeys(1).Delete(t.Context(), key.ID))
	require.Len(t, srv.Keys(1), 1)
	assert.Equal(t, "first", srv.Keys(1)[0].Name)
}

// encoding/json takes NAME, or one whose letters fold to name's, for a field with the tag name, and the last of several.
func TestPropertiesOfOtherNamesAreUnknownOnes(t *testing.T) {
	t.Parallel()
	for _, property := range []string{`"NAME": ""`, `"Public_Key": "canary"`, `"\u004eame": ""`, `"ſhared_in_project": false`, `"\u017fhared_in_project": false`} {
		srv := gcoretest.NewServer(t)
		resp, _ := call(t, srv, http.MethodPost, keys, `{"name": "ok", "shared_in_project": true, `+property+`}`)
		require.Equal(t, http.StatusCreated, resp.StatusCode, property)
		assert.Equal(t, "ok", srv.Keys(1)[0].Name, property)
		assert.True(t, srv.Keys(1)[0].SharedInProject, property)
		assert.Equal(t, "ok", srv.Calls()[0].Name, property)
	}
}

// What passes the checks of package contract must be what the server then reads.
func TestAnUnknownPropertyOfAnyValueChangesNothing(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"1e999", "-1e-999", `"\ud800"`, "null", "[[[]]]", `{"name": "other"}`, strings.Repeat("[", 150) + strings.Repeat("]", 150)} {
		srv := gcoretest.NewServer(t)
		key := srv.Add(1, gcore.CreateSSHKeyRequest{Name: "there"})
		resp, _ := call(t, srv, http.MethodPost, keys, `{"x": `+value+`, "name": "ok", "public_key": "`+key.PublicKey+`", "shared_in_project": false}`)
		if resp.StatusCode == http.StatusCreated {
			assert.Equal(t, "ok", srv.Keys(1)[1].Name, value)
			assert.Equal(t, key.PublicKey, srv.Keys(1)[1].PublicKey, value)
			assert.False(t, srv.Keys(1)[1].SharedInProject, value)
		} else {
			assert.Equal(t, http.StatusBadRequest, resp.StatusCode, value)
			assert.Len(t, srv.Keys(1), 1)
		}
		resp, _ = call(t, srv, http.MethodPatch, keys+"/"+key.ID, `{"x": `+value+`, "shared_in_project": false}`)
		assert.Equal(t, resp.StatusCode == http.StatusOK, !srv.Keys(1)[0].SharedInProject, value)
	}
}

func TestATimeThatCannotBeWrittenIsA500(t *testing.T) {
	t.Parallel()
	for _, option := range []gcoretest.Option{gcoretest.WithSampledResponseChecks(0), gcoretest.WithSampledResponseChecks(1)} {
		srv := gcoretest.NewServer(t, option, gcoretest.WithClock(func() time.Time { return time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC) }))
		call(t, srv, http.MethodGet, keys, "") // of two responses in a second, one is checked
		resp, body := call(t, srv, http.MethodPost, keys, createBody)
		assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
		assert.Contains(t, body, "created_at is not in the years 0 to 9999")
		assert.Empty(t, srv.Keys(1))
	}
}

func TestTheRecordIsACopyOfTheHeader(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	req := request(t, srv, http.MethodGet, keys, "")
	req.Header["X-Own"] = []string{"as sent"}
	srv.Handler.ServeHTTP(httptest.NewRecorder(), req)
	req.Header["X-Own"][0] = "changed"
	assert.Equal(t, []string{"as sent"}, srv.Calls()[0].Header["X-Own"])
}

// CommitAfterList carries the change out before the response of the list is sent.
func TestAListDoesNotShowTheChangeThatWaitedForIt(t *testing.T) {
	t.Parallel()
	for _, option := range []gcoretest.Option{gcoretest.WithSampledResponseChecks(0), gcoretest.WithSampledResponseChecks(1)} {
		srv := gcoretest.NewServer(t, option)
		key := srv.Add(1, gcore.CreateSSHKeyRequest{Name: "k"})
		srv.Inject("updateSSHKey", gcoretest.Fault{Commit: gcoretest.CommitAfterList, Status: http.StatusGatewayTimeout})
		call(t, srv, http.MethodGet, keys+"/"+key.ID, "") // of two responses in a second, one is checked
		call(t, srv, http.MethodPatch, keys+"/"+key.ID, `{"shared_in_project": false}`)
		for _, want := range []string{`"shared_in_project":true`, `"shared_in_project":false`} {
			_, body := call(t, srv, http.MethodGet, keys, "")
			assert.Contains(t, body, want)
		}
	}
}

func TestAFaultOfWithFaultsThatCannotBeIsA500(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t, gcoretest.WithFaults(func(gcoretest.Call) gcoretest.Fault { return gcoretest.Fault{Status: 42} }))
	resp, body := call(t, srv, http.MethodGet, keys, "")
	assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	assert.Contains(t, body, "gcoretest: WithFaults: status 42 is not from 200 to 599")
	assert.Equal(t, http.StatusInternalServerError, srv.Calls()[0].Status)
	assert.Panics(t, func() { gcoretest.RandomFaults(1, 1, gcoretest.Fault{Status: 42}) })
}

func TestAHeaderWithoutValuesIsRemoved(t *testing.T) {
	t.Parallel()
	onBothProtocols(t, func(t *testing.T, opts ...gcoretest.Option) {
		srv := gcoretest.NewServer(t, opts...)
		got := faultyCreate(t, srv, gcoretest.Fault{Header: http.Header{"content-type": nil, "Date": nil}})
		assert.Equal(t, http.StatusCreated, got.status)
		assert.NotContains(t, got.header, "Content-Type")
		assert.NotContains(t, got.header, "Date")
	})
}

func TestARequestThatChangesNothingIsNotCarriedOutLater(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	faultyCreate(t, srv, gcoretest.Fault{HideFor: 1})
	faulty(t, srv, "listSSHKeys", gcoretest.Fault{Commit: gcoretest.CommitAfterList, Status: 504}, request(t, srv, http.MethodGet, keys, ""))
	srv.CommitPending()
	assert.Empty(t, list(t, srv, keys).Results, "the list that got a 504 does not count")
	assert.Len(t, list(t, srv, keys).Results, 1)
}

func TestOnlyAProjectsNumberIsACallsProject(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	call(t, srv, http.MethodGet, "/cloud/v1/ssh_keys/99999999999999999999", "")
	assert.Zero(t, srv.Calls()[0].ProjectID)
}
