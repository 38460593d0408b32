package gcore

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// transports send the requests.
type transports struct {
	keep  http.RoundTripper // keeps connections
	close http.RoundTripper // closes each connection after one request

	// traced says that keep and close report to httptrace when they ask for a connection, so that a request which did not
	// get one is known not to have been sent.
	traced bool
}

// newTransports returns the transports for a caller's transport, or the default ones if it is nil. If possible, close differs
// from keep, for two reasons: on a kept connection that the server has closed, the outcome of a create would be unknown; and
// net/http writes what arrives on an idle connection, such as the end of a private key, to the standard log.
func newTransports(base http.RoundTripper) transports {
	defaults := transports{keep: defaultTransport, close: defaultSingleUseTransport, traced: true}
	switch base := base.(type) {
	case nil:
		return defaults
	case *http.Transport:
		if base == nil {
			return defaults
		}
		return transports{keep: base, close: singleUseClone(base), traced: true}
	default:
		return transports{keep: base, close: base}
	}
}

// handler returns the innermost handler. It calls RoundTrip and not http.Client, which quotes a Location that it cannot parse,
// and drops a response that comes with an error.
func (t transports) handler() doer {
	return func(req *http.Request) (*http.Response, error) {
		if !req.Close {
			return t.keep.RoundTrip(req)
		}
		return t.close.RoundTrip(req)
	}
}

type singleUseKey struct{}

// withSingleUse says whether the requests with this context use a connection for one request only.
func withSingleUse(ctx context.Context, closing bool) context.Context {
	return context.WithValue(ctx, singleUseKey{}, closing)
}

// usesSingleUse reports whether a request uses a connection that is closed after it. A create does, since its response may
// contain a private key, unless withSingleUse says otherwise.
func usesSingleUse(req *http.Request) bool {
	if closing, ok := req.Context().Value(singleUseKey{}).(bool); ok {
		return closing
	}
	return isCreateSSHKey(req)
}

// defaultTransport is used by every Cloud whose Config has no transport, so that they share connections. It uses HTTP/1.1, for
// which net/http has few rules to retry a request by itself; attemptHandler turns them off for a POST.
var defaultTransport = &http.Transport{
	Proxy:                  http.ProxyFromEnvironment,
	OnProxyConnectResponse: checkProxy,
	DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
	TLSHandshakeTimeout:    10 * time.Second,
	Protocols:              http1(),
	MaxIdleConnsPerHost:    16,
	// Shorter than the time for which servers and gateways usually keep a connection: a create on a connection that the
	// other side has just closed has an unknown outcome.
	IdleConnTimeout:        15 * time.Second,
	MaxResponseHeaderBytes: 256 << 10,
}

var defaultSingleUseTransport = singleUseClone(defaultTransport)

// singleUseClone returns a copy of a transport that closes each connection after one request, and speaks HTTP/1.1.
func singleUseClone(base *http.Transport) *http.Transport {
	clone := base.Clone()
	clone.DisableKeepAlives = true
	clone.ForceAttemptHTTP2 = false
	clone.Protocols = http1()
	clone.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	if clone.TLSClientConfig != nil {
		clone.TLSClientConfig.NextProtos = []string{"http/1.1"}
	}
	return clone
}

func http1() *http.Protocols {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return protocols
}

// proxyError is the status with which a proxy rejected a connection. net/http would put the text of the status line, which can
// contain anything, into its error.
type proxyError int

func (e proxyError) Error() string {
	return fmt.Sprintf("the proxy responded with status %d instead of connecting", int(e))
}

func checkProxy(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return proxyError(resp.StatusCode)
}
