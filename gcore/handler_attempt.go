package gcore

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

// attemptHandler sends a request once and reads the whole response. It bounds the time and the size, and it decides whether
// a request that failed may have been sent: see attempt.maybeSent.
func attemptHandler(next doer, traced bool, limits limits) doer {
	return func(req *http.Request) (*http.Response, error) {
		caller := req.Context()
		if caller.Err() != nil {
			if req.Body != nil {
				_ = req.Body.Close() // as a transport does
			}
			return nil, callerEnded(caller, req, false)
		}
		a := &attempt{req: req, caller: caller, traced: traced, limits: limits, create: isCreateSSHKey(req)}
		ctx := a.start()
		defer a.end()
		resp, err := next(a.prepare(ctx))
		return a.finish(ctx, resp, err)
	}
}

// An attempt is the state of one attempt to send a request. One struct holds all of it, which saves allocations.
type attempt struct {
	req    *http.Request
	caller context.Context
	traced bool // see transports
	limits limits
	create bool // the response may hold a private key

	cancel   context.CancelCauseFunc
	stop     func() bool // stops waiting for the end of caller
	timer    *time.Timer
	url      url.URL // of the request that is sent
	trace    httptrace.ClientTrace
	body     watchedBody // of the request
	identity [1]string   // the Accept-Encoding of a create
	result   contents    // the body of the response

	asked      atomic.Bool // httptrace: the transport asked for a connection
	connected  atomic.Bool // httptrace: it got one
	responding atomic.Bool // a byte of the response has arrived
	headersIn  atomic.Bool // all of its headers have arrived
}

// maybeSent reports whether the request may have reached a server, although it failed. It was not sent if the transport asked for
// a connection and did not get one, or if a transport that always asks did not ask, for example because the choice of a proxy
// failed. It may have been sent if there is any sign of sending. The type of the error is not used, as a RoundTripper can return
// any error.
func (a *attempt) maybeSent() bool {
	if a.connected.Load() || a.body.read.Load() || a.responding.Load() {
		return true
	}
	// A RoundTripper that does not use httptrace, or a protocol added with RegisterProtocol, reads the body if there is one.
	if a.body.ReadCloser == nil {
		return !a.traced || !a.asked.Load()
	}
	return !a.traced && !a.asked.Load()
}

// start returns the context of the attempt. It ends with the caller's context, and at the time limits. A create whose response
// has begun may be receiving the only copy of a private key: it continues for the grace period when the caller's context ends.
func (a *attempt) start() (ctx context.Context) {
	wake := a.onLimitOrCancel
	if a.create {
		ctx, a.cancel = context.WithCancelCause(context.WithoutCancel(a.caller))
		a.stop = context.AfterFunc(a.caller, wake)
	} else {
		ctx, a.cancel = context.WithCancelCause(a.caller)
	}
	a.timer = time.AfterFunc(a.limits.headers, wake)
	a.trace = httptrace.ClientTrace{
		GetConn:              func(string) { a.asked.Store(true) },
		GotConn:              func(httptrace.GotConnInfo) { a.connected.Store(true) },
		GotFirstResponseByte: func() { a.responding.Store(true) },
	}
	return httptrace.WithClientTrace(ctx, &a.trace)
}

// onLimitOrCancel is called when the caller's context ends, and at the time limits.
func (a *attempt) onLimitOrCancel() {
	switch cause := context.Cause(a.caller); {
	case cause != nil && a.create && a.responding.Load():
		cancel := a.cancel // and nothing else of a, whose memory would be held by the timer
		time.AfterFunc(a.limits.grace, func() { cancel(cause) })
	case cause != nil:
		a.cancel(cause)
	case a.headersIn.Load():
		a.cancel(&limitError{"the body of the response did not arrive", a.limits.body})
	default:
		a.cancel(&limitError{"no response arrived", a.limits.headers})
	}
}

// end releases what the attempt holds.
func (a *attempt) end() {
	a.timer.Stop()
	if a.stop != nil {
		a.stop()
	}
	a.cancel(nil)
}

// prepare returns the request as it is sent this time: a copy, which the handlers below and the transport may change.
//
// net/http itself retries a request that is not idempotent if it has GetBody and an HTTP/2 stream was reset, or if it has an
// Idempotency-Key. Either could create a second key, so both are removed. A create asks for an uncompressed response, so
// that one which is wrongly marked as compressed is not lost.
func (a *attempt) prepare(ctx context.Context) *http.Request {
	req := a.req
	sent := req.WithContext(ctx)
	a.url = *req.URL
	sent.URL = &a.url
	if sent.Header = maps.Clone(req.Header); sent.Header == nil {
		sent.Header = http.Header{}
	}
	sent.Close = sent.Close || usesSingleUse(req)
	if !isIdempotent(req) {
		sent.GetBody = nil
		delete(sent.Header, "Idempotency-Key")
		delete(sent.Header, "X-Idempotency-Key")
	}
	if a.create {
		a.identity[0] = "identity"
		sent.Header["Accept-Encoding"] = a.identity[:]
	}
	if req.Body != nil && req.Body != http.NoBody {
		a.body.ReadCloser = req.Body
		sent.Body = &a.body
	}
	return sent
}

// watchedBody records whether it was read.
type watchedBody struct {
	io.ReadCloser
	read atomic.Bool
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.read.Store(true)
	return b.ReadCloser.Read(p)
}

// finish reads the response and returns a *failure if the attempt failed. A 2xx response that the transport returned together with
// an error is read as well, as it may contain a private key.
func (a *attempt) finish(ctx context.Context, resp *http.Response, err error) (*http.Response, error) {
	if resp == nil || err != nil && !isSuccess(resp) {
		if resp != nil && resp.Body != nil {
			_ = resp.Body.Close() // the error says more
		}
		switch {
		case !a.maybeSent():
			return nil, a.failed(ctx, "could not connect to "+a.req.URL.Host+", so nothing was sent", err)
		case a.responding.Load():
			return nil, a.failed(ctx, "the response is not valid HTTP", err)
		}
		return nil, a.failed(ctx, "no response arrived", err)
	}
	a.responding.Store(true)
	a.headersIn.Store(true)
	a.timer.Reset(a.limits.body)
	data, readErr := readBody(resp)
	plain, unpackErr := decompress(data, bodyLimit(resp))
	a.result.put(resp, plain)
	resp.Request = a.req // not the one that was sent: its headers contain the API key, and would be printed with the response
	resp.Trailer = nil
	if err = cmp.Or(err, readErr, unpackErr); err != nil {
		return resp, a.failed(ctx, fmt.Sprintf("the response broke off after %d bytes", len(data)), err)
	}
	return resp, nil
}

func isSuccess(resp *http.Response) bool { return resp.StatusCode/100 == 2 }
