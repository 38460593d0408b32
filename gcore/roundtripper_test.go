package gcore_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/optest"
)

// anyURL is a base URL for transports that reach no network.
const anyURL = "http://" + closedPort

// responseBody is a body that notes whether it was closed, and fails to close if it has an error for that.
type responseBody struct {
	io.Reader
	closed   *atomic.Bool
	closeErr error
}

func (b responseBody) Close() error {
	b.closed.Store(true)
	return b.closeErr
}

// responding is a transport that returns one response, with or without an error.
func responding(status int, body io.ReadCloser, err error) wrapper {
	return func(req *http.Request) (*http.Response, error) {
		header := http.Header{"Content-Type": {"application/json"}}
		return &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header, Body: body, ContentLength: -1, Request: req}, err
	}
}

func TestA204WithoutBody(t *testing.T) {
	t.Parallel()
	for name, transport := range map[string]wrapper{
		"nil body": responding(http.StatusNoContent, nil, nil),
		"nothing but the status": func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusNoContent}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := cloudThrough(t, anyURL, transport)
			assert.NoError(t, cloud.SSHKeys(1).Delete(t.Context(), someID))
			resp, err := cloud.API().DeleteSSHKeyWithResponse(t.Context(), 1, someID)
			require.NoError(t, err)
			assert.Equal(t, http.StatusNoContent, resp.StatusCode())
		})
	}
}

// TestOtherResponsesWithoutBody must be errors, and no panic, whatever else is missing and whatever the status is.
func TestOtherResponsesWithoutBody(t *testing.T) {
	t.Parallel()
	for _, status := range []int{-1, 0, 99, 100, 101, 200, 201, 204, 299, 304, 400, 404, 429, 500, 999, 1 << 30} {
		for name, transport := range map[string]wrapper{
			"nil body": responding(status, nil, nil),
			"nothing but the status": func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: status}, nil
			},
		} {
			cloud := cloudThrough(t, anyURL, transport, func(c *gcore.Config) { c.MaxRetries = -1 })
			for _, op := range optest.All() {
				_, err := op.Facade(t.Context(), cloud, op.Example)
				succeeds := status == op.Status && op.Body == ""
				require.Equal(t, !succeeds, err != nil, "%s %d, %s", op.ID, status, name)
				resp, err := op.API(t.Context(), cloud.API(), op.Example)
				none := resp == nil || reflect.ValueOf(resp).IsNil()
				require.Equal(t, err != nil, none, "%s %d, %s: a response or an error", op.ID, status, name)
			}
		}
	}
}

// TestAResponseTogetherWithAnError has a transport that returns the private key and an error.
func TestAResponseTogetherWithAnError(t *testing.T) {
	t.Parallel()
	for kind, failure := range lateFailures {
		for _, status := range []int{http.StatusOK, http.StatusCreated} {
			t.Run(fmt.Sprint(status, " and ", kind), func(t *testing.T) {
				t.Parallel()
				var closed atomic.Bool
				transport := responding(status, responseBody{Reader: strings.NewReader(pageResponse), closed: &closed}, failure)
				key, err := cloudThrough(t, anyURL, transport).SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
				if broken, ok := errors.AsType[*gcore.ResponseError](err); ok {
					key = broken.Key
				}
				require.NotNil(t, key, "%v", err)
				assert.Equal(t, "<private_key>", key.PrivateKey.Reveal())
				assert.True(t, closed.Load())
			})
		}
	}
}

func TestABodyThatFailsToClose(t *testing.T) {
	t.Parallel()
	var closed atomic.Bool
	keysOf := func(status int, text string) *gcore.SSHKeys {
		body := responseBody{strings.NewReader(text), &closed, errors.New("close failed")}
		return cloudThrough(t, anyURL, responding(status, body, nil)).SSHKeys(1)
	}
	key, err := keysOf(http.StatusCreated, pageResponse).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	require.NoError(t, err)
	assert.Equal(t, "<private_key>", key.PrivateKey.Reveal())
	got, err := keysOf(http.StatusOK, listedKey).Get(t.Context(), someID)
	require.NoError(t, err)
	assert.Equal(t, someID, got.ID)
	list, err := keysOf(http.StatusOK, `{"count": 1, "results": [`+listedKey+`]}`).List(t.Context(), gcore.ListSSHKeysParams{})
	require.NoError(t, err)
	assert.Len(t, list.Results, 1)
	assert.True(t, closed.Load())
}

func TestATransportThatReturnsNothing(t *testing.T) {
	t.Parallel()
	cloud := cloudThrough(t, anyURL, wrapper(func(*http.Request) (*http.Response, error) { return nil, nil }))
	for operation, call := range operations() {
		require.Error(t, call(t.Context(), cloud), operation)
	}
}

// jar counts its uses.
type jar struct{ uses atomic.Int64 }

func (j *jar) SetCookies(*url.URL, []*http.Cookie) { j.uses.Add(1) }

func (j *jar) Cookies(*url.URL) []*http.Cookie {
	j.uses.Add(1)
	return []*http.Cookie{{Name: "session", Value: "1"}}
}

func TestJarAndCheckRedirectAreNotUsed(t *testing.T) {
	t.Parallel()
	var cookies jar
	var redirects, sent atomic.Int64
	cloud := newCloud(t, func(w http.ResponseWriter, r *http.Request) {
		if len(r.Cookies()) > 0 {
			sent.Add(1)
		}
		if r.URL.Path == "/" {
			return // or following would not end
		}
		w.Header().Set("Set-Cookie", "session=2")
		w.Header().Set("Location", "/")
		w.WriteHeader(http.StatusTemporaryRedirect)
	}, func(c *gcore.Config) {
		c.HTTPClient.Jar = &cookies
		c.HTTPClient.CheckRedirect = func(*http.Request, []*http.Request) error {
			redirects.Add(1)
			return nil
		}
	})
	for _, call := range operations() {
		_ = call(t.Context(), cloud)
	}
	assert.Zero(t, redirects.Load(), "calls of CheckRedirect")
	assert.Zero(t, cookies.uses.Load(), "uses of the Jar")
	assert.Zero(t, sent.Load(), "requests with a cookie")
}

// readerFunc is an io.Reader.
type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestABodyWithoutAProperEnd has bodies that never end or that end with an error like io.EOF. Neither is the end of a body.
func TestABodyWithoutAProperEnd(t *testing.T) {
	t.Parallel()
	reset := fmt.Errorf("connection reset: %w", io.EOF)
	tests := map[string]struct {
		read readerFunc
		want error
	}{
		"an error around io.EOF": {func([]byte) (int, error) { return 0, reset }, reset},
		"no bytes, for ever":     {func([]byte) (int, error) { return 0, nil }, io.ErrNoProgress},
	}
	for name, test := range tests {
		for _, status := range []int{http.StatusOK, http.StatusCreated, http.StatusNoContent} {
			cloud := cloudThrough(t, anyURL, responding(status, io.NopCloser(test.read), nil), func(c *gcore.Config) { c.MaxRetries = -1 })
			for operation, call := range operations() {
				err := call(t.Context(), cloud)
				if unknown, ok := errors.AsType[*gcore.UnknownOutcomeError](err); ok {
					err = unknown.Err
				}
				require.ErrorIs(t, err, test.want, "%s, %s %d", name, operation, status)
			}
		}
	}
}
