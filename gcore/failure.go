package gcore

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

// A failure is an attempt without a usable response. Its text is this package's own: errors of net/http quote what they could
// not parse, such as a private key or the status line of a proxy. errors.Is recognises the original error.
type failure struct {
	request  string // its method and path
	text     string
	is       func(target error) bool
	sent     bool // the request may have reached a server
	final    bool // another attempt would fail, too
	attempts int
}

func (f *failure) Error() string { return f.request + ": " + f.text + afterAttempts(f.attempts) }

func (f *failure) Is(target error) bool { return f.is(target) }

func afterAttempts(n int) string {
	if n < 2 {
		return ""
	}
	return fmt.Sprintf(" (after %d attempts)", n)
}

// callerEnded is the failure of a call whose context has ended.
func callerEnded(ctx context.Context, req *http.Request, sent bool) *failure {
	cause := context.Cause(ctx)
	return &failure{
		request: describe(req),
		text:    ctx.Err().Error(),
		is:      func(target error) bool { return errors.Is(ctx.Err(), target) || errors.Is(cause, target) },
		sent:    sent,
		final:   true,
	}
}

func describe(req *http.Request) string { return req.Method + " " + req.URL.Path }

// limitError is the end of a time limit of this package.
type limitError struct {
	text  string
	limit time.Duration
}

func (e *limitError) Error() string { return fmt.Sprintf("%s within %v", e.text, e.limit) }
func (e *limitError) Unwrap() error { return os.ErrDeadlineExceeded }

// failed says why an attempt has no response.
func (a *attempt) failed(ctx context.Context, err error) *failure {
	f := a.newFailure(ctx, err)
	switch {
	case f.text != "":
	case !f.sent:
		f.text = withReason("could not connect", err, "check the base URL, the proxy settings and the network")
		f.final = isUntrusted(err)
	case a.responding.Load():
		f.text = withReason("the response is not valid HTTP", err, "")
	default:
		f.text = withReason("no response arrived", err, "")
	}
	return f
}

// brokeOff says why a response ended after n bytes of its body.
func (a *attempt) brokeOff(ctx context.Context, n int, err error) *failure {
	f := a.newFailure(ctx, err)
	switch {
	case errors.Is(err, errBodyTooLarge):
		f.text, f.final = err.Error(), true
	case f.text != "":
		f.text = fmt.Sprintf("the response broke off after %d bytes: %s", n, f.text)
	case errors.Is(err, errCompression):
		f.text = err.Error()
	default:
		f.text = withReason(fmt.Sprintf("the response broke off after %d bytes", n), err, "")
	}
	return f
}

// newFailure returns a failure without its text, unless a context ended: that is why the attempt failed then, whatever err is.
func (a *attempt) newFailure(ctx context.Context, err error) *failure {
	limit, isLimit := errors.AsType[*limitError](context.Cause(ctx))
	switch {
	case isLimit:
		return &failure{request: describe(a.req), text: limit.Error(), is: func(target error) bool { return errors.Is(limit, target) }, sent: a.maybeSent()}
	case ctx.Err() != nil && a.caller.Err() != nil:
		return callerEnded(a.caller, a.req, a.maybeSent())
	}
	return &failure{request: describe(a.req), is: func(target error) bool { return errors.Is(err, target) }, sent: a.maybeSent()}
}

func withReason(text string, err error, otherwise string) string {
	reason := reasonOf(err)
	if reason == "" {
		reason = otherwise
	}
	if reason == "" {
		return text
	}
	return text + ": " + reason
}

// reasonOf says what an error of the transport is, by its type and in words that are not its own; "" if it is unknown.
func reasonOf(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "proxyconnect" {
		return strings.TrimSuffix("the proxy cannot be reached, "+reasonOf(op.Err), ", ")
	}
	if refused, ok := errors.AsType[proxyError](err); ok {
		return refused.Error()
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "the host name cannot be resolved"
	}
	if isUntrusted(err) {
		return untrustedReason(err)
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno.Error() // a fixed text of the operating system
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return "timed out"
	}
	_, notTLS := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	switch {
	case notTLS, alert:
		return "the TLS handshake failed"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, syscall.EPIPE):
		return "the connection was closed"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "the server does not speak TLS"
	}
	return ""
}

func isUntrusted(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}

func untrustedReason(err error) string {
	const text = "the server's certificate is not trusted"
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return text + ": it has expired or is not valid yet"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return text + ": it is for another host name"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return text + ": its authority is unknown here"
	}
	return text
}
