package gcore_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// closedPort is an address on which nothing listens.
const closedPort = "127.0.0.1:1"

// wrapper is a RoundTripper around another, as the middleware of a caller is.
type wrapper func(*http.Request) (*http.Response, error)

func (w wrapper) RoundTrip(req *http.Request) (*http.Response, error) { return w(req) }

// cloudThrough returns a client that sends through the transport and does not wait between retries.
func cloudThrough(t *testing.T, baseURL string, transport http.RoundTripper, change ...func(*gcore.Config)) *gcore.Cloud {
	t.Helper()
	config := gcore.Config{APIKey: canaryToken, BaseURL: baseURL, HTTPClient: &http.Client{Transport: transport}}
	for _, f := range change {
		f(&config)
	}
	cloud, err := gcore.NewCloud(noWaiting(config))
	require.NoError(t, err)
	return cloud
}

func newTransport(t *testing.T) *http.Transport {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// discard sends the request and drops the response, so that the server has carried it out when discard returns.
func discard(next http.RoundTripper, req *http.Request) {
	if resp, err := next.RoundTrip(req); err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
}

// detached reads the body of a request and returns the same request without its context, so that no httptrace sees it.
func detached(req *http.Request) *http.Request {
	body, _ := io.ReadAll(req.Body)
	_ = req.Body.Close()
	clone := req.Clone(context.Background())
	clone.Body = io.NopCloser(bytes.NewReader(body))
	return clone
}

// dialClosedPort makes a real dial error, with the context of the request and without its body.
func dialClosedPort(next http.RoundTripper, req *http.Request) error {
	dead := req.Clone(req.Context())
	dead.URL.Host, dead.Body, dead.ContentLength = closedPort, nil, 0
	resp, err := next.RoundTrip(dead)
	if err == nil {
		_ = resp.Body.Close()
	}
	return err
}

// lateFailures are errors that a transport can return after it has sent the request, though most look as if it had not.
var lateFailures = map[string]error{
	"dial":         &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED},
	"proxyconnect": &net.OpError{Op: "proxyconnect", Net: "tcp", Err: errors.New("refused")},
	"DNS":          &net.DNSError{Err: "no such host", Name: "api.invalid", IsNotFound: true},
	"certificate":  &tls.CertificateVerificationError{Err: errors.New("unknown authority")},
	"canceled":     context.Canceled,
	"deadline":     context.DeadlineExceeded,
	"no type":      errors.New("something failed"),
}

// TestFailingAfterSendingIsAnUnknownOutcome has transports that send a create and then fail. Each must lead to one POST: a
// generated key has an unknown outcome, an uploaded key is found.
func TestFailingAfterSendingIsAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	// What a transport can do with a create before it fails, and how many POSTs reach the server then.
	type way struct {
		posts int
		do    func(next http.RoundTripper, req *http.Request)
	}
	ways := map[string]way{
		"sends":                           {1, discard},
		"sends with a context of its own": {1, func(next http.RoundTripper, req *http.Request) { discard(next, detached(req)) }},
		"only reads the body":             {0, func(_ http.RoundTripper, req *http.Request) { detached(req) }},
	}
	kinds := maps.Clone(lateFailures)
	kinds["real dial"] = nil
	for name, way := range ways {
		for kind, failure := range kinds {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				server := gcoretest.NewServer(t, gcoretest.WithAPIKey(canaryToken))
				transport := newTransport(t)
				keys := cloudThrough(t, server.URL, wrapper(func(req *http.Request) (*http.Response, error) {
					if req.Method != http.MethodPost {
						return transport.RoundTrip(req)
					}
					way.do(transport, req)
					if failure != nil {
						return nil, failure
					}
					return nil, dialClosedPort(transport, req)
				})).SSHKeys(1)

				_, err := keys.Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "generated"})
				unknown, ok := errors.AsType[*gcore.UnknownOutcomeError](err)
				assert.Equal(t, way.posts, countCalls(server, http.MethodPost), "POSTs")
				require.True(t, ok, "%T: %v", err, err)
				assert.Len(t, unknown.Candidates, way.posts)

				if way.posts > 0 {
					key, err := keys.Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "uploaded", PublicKey: &pair.PublicKey})
					require.NoError(t, err)
					assert.Equal(t, pair.PublicKey, key.PublicKey)
					assert.Equal(t, 2*way.posts, countCalls(server, http.MethodPost), "POSTs")
				}
			})
		}
	}
}

// countCalls returns how many requests with the method the server has received.
func countCalls(server *gcoretest.Server, method string) (n int) {
	for _, call := range server.Calls() {
		if call.Method == method {
			n++
		}
	}
	return n
}

// TestRegisteredProtocolsCanSend has an *http.Transport whose "http" is another RoundTripper, which sends without a trace.
func TestRegisteredProtocolsCanSend(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	for kind, failure := range lateFailures {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			server := gcoretest.NewServer(t, gcoretest.WithAPIKey(canaryToken))
			inner, outer := newTransport(t), newTransport(t)
			outer.RegisterProtocol("http", wrapper(func(req *http.Request) (*http.Response, error) {
				if req.Method != http.MethodPost {
					return inner.RoundTrip(req)
				}
				discard(inner, detached(req))
				return nil, failure
			}))
			request := gcore.CreateSSHKeyRequest{Name: "uploaded", PublicKey: &pair.PublicKey}
			key, err := cloudThrough(t, server.URL, outer).SSHKeys(1).Create(t.Context(), request)
			assert.Equal(t, 1, countCalls(server, http.MethodPost), "POSTs")
			assert.Equal(t, 1, countCalls(server, http.MethodGet), "lookups")
			require.NoError(t, err)
			assert.Equal(t, pair.PublicKey, key.PublicKey)
		})
	}
}

// TestADeleteThatWasSentAndFailed has transports that send a DELETE without a trace and then fail. It has no body whose reading
// would show that it was sent. The retry finds no key, as the first attempt has deleted it.
func TestADeleteThatWasSentAndFailed(t *testing.T) {
	t.Parallel()
	kinds := maps.Clone(lateFailures)
	kinds["real dial"] = nil
	for kind, failure := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			server := gcoretest.NewServer(t, gcoretest.WithAPIKey(canaryToken))
			transport := newTransport(t)
			attempts := 0
			keys := cloudThrough(t, server.URL, wrapper(func(req *http.Request) (*http.Response, error) {
				if attempts++; attempts > 1 {
					return transport.RoundTrip(req)
				}
				discard(transport, req.Clone(context.Background()))
				if failure != nil {
					return nil, failure
				}
				return nil, dialClosedPort(transport, req)
			})).SSHKeys(1)
			key := server.Add(1, gcore.CreateSSHKeyRequest{Name: "deleted"})
			require.NoError(t, keys.Delete(t.Context(), key.ID))
			assert.Equal(t, 2, countCalls(server, http.MethodDelete), "DELETEs")
		})
	}
}
