package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// callTimeout bounds one call with all its retries.
const callTimeout = 2 * time.Minute

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

	made     []recording
	breaches []string // of the contract, by what was recorded
}

// wrongToken has the form of a token, and is none.
const wrongToken = "1234$0000000000000000000000000000000000000000"

func newRecorder(source string, a account, tag string, now func() time.Time, retries int) (*recorder, error) {
	validator, err := contract.New()
	if err != nil {
		return nil, err
	}
	r := &recorder{
		source:    source,
		project:   a.project,
		capture:   &capture{base: a.transport, now: now, seen: func(*exchange, bool) {}},
		redactor:  newRedactor(a.apiKey, a.project, tag),
		validator: validator,
	}
	// The User-Agent would have a version that changes with each commit.
	config := gcore.Config{BaseURL: a.baseURL, HTTPClient: r.capture.client(), MaxRetries: retries, UserAgent: "gcore-sshkeys-go", Backoff: a.backoff}
	config.APIKey = a.apiKey
	if r.cloud, err = gcore.NewCloud(config); err != nil {
		return nil, err
	}
	config.APIKey = wrongToken
	r.wrongKey, err = gcore.NewCloud(config)
	return r, err
}

// A call is one operation through the generated client, which, unlike gcore.SSHKeys, also sends invalid requests.
type call func(ctx context.Context, api *gcore.ClientWithResponses) (*http.Response, error)

// record makes a call and keeps its exchange: the last one, if the client retried. It fails if the call fails. A call that
// was begun is not interrupted, as it may be creating a key.
func (r *recorder) record(ctx context.Context, operation, what, detail string, do call) (*http.Response, error) {
	return r.recordAs(ctx, r.cloud, operation, what, detail, do)
}

func (r *recorder) recordAs(ctx context.Context, as *gcore.Cloud, operation, what, detail string, do call) (*http.Response, error) {
	if err := ctx.Err(); err != nil {
		return nil, errors.New("interrupted")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	resp, err := do(ctx, as.API())
	if keepErr := r.keep(operation, what, detail); keepErr != nil {
		err = errors.Join(err, keepErr)
	}
	if err != nil {
		return nil, fmt.Errorf("%s (%s): %w", operation, what, err)
	}
	return resp, nil
}

// keep redacts the captured exchange and adds it to the recordings.
func (r *recorder) keep(operation, what, detail string) error {
	raw := r.capture.take()
	if raw == nil {
		return errNoResponse
	}
	comment := r.source
	if detail != "" {
		comment += ": " + detail
	}
	kept := recording{operation: operation, what: r.prefix + what, comment: comment}
	kept.exchange = raw // for the path, which has the status
	path := kept.path()
	if slices.ContainsFunc(r.made, func(other recording) bool { return other.path() == path }) {
		return fmt.Errorf("%s is recorded twice: give one of the two another name", path)
	}
	kept.exchange = r.redactor.exchange(raw, path)

	breaches := r.check(raw)
	for _, breach := range breaches {
		r.breaches = append(r.breaches, path+": "+breach)
	}
	if !slices.Equal(breaches, r.check(kept.exchange)) {
		r.breaches = append(r.breaches, path+": redaction changed what the contract says of it")
	}
	file, err := kept.har()
	if err != nil {
		return err
	}
	if r.redactor.leaks(file) {
		return fmt.Errorf("%s would hold a secret after redaction, and was not kept", path)
	}
	r.made = append(r.made, kept)
	return nil
}

// check returns what the contract says of an exchange, in words that hold nothing of it.
func (r *recorder) check(e *exchange) []string {
	var found []string
	for _, err := range []error{r.validator.CheckRequest(e.request()), r.validator.CheckResponse(e.request(), e.response())} {
		if err != nil {
			found = append(found, err.Error())
		}
	}
	return found
}

// checked fails if anything that was recorded breaks the contract.
func (r *recorder) checked() error {
	var err error
	for _, breach := range r.breaches {
		err = errors.Join(err, errors.New(breach))
	}
	return err
}
