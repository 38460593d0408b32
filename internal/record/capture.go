package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// maxBody is how much of a body is kept, in bytes: as much as the client reads.
const maxBody = 8 << 20

// An exchange is a request and its response as they were on the wire, secrets included, or what redaction made of them.
type exchange struct {
	method  string
	url     *url.URL
	sent    message
	status  int
	got     message
	started time.Time
}

type message struct {
	header http.Header
	body   []byte
}

// request and response return the exchange as net/http has it, for the validator.
func (e *exchange) request() *http.Request {
	return &http.Request{Method: e.method, URL: e.url, Header: e.sent.header, Body: io.NopCloser(bytes.NewReader(e.sent.body))}
}

func (e *exchange) response() *http.Response {
	return &http.Response{StatusCode: e.status, Header: e.got.header, Body: io.NopCloser(bytes.NewReader(e.got.body))}
}

// A capture is a transport that keeps the last exchange in memory only, so that no error or log of a client contains it.
type capture struct {
	base http.RoundTripper
	now  func() time.Time
	seen func(e *exchange, gotResponse bool) // is called after each attempt

	mu   sync.Mutex
	last *exchange
}

func (c *capture) RoundTrip(req *http.Request) (*http.Response, error) {
	e := &exchange{method: req.Method, url: req.URL, sent: message{header: req.Header}, started: c.now()}
	sent := req.Clone(req.Context())
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		_ = req.Body.Close() // only what was read matters
		if err != nil {
			return nil, err
		}
		e.sent.body = body
		sent.Body = io.NopCloser(bytes.NewReader(body))
	}
	resp, err := c.base.RoundTrip(sent)
	if err != nil {
		c.seen(e, false)
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	rest := resp.Body
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), failing{err}, rest), rest}
	e.status, e.got = resp.StatusCode, message{resp.Header, body}
	c.seen(e, true)
	if err == nil { // an exchange that broke off is no recording
		c.mu.Lock()
		c.last = e
		c.mu.Unlock()
	}
	return resp, nil
}

// take returns the last exchange since it was last called; nil if there was none.
func (c *capture) take() *exchange {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.last
	c.last = nil
	return e
}

// failing gives the error that reading ended with to the next reader, and nothing if it is nil.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}

// client returns a client whose requests pass through the capture.
func (c *capture) client() *http.Client { return &http.Client{Transport: c} }

var errNoResponse = errors.New("no response was recorded")
