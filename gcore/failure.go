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
	"syscall"
	"time"
)

// A failure is an attempt without a usable response. Its text is written by this package, as errors of net/http quote what they
// could not parse, such as a private key or the status line of a proxy. errors.Is recognises the original error.
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
	text := ctx.Err().Error()
	if limit, ok := errors.AsType[*limitError](cause); ok {
		text = limit.Error()
	}
	if !sent {
		text += ", and nothing was sent"
	}
	return &failure{
		request: req.Method + " " + req.URL.Path,
		text:    text,
		is:      func(target error) bool { return errors.Is(ctx.Err(), target) || errors.Is(cause, target) },
		sent:    sent,
		final:   true,
	}
}

// limitError means that a time limit of this package has passed.
type limitError struct {
	text  string
	limit time.Duration
}

func (e *limitError) Error() string { return fmt.Sprintf("%s within %v", e.text, e.limit) }
func (e *limitError) Unwrap() error { return os.ErrDeadlineExceeded }

// failed returns the failure of an attempt. phase says what failed, and the type of err can add the reason. If the context of the
// attempt has ended, that is the reason, whatever err is.
func (a *attempt) failed(ctx context.Context, phase string, err error) *failure {
	if ctx.Err() != nil && a.caller.Err() != nil {
		return callerEnded(a.caller, a.req, a.maybeSent())
	}
	limit, isLimit := errors.AsType[*limitError](context.Cause(ctx))
	reason := reasonOf(err)
	switch {
	case isLimit:
		phase, reason, err = limit.Error(), "", limit
	case errors.Is(err, errBodyTooLarge), errors.Is(err, errCompression):
		phase, reason = err.Error(), ""
	}
	if reason != "" {
		phase += ": " + reason
	}
	return &failure{
		request: a.req.Method + " " + a.req.URL.Path,
		text:    phase,
		is:      func(target error) bool { return errors.Is(err, target) },
		sent:    a.maybeSent(),
		final:   errors.Is(err, errBodyTooLarge) || isConfiguration(err) && !a.maybeSent(),
	}
}

// reasonOf describes an error of a transport by its type, without quoting its text; "" if the type is unknown.
func reasonOf(err error) string {
	proxy, isProxy := errors.AsType[proxyError](err)
	op, isOp := errors.AsType[*net.OpError](err)
	_, isDNS := errors.AsType[*net.DNSError](err)
	errno, isErrno := errors.AsType[syscall.Errno](err)
	record, isRecord := errors.AsType[tls.RecordHeaderError](err)
	_, isAlert := errors.AsType[tls.AlertError](err)
	network, isNetwork := errors.AsType[net.Error](err)
	switch {
	case isProxy:
		return proxy.Error()
	case isOp && op.Op == "proxyconnect":
		return "the proxy cannot be reached"
	case isDNS:
		return "the host name cannot be resolved"
	case isUntrusted(err):
		return "the server's certificate is not trusted" + untrustedReason(err)
	case isErrno:
		return errno.Error() // a fixed text of the operating system
	case isNetwork && network.Timeout():
		return "timed out"
	case isHTTP(record):
		return "the server speaks plain HTTP, not TLS"
	case isRecord, isAlert:
		return "the TLS handshake failed"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return "the connection was closed"
	}
	return ""
}

func isUntrusted(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}

// isConfiguration reports whether a connection failed in a way that another attempt cannot change.
func isConfiguration(err error) bool {
	proxy, _ := errors.AsType[proxyError](err)
	record, _ := errors.AsType[tls.RecordHeaderError](err)
	return isUntrusted(err) || proxy == http.StatusProxyAuthRequired || isHTTP(record)
}

// isHTTP reports whether a server responded with HTTP where TLS was expected. http.Client looks for this; a transport does not.
func isHTTP(record tls.RecordHeaderError) bool { return string(record.RecordHeader[:]) == "HTTP/" }

func untrustedReason(err error) string {
	invalid, _ := errors.AsType[x509.CertificateInvalidError](err)
	_, isHost := errors.AsType[x509.HostnameError](err)
	_, isAuthority := errors.AsType[x509.UnknownAuthorityError](err)
	switch {
	case isHost:
		return ": it is for another host name"
	case isAuthority:
		return ": its authority is unknown here"
	case invalid.Reason == x509.Expired:
		return ": it has expired or is not valid yet"
	}
	return ""
}
