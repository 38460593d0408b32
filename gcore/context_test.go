package gcore_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// ownContext is a context of the caller's own type, which ends with an error of its own.
type ownContext struct {
	context.Context

	done chan struct{}
	mu   sync.Mutex
	err  error
}

func (c *ownContext) Done() <-chan struct{} { return c.done }

func (c *ownContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// end ends the context, unless it has ended.
func (c *ownContext) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
		close(c.done)
	}
}

// TestContextsOfOtherTypesAreObeyed ends such a context while a request is sent.
func TestContextsOfOtherTypesAreObeyed(t *testing.T) {
	t.Parallel()
	own := errors.New("an end of its own")
	for operation, call := range operations() {
		synctest.Test(t, func(t *testing.T) {
			ctx := &ownContext{Context: t.Context(), done: make(chan struct{})}
			transport := wrapper(func(req *http.Request) (*http.Response, error) {
				ctx.end(own)
				<-req.Context().Done()
				return nil, req.Context().Err()
			})
			cloud := cloudThrough(t, anyURL, transport, func(c *gcore.Config) { c.MaxRetries = -1 })
			assert.ErrorIs(t, call(ctx, cloud), own, operation)
		})
	}
}

// TestTheCauseOfACancellationIsNotShown cancels with a cause that holds a secret. errors.Is finds it, no text quotes it.
func TestTheCauseOfACancellationIsNotShown(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause " + canaryToken)
	for operation, call := range operations() {
		ctx, cancel := context.WithCancelCause(t.Context())
		log := &textBuffer{}
		err := call(ctx, cloudThrough(t, anyURL, wrapper(func(req *http.Request) (*http.Response, error) {
			if ctx.Err() == nil { // else it is a look for the outcome
				cancel(cause)
				<-req.Context().Done()
			}
			return nil, cause
		}), logTo(log)))
		cancel(nil)
		require.ErrorIs(t, err, cause, operation)
		require.ErrorIs(t, err, context.Canceled, operation)
		assertNoCanary(t, operation, textsOf(err))
		assertNoCanary(t, operation+", log", log.take())
	}
}

// TestACancellationDuringAnErrorResponse cancels when a 404 has arrived whole, which is the result then, and when only its start has.
func TestACancellationDuringAnErrorResponse(t *testing.T) {
	t.Parallel()
	const body = `{"exception_class": "NotFound", "message": "m"}`
	for arrives, want := range map[int]error{len(body): gcore.ErrNotFound, len(body) / 2: context.Canceled} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := keysOver(t, wrapper(func(req *http.Request) (*http.Response, error) {
			cancel()
			resp := jsonResponse(req, http.StatusNotFound, body)
			if arrives < len(body) {
				resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(body[:arrives]), iotest.ErrReader(context.Canceled)))
			}
			return resp, nil
		})).Get(ctx, someID)
		require.ErrorIs(t, err, want, "%d bytes", arrives)
		require.NotErrorIs(t, err, map[bool]error{true: context.Canceled, false: gcore.ErrNotFound}[arrives == len(body)])
	}
}
