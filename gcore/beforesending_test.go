package gcore_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// Secrets that must not be shown: the password of a proxy's URL, its header, and what a proxy writes into a status line.
const (
	proxyPassword = "hunter2canary"
	proxyText     = canaryToken + " proxycanary"
)

var proxyHeader = base64.StdEncoding.EncodeToString([]byte("user:" + proxyPassword))

// unsentCase makes a transport fail before anything is sent. plain and secure are the URLs of two working servers.
type unsentCase struct {
	callsNoHook bool // the failing step calls no hook of httptrace
	is          error
	final       bool // a retry would fail as well
	baseURL     func(t *testing.T, transport *http.Transport, plain, secure string, cancel func()) string
}

var errOfDial = errors.New("dialing as " + proxyPassword)

var unsentCases = map[string]unsentCase{
	"proxy function": {callsNoHook: true, baseURL: func(_ *testing.T, transport *http.Transport, plain, _ string, _ func()) string {
		transport.Proxy = func(*http.Request) (*url.URL, error) {
			return url.Parse(strings.Join([]string{"http://user", proxyPassword + "@127.0.0.1", "x"}, ":")) // no port is called x
		}
		return plain
	}},
	"refused": {is: syscall.ECONNREFUSED, baseURL: func(*testing.T, *http.Transport, string, string, func()) string { return "http://" + closedPort }},
	"DialContext": {is: errOfDial, baseURL: func(_ *testing.T, transport *http.Transport, plain, _ string, _ func()) string {
		transport.DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, errOfDial }
		return plain
	}},
	"cancelled dial": {is: context.Canceled, baseURL: func(t *testing.T, transport *http.Transport, plain, _ string, cancel func()) string {
		ended := make(chan struct{})
		t.Cleanup(func() { close(ended) })
		transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			cancel()
			<-ended
			return nil, net.ErrClosed
		}
		return plain
	}},
	"unknown certificate": {final: true, baseURL: func(_ *testing.T, _ *http.Transport, _, secure string, _ func()) string { return secure }},
	"no TLS": {final: true, baseURL: func(_ *testing.T, _ *http.Transport, plain, _ string, _ func()) string {
		return "https" + plain[len("http"):]
	}},
	"closed in handshake": {baseURL: func(t *testing.T, _ *http.Transport, _, _ string, _ func()) string {
		return "https://" + replying(t, "")
	}},
	"proxy refused":            {baseURL: throughProxy("http", func(*testing.T) string { return closedPort })},
	"proxy garbage":            {baseURL: throughProxy("http", func(t *testing.T) string { return replying(t, proxyText+proxyHeader+"\r\n\r\n") })},
	"proxy 407":                {baseURL: throughProxy("http", rejecting(407))},
	"proxy 502":                {baseURL: throughProxy("http", rejecting(502))},
	"proxy 407, as by default": {final: true, baseURL: checkingProxy(rejecting(407))},
	"proxy 502, as by default": {baseURL: checkingProxy(rejecting(502))},
	"SOCKS proxy":              {baseURL: throughProxy("socks5", func(t *testing.T) string { return replying(t, "") })},
}

func throughProxy(scheme string, address func(*testing.T) string) func(*testing.T, *http.Transport, string, string, func()) string {
	return func(t *testing.T, transport *http.Transport, _, secure string, _ func()) string {
		transport.Proxy = http.ProxyURL(&url.URL{Scheme: scheme, User: url.UserPassword("user", proxyPassword), Host: address(t)})
		return secure
	}
}

// checkingProxy looks at the response of a proxy as the default transport does.
func checkingProxy(address func(*testing.T) string) func(*testing.T, *http.Transport, string, string, func()) string {
	return func(t *testing.T, transport *http.Transport, plain, secure string, cancel func()) string {
		transport.OnProxyConnectResponse = gcore.CheckProxy
		return throughProxy("http", address)(t, transport, plain, secure, cancel)
	}
}

func rejecting(status int) func(*testing.T) (address string) {
	return func(t *testing.T) string {
		return replying(t, fmt.Sprintf("HTTP/1.1 %d %s%s\r\n\r\n", status, proxyText, proxyHeader))
	}
}

// replying starts a server that responds to each connection's first request with the text. If that is "", it closes the connection
// after the first bytes.
func replying(t *testing.T, text string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var accepting sync.WaitGroup
	t.Cleanup(func() {
		_ = listener.Close()
		accepting.Wait()
	})
	accepting.Go(func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			if text == "" {
				_, _ = conn.Read(make([]byte, 1<<10))
			} else if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = io.WriteString(conn, text)
			}
			_ = conn.Close()
		}
	})
	return listener.Addr().String()
}

// eachUnsentCase runs each case with an *http.Transport, and with a RoundTripper around it that only passes requests on.
func eachUnsentCase(t *testing.T, try func(t *testing.T, ctx context.Context, test unsentCase, wrapped bool, cloud *gcore.Cloud, records *bytes.Buffer)) {
	t.Helper()
	for name, test := range unsentCases {
		for _, wrapped := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", wrapped ", wrapped), func(t *testing.T) {
				t.Parallel()
				var arrived atomic.Int64
				handler := func(http.ResponseWriter, *http.Request) { arrived.Add(1) }
				secure := httptest.NewUnstartedServer(http.HandlerFunc(handler))
				secure.Config.ErrorLog = log.New(io.Discard, "", 0)
				secure.StartTLS()
				t.Cleanup(secure.Close)
				ctx, cancel := context.WithCancel(t.Context())
				t.Cleanup(cancel)

				transport := newTransport(t)
				baseURL := test.baseURL(t, transport, newHTTPServer(t, handler).URL, secure.URL, cancel)
				sender := http.RoundTripper(transport)
				if wrapped {
					sender = wrapper(transport.RoundTrip)
				}
				records := &bytes.Buffer{}
				try(t, ctx, test, wrapped, cloudThrough(t, baseURL, sender, logTo(records)), records)
				assert.Zero(t, arrived.Load(), "requests")
			})
		}
	}
}

// logTo has the client log all it can.
func logTo(w io.Writer) func(*gcore.Config) {
	return func(c *gcore.Config) {
		c.Logger = slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
}

func TestFailingBeforeSendingIsDefinite(t *testing.T) {
	t.Parallel()
	eachUnsentCase(t, func(t *testing.T, ctx context.Context, test unsentCase, wrapped bool, cloud *gcore.Cloud, _ *bytes.Buffer) {
		_, err := cloud.SSHKeys(1).Create(ctx, gcore.CreateSSHKeyRequest{Name: "generated"})
		require.Error(t, err)
		_, unknown := errors.AsType[*gcore.UnknownOutcomeError](err)
		assert.Equal(t, test.callsNoHook && wrapped, unknown, "unknown outcome: %T", err)
		if test.is != nil {
			assert.ErrorIs(t, err, test.is)
		}
		_, err = cloud.SSHKeys(1).Get(ctx, someID)
		require.Error(t, err)
		assert.Equal(t, (!test.final || wrapped) && ctx.Err() == nil, strings.Contains(err.Error(), "attempts"), "retried: %v", err)
	})
}

func TestACertificateErrorSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	trusting := secure.Client().Transport.(*http.Transport).TLSClientConfig
	for want, change := range map[string]func(*tls.Config){
		"its authority is unknown here":      func(c *tls.Config) { c.RootCAs = x509.NewCertPool() },
		"it is for another host name":        func(c *tls.Config) { c.ServerName = "gcore.invalid" },
		"it has expired or is not valid yet": func(c *tls.Config) { c.Time = func() time.Time { return time.Unix(1<<32, 0) } },
	} {
		transport := newTransport(t)
		transport.TLSClientConfig = trusting.Clone()
		change(transport.TLSClientConfig)
		_, err := cloudThrough(t, secure.URL, transport).SSHKeys(1).Get(t.Context(), someID)
		require.ErrorContains(t, err, "the server's certificate is not trusted: "+want)
	}
}

func TestFailingBeforeSendingShowsNoSecret(t *testing.T) {
	t.Parallel()
	eachUnsentCase(t, func(t *testing.T, ctx context.Context, _ unsentCase, _ bool, cloud *gcore.Cloud, records *bytes.Buffer) {
		for operation, call := range operations() {
			err := call(ctx, cloud)
			require.Error(t, err, operation)
			assertNoProxySecret(t, operation, errorTexts(err))
		}
		assertNoProxySecret(t, "log", records.String())
	})
}

// errorTexts returns the text of an error and of all that it wraps, in every form that fmt has.
func errorTexts(err error) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v\n%+v\n%#v\n", err, err, err)
	switch e := err.(type) { //nolint:errorlint // each step is looked at
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			b.WriteString(errorTexts(inner))
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			b.WriteString(errorTexts(inner))
		}
	}
	return b.String()
}

func assertNoProxySecret(t *testing.T, where, text string) {
	t.Helper()
	for i, secret := range []string{proxyPassword, proxyHeader, "proxycanary", "canarytoken", "4815162342"} {
		shown := strings.Contains(text, secret)
		assert.False(t, shown, "%s shows secret %d", where, i)
	}
}
