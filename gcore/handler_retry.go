package gcore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// retryHandler retries a request if that cannot create a second key or repeat another effect:
//   - any request, if the failure proves that it had no effect (see hadNoEffect);
//   - an idempotent one, also if its response was lost or is 500, 502, 503 or 504.
//
// All attempts of a call share the limit MaxRetries. Errors say how many attempts there were.
func retryHandler(next doer, config Config) doer {
	return func(req *http.Request) (*http.Response, error) {
		if req.URL == nil {
			return nil, errors.New("gcore: the request has no URL")
		}
		ctx := req.Context()
		call := callOf(ctx)
		for {
			call.attempts++
			call.sending.Store(true)
			if config.Logger.Enabled(ctx, slog.LevelDebug) { // otherwise the arguments are not allocated
				config.Logger.DebugContext(ctx, "attempt started", "method", req.Method, "path", req.URL.Path, "attempt", call.attempts)
			}
			resp, err := next(req)
			call.sending.Store(false)
			noEffect := err != nil && hadNoEffect(err)
			if call.mayHaveEffect && isDeleteSSHKey(req) && noEffect && errors.Is(err, ErrNotFound) {
				resp, err = noContent(req), nil // an earlier attempt deleted it
			}
			call.mayHaveEffect = call.mayHaveEffect || !noEffect
			setAttempts(resp, err, call.attempts)
			logAttempt(ctx, config.Logger, req, call, resp, err)
			harmless := noEffect || isIdempotent(req)
			if !isTemporary(err) || !harmless || call.attempts > config.MaxRetries || ctx.Err() != nil || !rewind(req) {
				return resp, err
			}
			delay := config.Backoff(call.attempts-1, retryAfterOf(err))
			if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < delay {
				note(err, fmt.Sprintf("not retried, as a wait of %v would be longer than the deadline", delay.Round(time.Millisecond)))
				return resp, err // which is more useful than that the deadline was exceeded
			}
			config.Logger.DebugContext(ctx, "waiting to retry", "method", req.Method, "path", req.URL.Path, "delay", delay,
				"attempt", call.attempts+1, "of", config.MaxRetries+1)
			if sleep(ctx, delay) != nil {
				ended := callerEnded(ctx, req, call.mayHaveEffect)
				note(ended, "while waiting to retry after: "+err.Error())
				setAttempts(nil, ended, call.attempts)
				return nil, ended
			}
		}
	}
}

// hadNoEffect reports whether the failure of an attempt proves that the request was not carried out: it was not sent, or the
// response is a 429 from anyone, a redirect that keeps the method, or a 4xx in Gcore's error format other than 408.
func hadNoEffect(err error) bool {
	if apiErr, ok := errors.AsType[*Error](err); ok {
		switch apiErr.StatusCode {
		case http.StatusTooManyRequests, http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
			return true
		case http.StatusRequestTimeout:
			return false
		}
		return apiErr.StatusCode/100 == 4 && apiErr.isGcore()
	}
	failed, ok := errors.AsType[*failure](err)
	return ok && !failed.sent
}

// isTemporary reports whether a later attempt may succeed.
func isTemporary(err error) bool {
	if apiErr, ok := errors.AsType[*Error](err); ok {
		switch apiErr.StatusCode {
		case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	failed, ok := errors.AsType[*failure](err)
	return ok && !failed.final
}

// rewind makes the body of a request ready for a retry. It returns false if that is not possible, as for a stream that a caller of
// API() gave as the body.
func rewind(req *http.Request) bool {
	if req.Body == nil || req.Body == http.NoBody {
		return true
	}
	if req.GetBody == nil {
		return false
	}
	body, err := req.GetBody()
	req.Body = body
	return err == nil
}

// note adds to the text of an error.
func note(err error, text string) {
	if failed, ok := errors.AsType[*failure](err); ok {
		failed.text += "; " + text
	}
	if apiErr, ok := errors.AsType[*Error](err); ok {
		apiErr.note = "; " + text
	}
}

// setAttempts stores the number of attempts in the error, and in the response for a *ResponseError that is made later.
func setAttempts(resp *http.Response, err error, n int) {
	if failed, ok := errors.AsType[*failure](err); ok {
		failed.attempts = n
	}
	if apiErr, ok := errors.AsType[*Error](err); ok {
		apiErr.Attempts = n
	}
	if resp != nil {
		contentsOf(resp).attempts = n // for a *ResponseError
	}
}

func noContent(req *http.Request) *http.Response {
	resp := &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}, Request: req}
	new(contents).put(resp, nil)
	return resp
}

const (
	firstDelay = 500 * time.Millisecond // the most before the first retry; it doubles with each
	maxDelay   = 8 * time.Second
	maxAfter   = time.Minute // the longest Retry-After that is used
)

// defaultBackoff is Config.Backoff if the caller sets none: exponential with full jitter, so that many clients which failed at
// the same time do not retry at the same time.
func defaultBackoff(retries int, retryAfter time.Duration) time.Duration {
	ceiling := min(firstDelay<<min(retries, 4), maxDelay) // the inner bound is against overflow
	return max(retryAfter, rand.N(ceiling))               //nolint:gosec // jitter is no secret
}

// retryAfterOf returns the Retry-After of an error response, or 0.
func retryAfterOf(err error) time.Duration {
	if apiErr, ok := errors.AsType[*Error](err); ok {
		return apiErr.RetryAfter
	}
	return 0
}

// retryAfter returns a response's Retry-After, which is in seconds or a date (RFC 9110, 10.2.3), from 0 to maxAfter.
func retryAfter(resp *http.Response) time.Duration {
	value := resp.Header.Get("Retry-After")
	seconds, err := strconv.ParseInt(value, 10, 64) // beyond its range the nearest value is returned with the error
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(max(seconds, 0), int64(maxAfter/time.Second))) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return min(max(time.Until(date), 0), maxAfter)
	}
	return 0
}

// sleep waits, and returns an error if the context ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return ctx.Err()
}

func logAttempt(ctx context.Context, log *slog.Logger, req *http.Request, call *call, resp *http.Response, err error) {
	if !log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []any{"method", req.Method, "path", req.URL.Path, "attempt", call.attempts}
	if resp != nil {
		attrs = append(attrs, "status", resp.StatusCode)
	}
	if failed, ok := errors.AsType[*failure](err); ok {
		attrs = append(attrs, "error", failed.text)
	}
	log.DebugContext(ctx, "attempt finished", attrs...)
}
