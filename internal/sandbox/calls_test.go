package sandbox_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/optest"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sandbox"
)

func TestCallsCanBeReadAndDropped(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	s.call(http.MethodPost, project, `{"name": "my-ssh-key"}`)
	s.call(http.MethodGet, project, "")
	calls := s.calls()
	require.Len(t, calls, 2, "control endpoints are not recorded")
	assert.Equal(t, "createSSHKey", calls[0].Operation)
	assert.Equal(t, http.StatusCreated, calls[0].Status)
	assert.JSONEq(t, `{"name": "my-ssh-key"}`, string(calls[0].Body))
	assert.Equal(t, "listSSHKeys", calls[1].Operation)
	_, body := s.call(http.MethodGet, "/_sandbox/calls", "")
	assert.NotContains(t, body, "apikey any")
	s.call(http.MethodPost, project, `{"name": "k", "public_key": "-----BEGIN OPENSSH PRIVATE KEY-----"}`)
	_, body = s.call(http.MethodGet, "/_sandbox/calls", "")
	assert.Contains(t, body, `"body": "[redacted]"`)
	assert.NotContains(t, body, "PRIVATE KEY")

	assert.Equal(t, http.StatusOK, s.status(http.MethodDelete, "/_sandbox/calls", ""))
	assert.Empty(t, s.calls())
}

// A client with a mistake sends its API key where it does not belong.
func TestAnAPIKeyInTheWrongPlaceIsNotShown(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	for path, shown := range map[string]string{
		"?limit=5&api_key=canary&name=a%26b": "?limit=5&api_key=[redacted]&name=a%26b",
		"?canary":                            "?[redacted]",
		"?token=canary=canary":               "?token=[redacted]",
		"?name=a;apikey=canary":              "?name=[redacted]",
		"?offset=0&order_by=name.asc":        "?offset=0&order_by=name.asc",
		"?":                                  "?",
	} {
		s.call(http.MethodGet, project+path, "", func(r *http.Request) {
			for _, name := range []string{"X-API-Key", "apikey", "Cookie", "Proxy-Authorization", "X-Auth-Token", "Referer"} {
				r.Header[name] = []string{"canary", "canary"}
			}
			r.Header.Set("User-Agent", "node")
		})
		_, body := s.call(http.MethodGet, "/_sandbox/calls", "")
		assert.NotContains(t, body, "canary")
		calls := s.calls()
		require.Len(t, calls, 1)
		assert.Equal(t, project+shown, calls[0].Path)
		assert.Equal(t, []string{"[redacted]"}, calls[0].Header["X-Api-Key"])
		assert.Equal(t, []string{"node"}, calls[0].Header["User-Agent"])
		s.call(http.MethodDelete, "/_sandbox/calls", "")
	}
}

// calls returns the recorded calls.
func (r running) calls() (calls []gcoretest.Call) {
	r.t.Helper()
	_, body := r.call(http.MethodGet, "/_sandbox/calls", "")
	require.NoError(r.t, json.Unmarshal([]byte(body), &calls), body)
	return calls
}

// What openapi.yaml has no parameter for can be an API key in the wrong place.
func TestTheParametersOfTheDocumentAreShown(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	for _, op := range optest.All() {
		for _, parameter := range op.Spec.Parameters {
			if parameter.Value.In == openapi3.ParameterInQuery {
				query := "?" + parameter.Value.Name + "=value"
				s.call(http.MethodGet, project+query, "")
				_, body := s.call(http.MethodGet, "/_sandbox/calls", "")
				assert.Contains(t, body, query, "add it to shownParameters")
			}
		}
	}
}
