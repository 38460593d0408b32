package gcore_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var followed atomic.Int64
	elsewhere := newHTTPServer(t, func(http.ResponseWriter, *http.Request) { followed.Add(1) })
	port := elsewhere.URL[strings.LastIndex(elsewhere.URL, ":"):]
	targets := map[string]string{
		"another port": elsewhere.URL + "/x",
		"another host": "http://localhost" + port + "/x",
		"no scheme":    "//" + strings.TrimPrefix(elsewhere.URL, "http://") + "/x",
		"the same":     "/cloud/v1/ssh_keys/2",
		"none":         "",
	}
	for name, target := range targets {
		for _, status := range []int{301, 302, 303, 305, 307, 308} {
			var own atomic.Int64
			origin := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				own.Add(1)
				assert.NotEqual(t, "/cloud/v1/ssh_keys/2", r.URL.Path)
				if target != "" {
					w.Header().Set("Location", target)
				}
				w.WriteHeader(status)
			}))
			cloud, err := gcore.NewCloud(gcore.Config{APIKey: canaryToken, BaseURL: origin.URL, HTTPClient: origin.Client(), MaxRetries: -1})
			require.NoError(t, err)
			for operation, call := range operations() {
				err := call(t.Context(), cloud)
				where := fmt.Sprint(operation, " redirected by ", status, " to ", name)
				if strings.HasPrefix(operation, "API") {
					assert.NoError(t, err, where) // its status is in the response
					continue
				}
				if unknown, ok := errors.AsType[*gcore.UnknownOutcomeError](err); ok {
					err = unknown.Err
				}
				apiErr, ok := errors.AsType[*gcore.Error](err)
				if assert.True(t, ok, where) {
					assert.Equal(t, status, apiErr.StatusCode, where)
				}
			}
			want := len(operations())
			if status != 301 && status != 307 && status != 308 {
				want++ // a look for the outcome of Create
			}
			assert.EqualValues(t, want, own.Load(), "%d", status)
			origin.Close()
		}
	}
	assert.Zero(t, followed.Load())
}

func TestTheKeyGoesToTheBaseURLOnly(t *testing.T) {
	t.Parallel()
	const base = "https://gcore.invalid"
	for target, want := range map[string]bool{
		base: true, base + ":443": true, "https://GCORE.invalid": true,
		base + ":444": false, "https://elsewhere.invalid": false, "http://gcore.invalid": false, "http://gcore.invalid:443": false,
	} {
		authorized := false
		cloud := cloudThrough(t, base, wrapper(func(req *http.Request) (*http.Response, error) {
			authorized = req.Header.Get("Authorization") != ""
			return jsonResponse(req, http.StatusOK, `{"count": 0, "results": []}`), nil
		}))
		_, err := cloud.API().ListSSHKeysWithResponse(t.Context(), 1, &gcore.ListSSHKeysParams{}, func(_ context.Context, req *http.Request) error {
			other, err := url.Parse(target)
			req.URL.Scheme, req.URL.Host = other.Scheme, other.Host
			return err
		})
		require.NoError(t, err)
		assert.Equal(t, want, authorized, target)
	}
}

func TestOneCreateSendsOnePOST(t *testing.T) {
	t.Parallel()
	lost := gcoretest.Fault{Break: gcoretest.DropBeforeHeaders}
	idempotent := func(_ context.Context, req *http.Request) error {
		req.Header.Set("Idempotency-Key", "k")
		req.Header.Set("X-Idempotency-Key", "k")
		return nil
	}
	for name, options := range map[string][]gcoretest.Option{"HTTP/1.1": nil, "HTTP/2": {gcoretest.WithHTTP2()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := gcoretest.NewServer(t, options...)
			cloud := server.Cloud()
			posts := 0
			check := func(err error) {
				t.Helper()
				require.Error(t, err)
				posts++
				n := 0
				for _, call := range server.Calls() {
					if call.Method == http.MethodPost {
						n++
						assert.Empty(t, call.Header.Get("Idempotency-Key")+call.Header.Get("X-Idempotency-Key"))
					}
				}
				require.Equal(t, posts, n)
				// The next create finds a connection that has been used.
				_, err = cloud.SSHKeys(1).List(t.Context(), gcore.ListSSHKeysParams{})
				require.NoError(t, err)
			}
			for range 3 {
				server.Inject("createSSHKey", lost)
				_, err := cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "once"})
				check(err)
				server.Inject("createSSHKey", lost)
				_, err = cloud.API().CreateSSHKeyWithResponse(t.Context(), 1, gcore.CreateSSHKeyRequest{Name: "once"}, idempotent)
				check(err)
			}
			assert.Len(t, server.Keys(1), posts)
		})
	}
}

// TestHTTP2ResetsThatInviteToSendAgain has a server that resets every stream with a code on which net/http sends the
// request again by itself, although the server has read it whole.
func TestHTTP2ResetsThatAllowARetry(t *testing.T) {
	t.Parallel()
	const protocolError, refusedStream = 1, 7
	for _, code := range []byte{protocolError, refusedStream} {
		var requests atomic.Int64
		server := httptest.NewUnstartedServer(nil)
		server.TLS = &tls.Config{NextProtos: []string{"h2"}}
		server.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){
			"h2": func(_ *http.Server, conn *tls.Conn, _ http.Handler) { resetStreams(conn, code, &requests) },
		}
		server.StartTLS()
		t.Cleanup(server.Close)
		pool := x509.NewCertPool()
		pool.AddCert(server.Certificate())
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
		t.Cleanup(transport.CloseIdleConnections)
		// Behind another type of transport, a create with a generated key speaks HTTP/2, too.
		wrapped := struct{ http.RoundTripper }{transport}
		cloud, err := gcore.NewCloud(gcore.Config{APIKey: canaryToken, BaseURL: server.URL, HTTPClient: &http.Client{Transport: wrapped}, MaxRetries: -1})
		require.NoError(t, err)
		_, err = cloud.API().CreateSSHKeyWithResponse(t.Context(), 1, gcore.CreateSSHKeyRequest{Name: "once"})
		require.ErrorContains(t, err, "no response arrived")
		assert.EqualValues(t, 1, requests.Load())
	}
}

// resetStreams speaks just enough HTTP/2 (RFC 9113) to count the requests that arrive whole and reset each.
func resetStreams(conn net.Conn, code byte, requests *atomic.Int64) {
	const data, settings, rstStream, endStream = 0, 4, 3, 1
	in := bufio.NewReader(conn)
	if _, err := in.Discard(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")); err != nil {
		return
	}
	if _, err := conn.Write([]byte{0, 0, 0, settings, 0, 0, 0, 0, 0}); err != nil {
		return
	}
	for {
		header := make([]byte, 9)
		if _, err := io.ReadFull(in, header); err != nil {
			return
		}
		if _, err := in.Discard(int(header[0])<<16 | int(header[1])<<8 | int(header[2])); err != nil {
			return
		}
		if header[3] == data && header[4]&endStream != 0 {
			requests.Add(1)
			reset := append([]byte{0, 0, 4, rstStream, 0}, header[5:9]...)
			if _, err := conn.Write(append(reset, 0, 0, 0, code)); err != nil {
				return
			}
		}
	}
}

// TestHeadersAreCleanedOfSecrets has a Location that http.Client would quote, and a response header that repeats a secret.
func TestHeadersAreCleanedOfSecrets(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 302, 400} {
		cloud := newCloud(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://x/%zz?token="+canaryToken)
			w.Header().Set("X-Echo", "apikey "+canaryToken)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, listedKey)
		})
		_, err := cloud.SSHKeys(1).Get(t.Context(), someID)
		if status != http.StatusOK {
			apiErr, ok := errors.AsType[*gcore.Error](err)
			require.True(t, ok, "%v", err)
			assertNoCanary(t, "error", apiErr.Error())
		}
		response, err := cloud.API().GetSSHKeyWithResponse(t.Context(), 1, someID)
		if status == http.StatusOK {
			require.NoError(t, err)
			assertNoCanary(t, "header", fmt.Sprint(response.HTTPResponse.Header))
		}
	}
}
