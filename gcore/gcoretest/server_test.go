package gcoretest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func Example() {
	srv, err := gcoretest.Start() // in a test: srv := gcoretest.NewServer(t), and no Close
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	key, err := srv.Cloud().SSHKeys(1).Create(context.Background(), gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	fmt.Println(err, key.Name, key.State, !key.PrivateKey.IsZero())
	fmt.Println(len(srv.Keys(1)), srv.Calls()[0].Operation)
	// Output:
	// <nil> my-ssh-key ACTIVE true
	// 1 createSSHKey
}

// A create whose response is lost can be lost in two ways, and a client cannot tell which it was.
func ExampleServer_Inject() {
	srv, err := gcoretest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.Inject("createSSHKey",
		gcoretest.Fault{Break: gcoretest.DropBeforeHeaders},
		gcoretest.Fault{Break: gcoretest.DropBeforeHeaders, Commit: gcoretest.CommitNever},
	)

	for range 2 {
		_, err := srv.Cloud().SSHKeys(1).Create(context.Background(), gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
		fmt.Println("failed:", err != nil, "keys there:", len(srv.Keys(1)))
	}
	// Output:
	// failed: true keys there: 1
	// failed: true keys there: 1
}

// fakeT records what NewServer does with its test.
type fakeT struct {
	cleanups []func()
	fatal    string
}

func (t *fakeT) Helper()                           {}
func (t *fakeT) Cleanup(f func())                  { t.cleanups = append(t.cleanups, f) }
func (t *fakeT) Fatalf(format string, args ...any) { t.fatal = fmt.Sprintf(format, args...); panic(t) }

func TestNewServerIsClosedWithItsTest(t *testing.T) {
	t.Parallel()
	var test fakeT
	srv := gcoretest.NewServer(&test)
	resp, _ := call(t, srv, http.MethodGet, "/cloud/v1/ssh_keys/1", "")
	require.Equal(t, http.StatusOK, resp.StatusCode)

	require.Len(t, test.cleanups, 1)
	test.cleanups[0]()

	_, err := srv.Client().Get(srv.URL)
	assert.Error(t, err)
	assert.NotPanics(t, srv.Close, "Close may be called more than once")
}

func TestNewServerEndsTheTestIfItCannotStart(t *testing.T) {
	t.Parallel()
	var test fakeT
	assert.Panics(t, func() { gcoretest.NewServer(&test, gcoretest.WithAPIKey("canary\nkey")) })
	assert.Contains(t, test.fatal, "gcoretest: ")
	assert.NotContains(t, test.fatal, "canary")
}

func TestAPIKeyLooksLikeARealOneAndIsItsServersOwn(t *testing.T) {
	t.Parallel()
	one, two := gcoretest.NewServer(t), gcoretest.NewServer(t)
	assert.Regexp(t, `^[0-9]{4}\$[0-9a-f]{40}$`, one.APIKey)
	assert.NotEqual(t, one.APIKey, two.APIKey)
	assert.Equal(t, "1234$abcdef", gcoretest.NewServer(t, gcoretest.WithAPIKey("1234$abcdef")).APIKey)
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t, gcoretest.WithAPIKey("1234$abcdef"))
	tests := map[string]struct {
		header  string
		message string // "" if the request is let through
	}{
		"the key":                        {"apikey 1234$abcdef", ""},
		"the other spelling of the word": {"APIKey 1234$abcdef", ""},
		"nothing":                        {"", "Authentication credentials were not provided."},
		"no key":                         {"apikey", "Given token not valid for any token type"},
		"a key truncated by a shell":     {"apikey 1234", "Bad permanent token: 1234"},
		"another key with a dollar":      {"apikey 1234$abcdeF", "Bad permanent token: 1234"},
		"another key without a dollar":   {"apikey wrong", "Bad permanent token: wrong"},
		"another key with spaces":        {"apikey My API Key", "Bad permanent token: My API Key"},
		"two spaces in front of the key": {"apikey  1234$abcdef", "Given token not valid for any token type"},
		"the key as a bearer's":          {"Bearer 1234$abcdef", "Given token not valid for any token type"},
		"the key alone":                  {"1234$abcdef", "Given token not valid for any token type"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// A request that is wrong in other ways too gets the same response: authentication comes first.
			for _, path := range []string{"/cloud/v1/ssh_keys/1", "/cloud/v1/ssh_keys/one"} {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+path, nil)
				require.NoError(t, err)
				if test.header != "" {
					req.Header.Set("Authorization", test.header)
				}
				resp, body := do(t, srv, req)
				if test.message == "" {
					assert.NotEqual(t, http.StatusUnauthorized, resp.StatusCode, path)
					continue
				}
				assertRefused(t, resp, body, http.StatusUnauthorized, "AuthenticationError", test.message)
			}
		})
	}
}

func TestAnyAPIKey(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t, gcoretest.WithAnyAPIKey())
	for key, status := range map[string]int{"1234$abcdef": 200, "My API Key": 200, "": 401, " 1234": 401, "1234$é": 401} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+keys, nil)
		require.NoError(t, err)
		req.Header["Authorization"] = []string{"apikey " + key}
		resp, _ := do(t, srv, req)
		assert.Equal(t, status, resp.StatusCode, key)
	}
}

func TestHandlerServesOnAnotherListenerToo(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	other := httptest.NewServer(srv.Handler)
	t.Cleanup(other.Close)
	cloud, err := gcore.NewCloud(gcore.Config{APIKey: srv.APIKey, BaseURL: other.URL, HTTPClient: other.Client()})
	require.NoError(t, err)

	key, err := cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	require.NoError(t, err)
	assert.Equal(t, key.ID, srv.Keys(1)[0].ID)
}

func TestHTTP2(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t, gcoretest.WithHTTP2())
	resp, _ := call(t, srv, http.MethodGet, "/cloud/v1/ssh_keys/1", "")
	assert.Equal(t, "HTTP/2.0", resp.Proto)
	assert.True(t, strings.HasPrefix(srv.URL, "https://"))

	_, err := srv.Cloud().SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	assert.NoError(t, err)
}

// call sends one request with the server's API key and returns the response with its whole body.
func call(t *testing.T, srv *gcoretest.Server, method, path, body string) (*http.Response, string) {
	t.Helper()
	return do(t, srv, request(t, srv, method, path, body))
}

func request(t *testing.T, srv *gcoretest.Server, method, path, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", "apikey "+srv.APIKey)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

func do(t *testing.T, srv *gcoretest.Server, req *http.Request) (*http.Response, string) {
	t.Helper()
	resp, err := direct(srv).Do(req)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp, string(body)
}

// direct is the server's client, following no redirect.
func direct(srv *gcoretest.Server) *http.Client {
	client := srv.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client
}

// assertRefused checks an error in Gcore's form and returns its invalid_fields.
func assertRefused(t *testing.T, resp *http.Response, body string, status int, class, message string) map[string][]string {
	t.Helper()
	assert.Equal(t, status, resp.StatusCode)
	assert.Equal(t, "application/json", resp.Header.Get("Content-Type"))
	var e gcore.ErrorResponse
	require.NoError(t, json.Unmarshal([]byte(body), &e), body)
	assert.Equal(t, class, e.ExceptionClass)
	assert.Equal(t, message, e.Message)
	require.NotNil(t, e.RequestID, "every error has a request id")
	assert.Regexp(t, "^[0-9a-f]{32}$", *e.RequestID)
	return e.InvalidFields
}
