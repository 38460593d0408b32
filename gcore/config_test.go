package gcore_test

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

func TestBadConfigIsRefused(t *testing.T) {
	t.Setenv("GCORE_API_KEY", "")
	t.Setenv("GCORE_BASE_URL", "")
	const key = "1234$abcdef"
	tests := map[string]struct {
		config gcore.Config
		want   string // in the error
	}{
		"no key anywhere":          {gcore.Config{}, "GCORE_API_KEY"},
		"line break in key":        {gcore.Config{APIKey: key + "\n"}, "line break"},
		"header in key":            {gcore.Config{APIKey: key + "\r\nX: y"}, "line break"},
		"space at the end of key":  {gcore.Config{APIKey: key + " "}, "space"},
		"space before the key":     {gcore.Config{APIKey: " " + key}, "space"},
		"not ASCII in key":         {gcore.Config{APIKey: "1234$é"}, "at byte 6"},
		"scheme in key":            {gcore.Config{APIKey: "APIKey " + key}, "leave the word out"},
		"no scheme":                {gcore.Config{APIKey: key, BaseURL: "api.gcore.com"}, "not a web address"},
		"other scheme":             {gcore.Config{APIKey: key, BaseURL: "ftp://api.gcore.com"}, "not a web address"},
		"no host":                  {gcore.Config{APIKey: key, BaseURL: "https://"}, "not a web address"},
		"port without host":        {gcore.Config{APIKey: key, BaseURL: "https://:443"}, "not a web address"},
		"no URL":                   {gcore.Config{APIKey: key, BaseURL: "https://a b"}, "not a web address"},
		"user":                     {gcore.Config{APIKey: key, BaseURL: "https://me:hunter2@api.gcore.com"}, "user or password"},
		"query":                    {gcore.Config{APIKey: key, BaseURL: "https://api.gcore.com?a=hunter2"}, "query"},
		"empty query":              {gcore.Config{APIKey: key, BaseURL: "https://api.gcore.com?"}, "query"},
		"fragment":                 {gcore.Config{APIKey: key, BaseURL: "https://api.gcore.com#x"}, "fragment"},
		"http":                     {gcore.Config{APIKey: key, BaseURL: "http://api.gcore.com"}, "AllowHTTP"},
		"http to another address":  {gcore.Config{APIKey: key, BaseURL: "http://10.0.0.1"}, "AllowHTTP"},
		"http to a host like ours": {gcore.Config{APIKey: key, BaseURL: "http://localhost.example"}, "AllowHTTP"},
		"line break in user agent": {gcore.Config{APIKey: key, UserAgent: "a\r\nX: y"}, "UserAgent"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			cloud, err := gcore.NewCloud(test.config)
			require.ErrorContains(t, err, test.want)
			assert.Nil(t, cloud)
			assert.NotContains(t, err.Error(), "hunter2")
			assert.NotContains(t, err.Error(), "abcdef")
		})
	}
}

func TestGoodConfig(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"", "https://api.gcore.com", "https://api.gcore.com/", "https://proxy.example/gcore", "https://[::1]:8443",
		"http://localhost:8080", "http://LOCALHOST", "http://127.0.0.1:1", "http://127.8.9.1", "http://[::1]:80",
	} {
		_, err := gcore.NewCloud(gcore.Config{APIKey: "1234$abcdef", BaseURL: base})
		assert.NoError(t, err, base)
	}
	_, err := gcore.NewCloud(gcore.Config{APIKey: "1234$abcdef", BaseURL: "http://gcore.internal", AllowHTTP: true})
	assert.NoError(t, err)
	_, err = gcore.NewCloud(gcore.Config{APIKey: "1234$abcdef", UserAgent: "program/1 (é)"})
	assert.NoError(t, err)
	_, err = gcore.NewCloud(gcore.Config{APIKey: "My API Key"})
	assert.NoError(t, err, "the page's sample")
	_, err = gcore.NewCloud(gcore.Config{APIKey: "1234$abcdef", HTTPClient: &http.Client{Transport: (*http.Transport)(nil)}})
	assert.NoError(t, err, "a nil pointer is no transport")
}

func TestConfigFromTheEnvironment(t *testing.T) {
	requests := make(chan *http.Request, 1)
	server := newHTTPServer(t, func(w http.ResponseWriter, r *http.Request) {
		requests <- r
		http.Error(w, "", http.StatusTeapot)
	})
	t.Setenv("GCORE_API_KEY", "5$env")
	t.Setenv("GCORE_BASE_URL", server.URL)
	cloud, err := gcore.NewCloud(gcore.Config{})
	require.NoError(t, err)
	_, err = cloud.SSHKeys(7).List(t.Context(), gcore.ListSSHKeysParams{})
	require.Error(t, err)
	r := <-requests
	assert.Equal(t, "/cloud/v1/ssh_keys/7", r.URL.Path)
	assert.Equal(t, "apikey 5$env", r.Header.Get("Authorization"))
	assert.True(t, strings.HasPrefix(r.Header.Get("User-Agent"), "gcore-sshkeys-go"), r.Header.Get("User-Agent"))

	cloud, err = gcore.NewCloud(gcore.Config{APIKey: "6$own", UserAgent: "mine/1"})
	require.NoError(t, err)
	_, err = cloud.SSHKeys(7).List(t.Context(), gcore.ListSSHKeysParams{})
	require.Error(t, err)
	r = <-requests
	assert.Equal(t, "apikey 6$own", r.Header.Get("Authorization"))
	assert.Equal(t, "mine/1", r.Header.Get("User-Agent"))
}

func TestTheCallersHTTPClientIsNotChanged(t *testing.T) {
	t.Parallel()
	client := &http.Client{Timeout: 5}
	_, err := gcore.NewCloud(gcore.Config{APIKey: "1$a", HTTPClient: client})
	require.NoError(t, err)
	assert.Nil(t, client.Transport)
	assert.Nil(t, client.CheckRedirect)
	assert.EqualValues(t, 5, client.Timeout)
}

func TestTheDefaultUserAgentHasTheVersion(t *testing.T) {
	t.Parallel()
	const module = "github.com/gcore-sshkeys/gcore-sshkeys-go"
	other := &debug.Module{Path: "example.com/program", Version: "v9.9.9"}
	for version, want := range map[string]string{"v0.3.0": "gcore-sshkeys-go/v0.3.0", "(devel)": "gcore-sshkeys-go", "": "gcore-sshkeys-go"} {
		this := debug.Module{Path: module, Version: version}
		assert.Equal(t, want, gcore.UserAgentOf(&debug.BuildInfo{Main: *other, Deps: []*debug.Module{other, &this}}, true), "as a dependency")
		assert.Equal(t, want, gcore.UserAgentOf(&debug.BuildInfo{Main: this, Deps: []*debug.Module{other}}, true), "as the program")
	}
	assert.Equal(t, "gcore-sshkeys-go", gcore.UserAgentOf(nil, false))
}

func TestConfigIsDescribedWithoutItsKey(t *testing.T) {
	t.Parallel()
	const rest = `ProjectID: 7, BaseURL: %q, UserAgent: "", MaxRetries: 0, AllowHTTP: false}`
	assert.Equal(t, fmt.Sprintf("gcore.Config{APIKey: none, "+rest, "https://a"), gcore.Config{ProjectID: 7, BaseURL: "https://a"}.String())
	assert.Equal(t, fmt.Sprintf("gcore.Config{APIKey: [REDACTED], "+rest, "[REDACTED]"),
		gcore.Config{APIKey: canaryToken, ProjectID: 7, BaseURL: "https://a:b@c"}.String())
}
