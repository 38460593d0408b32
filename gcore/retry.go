package gcore

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	firstDelay = 500 * time.Millisecond // the most before the second attempt; it doubles with each
	maxDelay   = 8 * time.Second
	maxAfter   = time.Minute // the most that a server's Retry-After is followed
)

// retryPolicy says how often to send again and how to wait before it.
type retryPolicy struct {
	max  int
	wait func(ctx context.Context, d time.Duration) error
}

// newRetryPolicy lets the base transport do the waiting if it has a WaitBeforeRetry method, as gcoretest's has, so
// that tests need not wait.
func newRetryPolicy(config Config) retryPolicy {
	policy := retryPolicy{max: max(config.MaxRetries, 0), wait: sleep}
	if waiter, ok := baseTransport(config.HTTPClient).(interface {
		WaitBeforeRetry(ctx context.Context, d time.Duration) error
	}); ok {
		policy.wait = waiter.WaitBeforeRetry
	}
	return policy
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// backoff is how long to wait after the given attempt, counted from 0: exponential with full jitter, so that many
// clients that failed together do not come back together.
func backoff(attempt int) time.Duration {
	ceiling := maxDelay
	if attempt < 5 {
		ceiling = min(firstDelay<<attempt, maxDelay)
	}
	return rand.N(ceiling) + 1 //nolint:gosec // jitter is no secret
}

// resend is the link that sends a request again where that cannot do harm:
//   - any request, if it was not carried out: no connection was made, or the answer is 429;
//   - an idempotent one, also if its answer was lost or is 500, 502, 503 or 504. A 404 to a DELETE sent again is
//     turned into 204: an earlier attempt did it.
//
// Everything else goes back as it came.
func resend(next http.RoundTripper, policy retryPolicy, log *slog.Logger) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		ctx := req.Context()
		if ctx.Err() != nil {
			return nil, &unsentError{context.Cause(ctx)}
		}
		mayBeDone := false // an earlier attempt may have been carried out
		for attempt := 0; ; attempt++ {
			sent, replayable := replay(req, attempt)
			rsp, err := next.RoundTrip(sent)
			undone := notCarriedOut(rsp, err)
			again := replayable && attempt < policy.max && ctx.Err() == nil && isPassing(rsp, err) &&
				(undone || isIdempotent(req))
			if mayBeDone && req.Method == http.MethodDelete && isGcoreNotFound(rsp) {
				rsp = asNoContent(rsp)
			}
			logAttempt(ctx, log, req, attempt, rsp, err)
			if !again {
				return rsp, markUnsent(err, undone && !mayBeDone)
			}
			mayBeDone = mayBeDone || !undone
			delay := max(retryAfter(rsp), backoff(attempt))
			if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < delay {
				return rsp, markUnsent(err, !mayBeDone) // which says more than that the deadline passed while waiting
			}
			log.DebugContext(ctx, "waiting to send again", "method", req.Method, "path", req.URL.Path, "delay", delay)
			if waitErr := policy.wait(ctx, delay); waitErr != nil {
				return nil, markUnsent(waitErr, !mayBeDone)
			}
		}
	})
}

// replay returns the request for an attempt, with its body from the start, and whether there can be another attempt
// after it.
func replay(req *http.Request, attempt int) (sent *http.Request, replayable bool) {
	if req.Body == nil || req.Body == http.NoBody {
		return req, true
	}
	if req.GetBody == nil {
		return req, false
	}
	if attempt == 0 {
		return req, true
	}
	again := req.Clone(req.Context())
	fresh, err := req.GetBody()
	if err != nil { // it never fails for the bodies that NewRequest makes replayable
		return req, false
	}
	again.Body = fresh
	return again, true
}

// unsentError says of the error in it that the request was not carried out.
type unsentError struct{ error }

func (e *unsentError) Unwrap() error { return e.error }

func markUnsent(err error, unsent bool) error {
	if err == nil || !unsent {
		return err
	}
	return &unsentError{err}
}

// neverSent reports whether err is proof that no connection was made to a server that the request could be given to,
// so that nothing can have been carried out.
func neverSent(err error) bool {
	if _, ok := errors.AsType[*unsentError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true // the handshake comes before the request
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && (op.Op == "dial" || op.Op == "proxyconnect")
}

// notCarriedOut reports whether the outcome of an attempt proves that the request had no effect.
func notCarriedOut(rsp *http.Response, err error) bool {
	if err != nil {
		return neverSent(err)
	}
	return rsp.StatusCode == http.StatusTooManyRequests
}

// isPassing reports whether the outcome of an attempt is a failure that may be over the next time.
func isPassing(rsp *http.Response, err error) bool {
	if err != nil {
		_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
		return !untrusted
	}
	switch rsp.StatusCode {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	lost := broken(rsp)
	return lost != nil && !errors.Is(lost, errBodyTooLarge)
}

// retryAfter returns the answer's Retry-After, which is in seconds or a date (RFC 9110, 10.2.3), at most maxAfter;
// 0 if there is none.
func retryAfter(rsp *http.Response) time.Duration {
	if rsp == nil {
		return 0
	}
	value := rsp.Header.Get("Retry-After")
	var after time.Duration
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		after = time.Duration(min(seconds, int64(maxAfter/time.Second))) * time.Second
	} else if date, err := http.ParseTime(value); err == nil {
		after = time.Until(date)
	}
	return min(max(after, 0), maxAfter)
}

func isGcoreNotFound(rsp *http.Response) bool {
	return rsp != nil && rsp.StatusCode == http.StatusNotFound && newError(rsp).isGcore()
}

func asNoContent(rsp *http.Response) *http.Response {
	done := *rsp
	done.StatusCode, done.Status = http.StatusNoContent, "204 No Content"
	done.Header = http.Header{}
	done.ContentLength = 0
	done.Body = newBody(nil, nil)
	return &done
}

func logAttempt(ctx context.Context, log *slog.Logger, req *http.Request, attempt int, rsp *http.Response, err error) {
	if !log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []any{"method", req.Method, "path", req.URL.Path, "attempt", attempt + 1}
	if rsp != nil {
		attrs = append(attrs, "status", rsp.StatusCode)
		err = broken(rsp)
	}
	if err != nil {
		attrs = append(attrs, "error", err.Error())
	}
	log.DebugContext(ctx, "sent", attrs...)
}
