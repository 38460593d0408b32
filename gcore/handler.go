package gcore

import (
	"context"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// newHandler builds the chain of handlers between the generated client and the transport. The handler that is added last is the
// outermost: it sees a request first and its response last.
//
// In this order a request passes: timeout, retry, error, attempt, auth, transport. Cloud.API has the apiHandler around all of them.
//
// A handler can return a response together with an error: an *Error with the error response that it describes, and a
// *failure with a response whose body broke off. Response bodies are in memory (see contents).
func newHandler(config Config, base *url.URL, secrets scrubber) doer {
	transports := newTransports(config.HTTPClient.Transport)

	chain := transports.handler()
	chain = authHandler(chain, base, config.APIKey, config.UserAgent)
	chain = attemptHandler(chain, transports.traced, config.limits)
	chain = errorHandler(chain, base, secrets)
	chain = retryHandler(chain, config)
	chain = timeoutHandler(chain, config.HTTPClient.Timeout)
	return chain
}

// doer is a function that implements HttpRequestDoer. Handlers are closures, so that a printer which uses reflection on a client
// does not find the API key.
type doer func(*http.Request) (*http.Response, error)

func (f doer) Do(req *http.Request) (*http.Response, error) { return f(req) }

// timeoutHandler applies the Timeout of the caller's http.Client to a request with all its retries.
func timeoutHandler(next doer, timeout time.Duration) doer {
	if timeout <= 0 {
		return next
	}
	return func(req *http.Request) (*http.Response, error) {
		ctx, cancel := context.WithTimeoutCause(req.Context(), timeout, &limitError{"http.Client.Timeout: the request did not end", timeout})
		defer cancel()
		return next(req.WithContext(ctx))
	}
}

// A call counts the attempts of one call of a method. It is a context: a create, which can send several requests, passes the same
// call to retryHandler with each. For any other request retryHandler makes a new one.
type call struct {
	context.Context

	attempts      int         // requests sent so far
	mayHaveEffect bool        // one of them may have been carried out
	sending       atomic.Bool // hides the call from a transport that uses this context for a request of its own
}

type callKey struct{}

// Value returns the call itself for callKey, and the value of its context for other keys.
func (c *call) Value(key any) any {
	if key == (callKey{}) && !c.sending.Load() {
		return c
	}
	return c.Context.Value(key)
}

func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{Context: ctx}
}
