package gcore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// TestErrorsSayWhatHappenedAndWhatToDo holds the texts that a user reads to what they must say.
func TestErrorsSayWhatHappenedAndWhatToDo(t *testing.T) {
	t.Parallel()
	get := func(ctx context.Context, cloud *gcore.Cloud) error {
		_, err := cloud.SSHKeys(1).Get(ctx, someID)
		return err
	}
	create := func(ctx context.Context, cloud *gcore.Cloud) error {
		_, err := cloud.SSHKeys(1).Create(ctx, gcore.CreateSSHKeyRequest{Name: "generated"})
		return err
	}
	createByAPI := operations()["API createSSHKey"]
	unavailable := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	withDefaultBackoff := func(c *gcore.Config) { c.Backoff = nil }
	tests := map[string]struct {
		handler http.HandlerFunc
		change  func(*gcore.Config)
		call    func(context.Context, *gcore.Cloud) error
		within  time.Duration // of the context; 0 is no deadline
		want    []string
	}{
		"no connection":            {nil, func(c *gcore.Config) { c.BaseURL = "http://" + closedPort }, get, 0, []string{"could not connect to " + closedPort, "connection refused", "4 attempts"}},
		"the deadline is too near": {unavailable, withDefaultBackoff, get, 10 * time.Second, []string{"503", "asks to wait 30s", "not retried, as a wait of 30s would be longer than the deadline"}},
		"http.Client.Timeout": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			func(c *gcore.Config) { c.HTTPClient.Timeout = 20 * time.Millisecond }, get, 0, []string{"http.Client.Timeout", "20ms"}},
		"a 404 that is not Gcore's": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, nil, get, 0,
			[]string{"404", "an empty body", "check the base URL, http://127.0.0.1:"}},
		"a redirect": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTemporaryRedirect) }, nil, get, 0,
			[]string{"307", "redirects are not followed", "check the base URL, http://127.0.0.1:"}},
		"a create without its private key": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if r.Method == http.MethodPost {
				w.WriteHeader(http.StatusCreated)
				_, _ = io.WriteString(w, spoil(t, pageResponse, "private_key", "left out"))
				return
			}
			_, _ = fmt.Fprintf(w, `{"count": 1, "results": [%s]}`, listedKey)
		}, nil, create, 0, []string{"the key " + someID + " was created, but its private key did not arrive", "Delete it"}},
		"a lost response behind API()": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, nil, createByAPI, 0,
			[]string{"no response arrived", "a key may have been created: list the keys"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			if test.within > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, test.within)
				defer cancel()
			}
			err := test.call(ctx, newCloud(t, test.handler, func(c *gcore.Config) {
				if test.change != nil {
					test.change(c)
				}
			}))
			require.Error(t, err)
			for _, want := range test.want {
				assert.Contains(t, err.Error(), want)
			}
		})
	}
}

// TestACancelledWaitSaysWhatCameBefore cancels while the client waits to retry.
func TestACancelledWaitSaysWhatCameBefore(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	config := server.Config()
	config.Backoff = func(int, time.Duration) time.Duration { cancel(); return time.Hour }
	cloud, err := gcore.NewCloud(config)
	require.NoError(t, err)
	server.Inject("getSSHKey", gcoretest.Fault{Status: http.StatusServiceUnavailable})
	_, err = cloud.SSHKeys(1).Get(ctx, someID)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "503 Service Unavailable")
}

// TestAnUnknownOutcomeHidesItsResponse has a program test the kinds of error in any order.
func TestAnUnknownOutcomeHidesItsResponse(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	server.Inject("createSSHKey", gcoretest.Fault{Body: "garbage"})
	_, err := server.Cloud().SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "generated"})
	unknown, ok := errors.AsType[*gcore.UnknownOutcomeError](err)
	require.True(t, ok)
	_, ok = errors.AsType[*gcore.ResponseError](err)
	assert.False(t, ok)
	_, ok = errors.AsType[*gcore.ResponseError](unknown.Err)
	assert.True(t, ok)
}

// TestTheTextsOfErrors holds all parts of the text of an error, each left out if there is nothing to say.
func TestTheTextsOfErrors(t *testing.T) {
	t.Parallel()
	const line = "\u2028 \u2029\x1f\x7f\u0080\u009f"
	for want, err := range map[string]error{
		"GET /p: 404 Not Found": &gcore.Error{StatusCode: 404, Method: "GET", Path: "/p", Attempts: 1},
		"GET /p: 429 Too Many Requests: C: m; a: x, y; b: z (request r); the server asks to wait 2s (after 2 attempts)": &gcore.Error{
			StatusCode: 429, Method: "GET", Path: "/p", ExceptionClass: "C", Message: "m", RequestID: "r", RetryAfter: 2 * time.Second,
			Attempts: 2, InvalidFields: map[string][]string{"b": {"z"}, "a": {"x", "y"}},
		},
		"GET /p: 400 Bad Request: [" + strings.Repeat(" ", len([]rune(line))) + "~\u00a0]": &gcore.Error{
			StatusCode: 400, Method: "GET", Path: "/p", Message: "[" + line + "~\u00a0]",
		},
		"GET /p: 400 Bad Request: " + strings.Repeat("x", 2048-25):       &gcore.Error{StatusCode: 400, Method: "GET", Path: "/p", Message: strings.Repeat("x", 2048-25)},
		"GET /p: 400 Bad Request: " + strings.Repeat("x", 2048-25) + "…": &gcore.Error{StatusCode: 400, Method: "GET", Path: "/p", Message: strings.Repeat("x", 2049-25)},
		"GET /p: unexpected 200 response: a; b":                          &gcore.ResponseError{StatusCode: 200, Method: "GET", Path: "/p", Problems: []string{"a", "b"}},
		"POST /p: unexpected 201 response: a; the id of the key is " + someID: &gcore.ResponseError{
			StatusCode: 201, Method: "POST", Path: "/p", Problems: []string{"a"}, Key: &gcore.CreatedSSHKey{ID: someID},
		},
		"POST /p: unexpected 201 response: a": &gcore.ResponseError{
			StatusCode: 201, Method: "POST", Path: "/p", Problems: []string{"a"}, Key: &gcore.CreatedSSHKey{ID: "no id"},
		},
	} {
		assert.Equal(t, want, err.Error())
	}
	for status, want := range map[int]bool{499: false, 500: true, 599: true, 600: false} {
		assert.Equal(t, want, errors.Is(&gcore.Error{StatusCode: status}, gcore.ErrServer), status)
	}
}

func TestARetryIsLogged(t *testing.T) {
	t.Parallel()
	log := &textBuffer{}
	server := gcoretest.NewServer(t)
	server.Inject("listSSHKeys", gcoretest.Fault{Status: http.StatusServiceUnavailable})
	config := server.Config()
	logTo(log)(&config)
	cloud, err := gcore.NewCloud(config)
	require.NoError(t, err)
	_, err = cloud.SSHKeys(1).List(t.Context(), gcore.ListSSHKeysParams{})
	require.NoError(t, err)
	text := log.take()
	const request = " method=GET path=/cloud/v1/ssh_keys/1"
	assert.Contains(t, text, `msg="attempt finished"`+request+" attempt=1 status=503\n")
	assert.Contains(t, text, `msg="waiting to retry"`+request+" delay=0s attempt=2 of=4\n")
	assert.Contains(t, text, `msg="attempt finished"`+request+" attempt=2 status=200\n")
}
