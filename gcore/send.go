package gcore

import (
	"net"
	"net/http"
	"time"
)

// sendOnce is the link that keeps net/http from sending a POST again by itself. It does so after an HTTP/2 reset if
// it can read the body anew, and on a connection that was cut if the request has an Idempotency-Key; either would
// make a second key. So a POST arrives here with neither. The header counts in both spellings that net/http knows.
//
// The connection is closed after it, since net/http writes what comes on an idle one to the standard log: the end of a
// private key, if the answer announced too short a length. And it is asked for uncompressed, so that an answer that only
// says that it is compressed is not lost in decompressing it.
func sendOnce(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		if req.Method != http.MethodPost {
			return next.RoundTrip(req)
		}
		once := req.Clone(req.Context())
		once.GetBody = nil
		once.Close = true
		once.Header.Set("Accept-Encoding", "identity")
		once.Header.Del("Idempotency-Key")
		once.Header.Del("X-Idempotency-Key")
		return next.RoundTrip(once)
	})
}

// baseTransport is what requests leave the process through: the caller's transport, or the package's own.
func baseTransport(client *http.Client) http.RoundTripper {
	if client.Transport != nil {
		return client.Transport
	}
	return sharedTransport
}

// sharedTransport serves every Cloud that brings no transport, so that they share connections. It speaks HTTP/1.1,
// where net/http's rules for sending again are few and closed off by sendOnce.
var sharedTransport = newSharedTransport()

func newSharedTransport() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: 10 * time.Second,
		Protocols:           protocols,
		MaxIdleConnsPerHost: 16,
		// Shorter than what servers and gateways usually keep a connection for: a create on a connection that
		// the other side has just closed ends with an unknown outcome.
		IdleConnTimeout:        15 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}
}
