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
	for _, request := range []string{"GET /_sandbox/", "GET /_sandbox/nothing", "PUT /_sandbox/faults"} {
		method, path, _ := strings.Cut(request, " ")
		resp, body := s.call(method, path, "")
		assert.GreaterOrEqual(t, resp.StatusCode, 404, request)
		assert.Contains(t, body, "POST   /_sandbox/reset", request)
	}
}

func TestPagesOfOtherSitesAreKeptOut(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{Keys: sandbox.DefaultKeys(), AllowHosts: []string{"sandbox"}, CORS: "http://localhost:3000"})
	host := func(host string) func(*http.Request) { return func(r *http.Request) { r.Host = host } }
	origin := func(origin string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Origin", origin) }
	}

	for _, path := range []string{project, "/_sandbox/calls", "/_sandbox/health", "/"} {
		for _, name := range []string{"evil.example", "evil.example:4010", "127.0.0.1.evil.example", "localhost.evil.example", "169.254.169.254", ""} {
			if name == "" {
				continue // Go's client fills in the address
			}
			assert.Equal(t, http.StatusForbidden, s.status(http.MethodGet, path, "", host(name)), "%s %s", name, path)
		}
		for _, name := range []string{"null", "http://evil.example", "https://localhost:3000", "http://localhost:3001"} {
			assert.Equal(t, http.StatusForbidden, s.status(http.MethodPost, path, "", origin(name)), "%s %s", name, path)
		}
	}
	for _, name := range []string{"localhost:80", "LOCALHOST", "127.0.0.1", "127.9.9.9:1", "[::1]:4010", "sandbox:4010", "Sandbox"} {
		assert.Equal(t, http.StatusOK, s.status(http.MethodGet, project, "", host(name)), name)
	}
	own := origin(s.url)
	assert.Equal(t, http.StatusOK, s.status(http.MethodGet, "/_sandbox/calls", "", own))

	resp, _ := s.call(http.MethodOptions, project, "", origin("http://localhost:3000"), func(r *http.Request) {
		r.Header.Set("Access-Control-Request-Method", "POST")
	})
	assert.Equal(t, http.StatusNoContent, resp.StatusCode)
	assert.Equal(t, "http://localhost:3000", resp.Header.Get("Access-Control-Allow-Origin"))
	resp, _ = s.call(http.MethodGet, project, "", origin("http://localhost:3000"))
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "http://localhost:3000", resp.Header.Get("Access-Control-Allow-Origin"))
	assert.Equal(t, http.StatusForbidden, s.status(http.MethodPost, "/_sandbox/reset", "", origin("http://localhost:3000")),
		"CORS is for the API, not for the control endpoints")

	// A browser sends no Origin for an image or a link.
	for _, config := range []sandbox.Config{{}, {CORS: "http://localhost:3000"}} {
		s := start(t, config)
		for _, site := range []string{"cross-site", "same-site"} {
			for _, path := range []string{project, "/_sandbox/calls"} {
				got := s.status(http.MethodGet, path, "", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", site) })
				assert.Equal(t, http.StatusForbidden, got, "%s %s", site, path)
			}
		}
		for _, site := range []string{"same-origin", "none"} {
			assert.Equal(t, http.StatusOK, s.status(http.MethodGet, project, "", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", site) }))
		}
	}

	_, body := s.call(http.MethodGet, "/_sandbox/calls", "")
	assert.NotContains(t, body, "evil.example", "what is refused is not recorded")
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
