package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	documentedID = "36a7a97a-0672-4911-8f2b-92cd4e5b0d91"
	project      = "/cloud/v1/ssh_keys/1"
)

// running is a sandbox that serves on a loopback port.
type running struct {
	t   *testing.T
	url string
}

func start(t *testing.T, config sandbox.Config) running {
	t.Helper()
	s, err := sandbox.New(config)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-ended)
		http.DefaultClient.CloseIdleConnections()
	})
	return running{t, "http://" + listener.Addr().String()}
}

// call sends a request with any API key, changed by edit, and returns the response with its body.
func (r running) call(method, path, body string, edit ...func(*http.Request)) (*http.Response, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	require.NoError(r.t, err)
	req.Header.Set("Authorization", "apikey any")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, change := range edit {
		change(req)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(r.t, err)
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	require.NoError(r.t, err)
	return resp, string(got)
}

func (r running) status(method, path, body string, edit ...func(*http.Request)) int {
	r.t.Helper()
	resp, _ := r.call(method, path, body, edit...)
	return resp.StatusCode
}

func TestTheDocumentedKeyIsThereAtTheStartAndAfterAReset(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{Keys: sandbox.DefaultKeys()})
	for range 2 {
		resp, body := s.call(http.MethodGet, project+"/"+documentedID, "")
		require.Equal(t, http.StatusOK, resp.StatusCode, body)
		var key gcore.SSHKey
		require.NoError(t, json.Unmarshal([]byte(body), &key))
		assert.Equal(t, "my-ssh-key", key.Name)
		assert.Regexp(t, "^([0-9a-f]{2}:){15}[0-9a-f]{2}$", key.Fingerprint)

		assert.Equal(t, http.StatusOK, s.status(http.MethodPatch, project+"/"+documentedID, `{"shared_in_project": false}`))
		assert.Equal(t, http.StatusNoContent, s.status(http.MethodDelete, project+"/"+documentedID, ""))
		assert.Equal(t, http.StatusNotFound, s.status(http.MethodGet, project+"/"+documentedID, ""))
		assert.Equal(t, http.StatusCreated, s.status(http.MethodPost, project, `{"name": "another"}`))
		assert.Equal(t, http.StatusOK, s.status(http.MethodPost, "/_sandbox/reset", ""))
	}
}

func TestAnyOrOneAPIKeyIsAccepted(t *testing.T) {
	t.Parallel()
	for key, wants := range map[string][2]int{"any": {200, 401}, "1234$abcdef": {200, 200}, "": {401, 401}} {
		for i, required := range []string{"", "1234$abcdef"} {
			s := start(t, sandbox.Config{APIKey: required})
			got := s.status(http.MethodGet, project, "", func(r *http.Request) { r.Header.Set("Authorization", "apikey "+key) })
			assert.Equal(t, wants[i], got, "%q with %q", key, required)
		}
	}
}

func TestFaultsAreChosenByOperationProjectNameAndNumber(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	create := func(project int, name string) int {
		return s.status(http.MethodPost, fmt.Sprint("/cloud/v1/ssh_keys/", project), `{"name": "`+name+`"}`)
	}
	set := func(rules string) {
		t.Helper()
		require.Equal(t, 200, s.status(http.MethodPost, "/_sandbox/faults", rules))
	}
	fault := `"fault": {"commit": "CommitNever", "status": 503}`

	set(`{"operation": "createSSHKey", "project_id": 2, "name": "b", "nth": 2, "times": 2, ` + fault + `}`)
	assert.Equal(t, []int{201, 201, 201, 200}, []int{create(1, "b"), create(2, "a"), create(2, "b"), s.status(http.MethodGet, project, "")})
	assert.Equal(t, []int{503, 503, 201}, []int{create(2, "b"), create(2, "b"), create(2, "b")})

	set(`[{` + fault + `}, {"times": -1, "operation": "listSSHKeys", "fault": {"status": 429}}]`)
	assert.Equal(t, []int{503, 201}, []int{create(1, "c"), create(1, "c")}, "once, if nothing else is said")
	for range 3 {
		assert.Equal(t, http.StatusTooManyRequests, s.status(http.MethodGet, project, ""))
	}
	_, body := s.call(http.MethodGet, "/_sandbox/faults", "")
	assert.JSONEq(t, `[{"times": -1, "operation": "listSSHKeys", "fault": {"status": 429}, "matched": 3, "left": -1}]`, body)
	assert.Equal(t, http.StatusOK, s.status(http.MethodDelete, "/_sandbox/faults", ""))
	assert.Equal(t, http.StatusOK, s.status(http.MethodGet, project, ""))
}

func TestFaultsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	for rules, message := range map[string]string{
		`{"fault": {"stauts": 503}}`:                             `unknown field \"stauts\"`,
		`{"fault": {"status": 42}}`:                              "status 42 is not from 200 to 599",
		`{"fault": {"commit": "never"}}`:                         "use one of CommitByStatus, CommitNow, CommitNever, CommitAfterList",
		`{"operation": "createKey", "fault": {}}`:                "there is no operation \\\"createKey\\\", but createSSHKey, deleteSSHKey",
		`{"nth": -1, "fault": {}}`:                               "nth is -1",
		`{"times": -2, "fault": {}}`:                             "times is -2",
		`{"fault": {}} {"fault": {}}`:                            "there is something after the JSON",
		`{"fault": {"status": 503}}]`:                            "there is something after the JSON",
		`{"fault": {"status": 503}}, {"fault": {"status": 503}}`: "there is something after the JSON",
		`[{"fault": {}}] []`:                                     "there is something after the JSON",
		`[{"fault": {}}]]`:                                       "there is something after the JSON",
		`{"project_id": -1, "fault": {"status": 503}}`:           "project_id is -1",
		`{"operation": "listSSHKeys", "fault": {"hide_for": 1}}`: "hide_for is for createSSHKey, not for listSSHKeys",
		`{"fault": {"header": {}}}`:                              "the fault is empty",
		`{"fault": {"at": 3}}`:                                   "at 3 has no effect with NoBreak",
		`{"fault": {}}`:                                          "the fault is empty",
		`null`:                                                   "the fault is empty",
		``:                                                       "not a fault like",
		`[]`:                                                     "there is no fault in it",
		`junk`:                                                   "not a fault like",
		`[` + strings.Repeat(`{"fault":{}},`, 1_000) + `{"fault":{}}]`: "too many faults",
		strings.Repeat(" ", 300_000):                                   "the body is longer than",
	} {
		resp, body := s.call(http.MethodPost, "/_sandbox/faults", rules)
		assert.Equal(t, http.StatusBadRequest, resp.StatusCode, message)
		assert.Contains(t, body, message)
	}
	_, body := s.call(http.MethodGet, "/_sandbox/faults", "")
	assert.JSONEq(t, "[]", body)
	_, err := sandbox.New(sandbox.Config{Faults: []sandbox.Rule{{Operation: "createKey"}}})
	assert.ErrorContains(t, err, `there is no operation "createKey"`)
}

func TestHeldBackOperationsAreDoneOnCommit(t *testing.T) {
	t.Parallel()
	rules, err := sandbox.ParseRules([]byte(`{"operation": "createSSHKey", "fault": {"commit": "CommitAfterList", "status": 504}}`))
	require.NoError(t, err)
	s := start(t, sandbox.Config{Faults: rules})
	count := func() (list gcore.SSHKeyList) {
		_, body := s.call(http.MethodGet, project+"?name=none", "")
		require.NoError(t, json.Unmarshal([]byte(body), &list))
		_, body = s.call(http.MethodGet, "/cloud/v1/ssh_keys/1?order_by=name.asc", "")
		require.NoError(t, json.Unmarshal([]byte(body), &list))
		return list
	}
	assert.Equal(t, http.StatusGatewayTimeout, s.status(http.MethodPost, project, `{"name": "late"}`))
	assert.Equal(t, http.StatusOK, s.status(http.MethodPost, "/_sandbox/commit", ""))
	assert.Equal(t, int64(1), count().Count)
}

func TestUnknownControlEndpointsListTheKnownOnes(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	assert.Equal(t, http.StatusOK, s.status(http.MethodGet, "/_sandbox/health", ""))
	for request, want := range map[string]string{
		"GET /_sandbox": "404 ", "GET /_sandbox/": "404 ", "GET /_sandbox/nothing": "404 ",
		"PUT /_sandbox/faults": "405 GET, HEAD, POST, DELETE", "GET /_sandbox/reset": "405 POST", "POST /_sandbox/health": "405 GET, HEAD",
		"POST /_sandbox/calls": "405 GET, HEAD, DELETE", "DELETE /_sandbox/commit": "405 POST",
	} {
		method, path, _ := strings.Cut(request, " ")
		resp, body := s.call(method, path, "")
		assert.Equal(t, want, fmt.Sprint(resp.StatusCode, " ", resp.Header.Get("Allow")), request)
		assert.Contains(t, body, "POST   /_sandbox/reset", request)
	}
}

func TestTheAPIRespondsToPathsThatAreNotClean(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{OpenAPI: openAPI(t)})
	paths := []string{"//cloud/v1/ssh_keys/1", "/cloud/v1/../v1/ssh_keys/1", "/cloud//v1/ssh_keys/1", "//", "/./", "/..//docs/", "//_sandbox/reset"}
	for _, path := range paths {
		resp, body := s.call(http.MethodGet, path, "")
		assert.Equal(t, http.StatusNotFound, resp.StatusCode, path)
		assert.Contains(t, body, "exception_class", path)
	}
	assert.Len(t, s.calls(), len(paths))
}

func TestLatencyDelaysTheAPIOnly(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{Latency: time.Hour})
	assert.Equal(t, http.StatusOK, s.status(http.MethodGet, "/_sandbox/health", ""))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+project, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}
