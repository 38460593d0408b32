package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sandbox"
)

func TestPagesOfOtherSitesAreKeptOut(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{Keys: sandbox.DefaultKeys(), AllowHosts: []string{"sandbox", "2001:db8:0::1"}, CORS: "http://localhost:3000"})
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
	for _, name := range []string{"localhost:80", "LOCALHOST", "127.0.0.1", "127.9.9.9:1", "[::1]:4010", "sandbox:4010", "Sandbox", "[2001:db8::1]:4010", "[2001:DB8::1]"} {
		assert.Equal(t, http.StatusOK, s.status(http.MethodGet, project, "", host(name)), name)
	}
	own := origin(s.url)
	assert.Equal(t, http.StatusOK, s.status(http.MethodGet, "/_sandbox/calls", "", own))

	resp, _ := s.call(http.MethodOptions, project, "", origin("http://localhost:3000"), func(r *http.Request) {
		r.Header.Set("Access-Control-Request-Method", "POST")
	})
	assert.Equal(t, http.StatusNoContent, resp.StatusCode)
	assert.Equal(t, "http://localhost:3000", resp.Header.Get("Access-Control-Allow-Origin"))
	assert.Equal(t, "Authorization, *", resp.Header.Get("Access-Control-Allow-Headers"))
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

func TestIsLoopback(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "::1", "0:0::1", "::ffff:127.0.0.1"} {
		assert.True(t, sandbox.IsLoopback(host), host)
	}
	for _, host := range []string{"", "localhost.", "127.1", "128.0.0.1", "0.0.0.0", "::", "::1%lo", "127.0.0.1.evil.example", "2130706433"} {
		assert.False(t, sandbox.IsLoopback(host), host)
	}
}
