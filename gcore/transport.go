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

	// traced says that every request of keep and close asks for a connection through httptrace, so that one which did
	// not get any was not sent.
	traced bool
}

// newTransports returns the transports for a caller's transport, or the package's own if it is nil. close differs from keep
// where that is possible: an idle connection that the server closes meanwhile would make the outcome of a create unknown,
// and net/http writes what arrives on an idle connection, such as the end of a private key, to the standard log.
func newTransports(base http.RoundTripper) transports {
	own := transports{keep: defaultTransport, close: defaultSingleUseTransport, traced: true}
	switch base := base.(type) {
	case nil:
		return own
	case *http.Transport:
		if base == nil {
			return own
		}
		return transports{keep: base, close: singleUseClone(base), traced: true}
	default:
		return transports{keep: base, close: base}
	}
}

// handler is the last of the chain. It calls RoundTrip and not http.Client, which parses and quotes Location before it
// returns, and drops a response that comes with an error.
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

// usesSingleUse reports whether a request uses a connection that is closed after it. A create does, since its response may hold a
// private key, unless withSingleUse says otherwise.
func usesSingleUse(req *http.Request) bool {
	if closing, ok := req.Context().Value(singleUseKey{}).(bool); ok {
		return closing
	}
	return isCreateSSHKey(req)
}

// defaultTransport serves every Cloud that brings no transport, so that they share connections. It speaks HTTP/1.1, where the
// rules by which net/http sends a request again are few, and attemptHandler turns them off for a POST.
var defaultTransport = &http.Transport{
	Proxy:                  http.ProxyFromEnvironment,
	OnProxyConnectResponse: checkProxy,
	DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
	TLSHandshakeTimeout:    10 * time.Second,
	Protocols:              http1(),
	MaxIdleConnsPerHost:    16,
	// Shorter than what servers and gateways usually keep a connection for: a create on a connection that the other side
	// has just closed has an unknown outcome.
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

// proxyError is the status with which a proxy did not let a connection through. net/http would put the text of its status line
// into the error.
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
