package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// A recorder makes calls and keeps what they look like on the wire, redacted.
type recorder struct {
	source    string // what comments begin with: sandbox or live
	prefix    string // of the files' names, so that recordings of two sources do not replace each other
	project   int64
	cloud     *gcore.Cloud
	wrongKey  *gcore.Cloud // the same with a token that is wrong
	capture   *capture
	redactor  *redactor
	validator *contract.Validator

	created  []string          // the ids of the keys that were made
	files    map[string][]byte // the recordings by their paths in the folder
	breaches error             // of the contract, by what was recorded
}

// wrongToken has the form of a token, and is none.
const wrongToken = "1234$0000000000000000000000000000000000000000"

// newRecorder returns a recorder for the server of a configuration. The keys that it creates have names that begin with tag.
func newRecorder(source string, config gcore.Config, tag string, now func() time.Time) (*recorder, error) {
	validator, err := contract.New()
	if err != nil {
		return nil, err
	}
	capture := &capture{base: config.HTTPClient.Transport, now: now}
	config.HTTPClient = &http.Client{Transport: capture}
	config.UserAgent = "gcore-sshkeys-go" // without a version, which would change with each commit
	cloud, err := gcore.NewCloud(config)
	if err != nil {
		return nil, err
	}
	apiKey := config.APIKey
	config.APIKey = wrongToken
	wrongKey, err := gcore.NewCloud(config)
	return &recorder{
		source: source, project: cloud.ProjectID(), cloud: cloud, wrongKey: wrongKey, capture: capture, validator: validator,
		redactor: newRedactor(apiKey, cloud.ProjectID(), tag), files: map[string][]byte{},
	}, err
}

// A step is a call of one operation, through the generated client, which, unlike gcore.SSHKeys, also sends invalid requests.
type step struct {
	operation, what string // the path of the recording: what is special about it
	do              func(ctx context.Context, api *gcore.ClientWithResponses) error
	detail          string // what the comment adds to the source
	wrongToken      bool
}

// callTimeout bounds one call with all its retries.
const callTimeout = 2 * time.Minute

// record takes a step, and keeps and returns its exchange: the last one, if the client retried. It fails if the call fails. A
// call that was begun is not interrupted, as it may be creating a key.
func (r *recorder) record(ctx context.Context, s step) (*exchange, error) {
	if ctx.Err() != nil {
		return nil, errors.New("interrupted")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	cloud := r.cloud
	if s.wrongToken {
		cloud = r.wrongKey
	}
	r.capture.last = nil
	err := s.do(ctx, cloud.API())
	if err = errors.Join(err, r.keep(s)); err != nil {
		return nil, fmt.Errorf("%s (%s): %w", s.operation, s.what, err)
	}
	return r.capture.last, nil
}

// keep redacts the captured exchange and adds it to the recordings.
func (r *recorder) keep(s step) error {
	raw := r.capture.last
	if raw == nil {
		return errors.New("no response was recorded")
	}
	comment := r.source
	if s.detail != "" {
		comment += ": " + s.detail
	}
	path := raw.path(s.operation, r.prefix+s.what)
	if _, twice := r.files[path]; twice {
		return fmt.Errorf("%s is recorded twice: give one of the two another name", path)
	}
	redacted := r.redactor.exchange(raw, path)
	breaches := r.check(raw)
	for _, breach := range breaches {
		r.breaches = errors.Join(r.breaches, fmt.Errorf("%s: %s", path, breach))
	}
	if !slices.Equal(breaches, r.check(redacted)) {
		r.breaches = errors.Join(r.breaches, fmt.Errorf("%s: redaction changed what the contract says of it", path))
	}
	file := redacted.har(comment)
	if r.redactor.leaks(file) {
		return fmt.Errorf("%s would hold a secret after redaction, and was not kept", path)
	}
	r.files[path] = file
	return nil
}

// check returns what the contract says of an exchange, in words that hold nothing of it.
func (r *recorder) check(e *exchange) (found []string) {
	request := &http.Request{Method: e.method, URL: e.url, Header: e.sent.header, Body: io.NopCloser(bytes.NewReader(e.sent.body))}
	response := &http.Response{StatusCode: e.status, Header: e.got.header, Body: io.NopCloser(bytes.NewReader(e.got.body))}
	for _, err := range []error{r.validator.CheckRequest(request), r.validator.CheckResponse(request, response)} {
		if err != nil {
			found = append(found, err.Error())
		}
	}
	return found
}

// A capture is a transport that keeps the last exchange in memory only, so that no error or log of a client contains it. One
// that broke off is no exchange.
type capture struct {
	base http.RoundTripper
	now  func() time.Time
	last *exchange
}

func (c *capture) RoundTrip(req *http.Request) (*http.Response, error) {
	c.last = nil
	e := &exchange{method: req.Method, url: req.URL, sent: message{header: req.Header}, started: c.now()}
	sent := req.Clone(req.Context())
	if req.Body != nil {
		var err error
		if e.sent.body, err = readAll(req.Body); err != nil {
			return nil, err
		}
		sent.Body = io.NopCloser(bytes.NewReader(e.sent.body))
	}
	resp, err := c.base.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	if e.got.body, err = readAll(resp.Body); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(e.got.body))
	e.status, e.got.header = resp.StatusCode, resp.Header
	c.last = e
	return resp, nil
}

func readAll(body io.ReadCloser) ([]byte, error) {
	defer body.Close()
	return io.ReadAll(body)
}
