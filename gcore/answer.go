package gcore

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"sync/atomic"
	"time"
)

// maxBody is the largest answer that is read, in bytes after decompression. The largest that the contract allows,
// a page of 1,000 keys with RSA keys of 16,384 bits, is a third of it.
const maxBody = 8 << 20

var errBodyTooLarge = fmt.Errorf("the answer is larger than %d MiB", maxBody>>20)

// body is an answer's body after readWhole: what arrived, and then the error that ended it, if it was not the end.
type body struct {
	*bytes.Reader
	err error
}

func newBody(data []byte, err error) *body { return &body{bytes.NewReader(data), err} }

func (b *body) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF && b.err != nil {
		err = b.err
	}
	return n, err
}

// WriteTo would pass over the error.
func (b *body) WriteTo(w io.Writer) (int64, error) {
	n, err := b.Reader.WriteTo(w)
	return n, errors.Join(err, b.err)
}

func (b *body) Close() error { return nil }

// broken returns what ended the answer's body before its end, or nil.
func broken(rsp *http.Response) error {
	if b, ok := rsp.Body.(*body); ok {
		return b.err
	}
	return nil
}

// readWhole is the link that reads every answer to its end, within a size and a time, so that the links above it
// and the generated parsers see a whole answer and cannot hang or run out of memory on it. A caller who cancels is
// obeyed at once, but for one case: a create whose answer has begun may be bringing the only copy of a private key,
// so it gets the grace period to arrive.
func readWhole(next http.RoundTripper, limits limits) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		caller := req.Context()
		ctx, cancel := context.WithCancelCause(context.WithoutCancel(caller))
		defer cancel(nil)

		answering := new(atomic.Bool)
		create := isCreateSSHKey(req)
		stop := context.AfterFunc(caller, func() {
			if create && answering.Load() {
				time.AfterFunc(limits.grace, func() { cancel(context.Cause(caller)) })
				return
			}
			cancel(context.Cause(caller))
		})
		defer stop()
		asked, connected := new(atomic.Bool), new(atomic.Bool) // for a connection
		if create {
			ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
				GetConn:              func(string) { asked.Store(true) },
				GotConn:              func(httptrace.GotConnInfo) { connected.Store(true) },
				GotFirstResponseByte: func() { answering.Store(true) },
			})
		}

		timer := time.AfterFunc(limits.headers, func() { cancel(timeoutError("the headers of the answer", limits.headers)) })
		defer timer.Stop()
		rsp, err := next.RoundTrip(req.WithContext(ctx))
		switch {
		case err != nil:
			return nil, markUnsent(becauseOf(ctx, err), asked.Load() && !connected.Load())
		case rsp == nil || rsp.Body == nil:
			return nil, errors.New("the transport returned no answer and no error")
		}
		answering.Store(true)
		timer.Stop()
		timer = time.AfterFunc(limits.body, func() { cancel(timeoutError("the body of the answer", limits.body)) })
		defer timer.Stop()

		data, err := io.ReadAll(io.LimitReader(rsp.Body, maxBody+1))
		if len(data) > maxBody {
			data, err = data[:maxBody], errBodyTooLarge
		}
		if err != nil && !errors.Is(err, errBodyTooLarge) {
			err = fmt.Errorf("the answer broke off after %d bytes: %w", len(data), becauseOf(ctx, err))
		}
		_ = rsp.Body.Close()                              // what was read is what counts
		if rsp.Header.Get("Content-Encoding") == "gzip" { // though nobody asked for it
			data, err = unpack(data, err)
		}
		rsp.Body = newBody(data, err)
		return rsp, nil
	})
}

// unpack returns what a gzip stream holds, as far as it goes and within maxBody; what is no such stream stays as it is.
func unpack(data []byte, broken error) ([]byte, error) {
	stream, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return data, broken
	}
	plain, err := io.ReadAll(io.LimitReader(stream, maxBody+1))
	if len(plain) > maxBody {
		return plain[:maxBody], errBodyTooLarge
	}
	if err != nil {
		err = errors.New("the compressed answer breaks off")
	}
	return plain, errors.Join(broken, err)
}

func timeoutError(what string, after time.Duration) error {
	return fmt.Errorf("waited %v for %s: %w", after, what, os.ErrDeadlineExceeded)
}

// becauseOf returns the reason for which ctx was cancelled in place of an error that only says that it was. Proof
// that nothing was sent is kept.
func becauseOf(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if cause == nil {
		return err
	}
	if neverSent(err) {
		return &unsentError{cause}
	}
	return cause
}

// withTimeout is the link that applies the Timeout of the caller's http.Client to a call with all its retries.
func withTimeout(next http.RoundTripper, timeout time.Duration) http.RoundTripper {
	if timeout <= 0 {
		return next
	}
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		ctx, cancel := context.WithTimeout(req.Context(), timeout)
		defer cancel()
		return next.RoundTrip(req.WithContext(ctx))
	})
}
