package gcore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/optest"
)

// waits notes how long each retry would have waited.
type waits struct {
	mu    sync.Mutex
	noted []time.Duration
}

// backoff is the default of Config.Backoff, but nothing waits.
func (w *waits) backoff(retries int, retryAfter time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.noted = append(w.noted, gcore.DefaultBackoff(retries, retryAfter))
	return 0
}

// waitingCloud returns a client of a server that is only the handler, and what its retries would wait.
func waitingCloud(t *testing.T, handler http.HandlerFunc, change ...func(*gcore.Config)) (*gcore.Cloud, *waits) {
	t.Helper()
	w := &waits{}
	return newCloud(t, handler, append(change, func(c *gcore.Config) { c.Backoff = w.backoff })...), w
}

// TestWhatIsRetried counts the requests of each operation to a server that always responds with one status.
func TestWhatIsRetried(t *testing.T) {
	t.Parallel()
	const always, ifIdempotent, never = 0, 1, 2
	again := map[int]int{
		429: always, 500: ifIdempotent, 502: ifIdempotent, 503: ifIdempotent, 504: ifIdempotent,
		400: never, 401: never, 403: never, 404: never, 405: never, 408: never, 409: never, 418: never, 501: never, 505: never, 302: never,
	}
	for status, when := range again {
		for operation, call := range operations() {
			var requests atomic.Int64
			method := optest.Get(strings.TrimPrefix(operation, "API ")).Method
			cloud, noted := waitingCloud(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == method { // a look for the outcome of a create is another
					requests.Add(1)
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(status)
				_, _ = fmt.Fprint(w, `{"exception_class": "E", "message": "m"}`)
			})
			_ = call(t.Context(), cloud)
			want := int64(1)
			if when == always || when == ifIdempotent && method != http.MethodPost {
				want = 4
				require.GreaterOrEqual(t, len(noted.noted), 3)
				for i, limit := range []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second} {
					assert.LessOrEqual(t, noted.noted[i], limit, "full jitter below an exponential limit")
					assert.Positive(t, noted.noted[i])
				}
			}
			assert.Equal(t, want, requests.Load(), "%s after %d", operation, status)
		}
	}
}

func TestMaxRetries(t *testing.T) {
	t.Parallel()
	for retries, want := range map[int]int64{-1: 1, 0: 4, 1: 2, 5: 6} {
		var requests atomic.Int64
		cloud := newCloud(t, func(w http.ResponseWriter, _ *http.Request) {
			requests.Add(1)
			w.WriteHeader(http.StatusServiceUnavailable)
		}, func(c *gcore.Config) { c.MaxRetries = retries })
		_, err := cloud.SSHKeys(1).Get(t.Context(), someID)
		require.Error(t, err)
		assert.Equal(t, want, requests.Load(), "MaxRetries %d", retries)
	}
}

// TestBackoffOfAnyLength has the longest and the shortest times, with as many retries as an int can count.
func TestBackoffOfAnyLength(t *testing.T) {
	t.Parallel()
	for delay, want := range map[time.Duration]int{math.MinInt64: 50, -1: 50, 0: 50, time.Second: 50, math.MaxInt64: 1} {
		synctest.Test(t, func(t *testing.T) {
			requests := 0
			transport := wrapper(func(req *http.Request) (*http.Response, error) {
				if requests++; requests == 50 {
					return jsonResponse(req, http.StatusNotFound, ""), nil
				}
				return jsonResponse(req, http.StatusServiceUnavailable, ""), nil
			})
			cloud, err := gcore.NewCloud(gcore.Config{
				APIKey: canaryToken, MaxRetries: math.MaxInt, HTTPClient: &http.Client{Transport: transport, Timeout: time.Hour},
				Backoff: func(int, time.Duration) time.Duration { return delay },
			})
			require.NoError(t, err)
			_, err = cloud.SSHKeys(1).Get(t.Context(), someID)
			require.Error(t, err)
			assert.Equal(t, want, requests, "requests with a delay of %d", delay)
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	soon := time.Now().Add(30 * time.Second).UTC().Format(http.TimeFormat)
	tests := map[string]struct{ least, most time.Duration }{
		"20":                            {20 * time.Second, 20 * time.Second},
		"3600":                          {time.Minute, time.Minute},
		"999999999999":                  {time.Minute, time.Minute},
		soon:                            {20 * time.Second, 30 * time.Second},
		"Fri, 31 Dec 2999 23:59:59 GMT": {time.Minute, time.Minute},
		"Fri, 31 Dec 1999 23:59:59 GMT": {0, 500 * time.Millisecond},
		"-5":                            {0, 500 * time.Millisecond},
		"9223372036854775807":           {time.Minute, time.Minute},
		"99999999999999999999":          {time.Minute, time.Minute},
		"Fri, 31 Dec 9999 23:59:59 GMT": {time.Minute, time.Minute},
		"Mon, 01 Jan 0001 00:00:00 GMT": {0, 500 * time.Millisecond},
		"+20":                           {20 * time.Second, 20 * time.Second},
		"1e3":                           {0, 500 * time.Millisecond},
		"0x20":                          {0, 500 * time.Millisecond},
		"20, 30":                        {0, 500 * time.Millisecond},
		"-9223372037":                   {0, 500 * time.Millisecond},
		"-99999999999999999999":         {0, 500 * time.Millisecond},
		"soon":                          {0, 500 * time.Millisecond},
		"":                              {0, 500 * time.Millisecond},
	}
	for value, test := range tests {
		cloud, noted := waitingCloud(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", value)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		_, err := cloud.SSHKeys(1).Get(t.Context(), someID)
		require.ErrorIs(t, err, gcore.ErrRateLimited)
		apiErr, ok := errors.AsType[*gcore.Error](err)
		require.True(t, ok)
		require.NotEmpty(t, noted.noted)
		assert.GreaterOrEqual(t, noted.noted[0], test.least, value)
		assert.LessOrEqual(t, noted.noted[0], test.most, value)
		assert.LessOrEqual(t, apiErr.RetryAfter, time.Minute)
	}
}

func TestTheContextIsObeyedWhileWaiting(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cloud := newCloud(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusTooManyRequests)
	}, func(c *gcore.Config) {
		c.Backoff = nil // which does wait
		c.Logger = slog.New(slog.NewTextHandler(cancelOnWait(cancel), &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	_, err := cloud.SSHKeys(1).Create(ctx, gcore.CreateSSHKeyRequest{Name: "cancelled"})
	require.ErrorIs(t, err, context.Canceled)
	_, unknown := errors.AsType[*gcore.UnknownOutcomeError](err)
	assert.False(t, unknown, "after a 429 nothing was made")

	soon, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err = cloud.SSHKeys(1).Get(soon, someID)
	require.ErrorIs(t, err, gcore.ErrRateLimited, "a wait beyond the deadline is not begun, and the response says more")
}

// cancelOnWait is what a log is written to, and is called when a wait begins.
type cancelOnWait func()

func (c cancelOnWait) Write(record []byte) (int, error) {
	if bytes.Contains(record, []byte("waiting to retry")) {
		c()
	}
	return len(record), nil
}

func TestACancelledContextSendsNothing(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for operation, call := range operations() {
		err := call(ctx, server.Cloud())
		require.ErrorIs(t, err, context.Canceled, operation)
		_, unknown := errors.AsType[*gcore.UnknownOutcomeError](err)
		assert.False(t, unknown, operation)
	}
	assert.Empty(t, server.Calls())
}

func TestARetriedDelete(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]gcoretest.Fault{
		"lost after it was done":  {Break: gcoretest.DropBeforeHeaders},
		"502 after it was done":   {Status: 502},
		"lost before it was done": {Commit: gcoretest.CommitNever, Break: gcoretest.DropBeforeHeaders},
	} {
		server := gcoretest.NewServer(t)
		key := server.Add(1, gcore.CreateSSHKeyRequest{Name: "delete me"})
		server.Inject("deleteSSHKey", first)
		require.NoError(t, server.Cloud().SSHKeys(1).Delete(t.Context(), key.ID), name)
		assert.Empty(t, server.Keys(1), name)
		assert.Len(t, server.Calls(), 2, name)
	}

	server := gcoretest.NewServer(t)
	server.Inject("deleteSSHKey", gcoretest.Fault{Commit: gcoretest.CommitNever, Status: 429})
	require.ErrorIs(t, server.Cloud().SSHKeys(1).Delete(t.Context(), someID), gcore.ErrNotFound, "a 429 deletes nothing")
	server.Inject("deleteSSHKey", gcoretest.Fault{Commit: gcoretest.CommitNever, Status: 503}, gcoretest.ProxyPage(404))
	require.ErrorIs(t, server.Cloud().SSHKeys(1).Delete(t.Context(), someID), gcore.ErrNotFound, "a proxy's 404 is no proof")
}

func TestTheTimeoutOfAnHTTPClientIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		cloud := cloudThrough(t, anyURL, wrapper(func(req *http.Request) (*http.Response, error) {
			requests++
			<-req.Context().Done()
			return nil, req.Context().Err()
		}), func(c *gcore.Config) { c.HTTPClient.Timeout = 90 * time.Second })
		begun := time.Now()
		_, err := cloud.SSHKeys(1).Get(t.Context(), someID)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "http.Client.Timeout")
		assert.Equal(t, 90*time.Second, time.Since(begun))
		assert.Equal(t, 2, requests, "the first attempt ends after a minute")
	})
}
