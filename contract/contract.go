// Package contract checks HTTP traffic against openapi.yaml, the contract of the Gcore SSH keys API,
// or against another OpenAPI 3.0 document: the requests that a client sends, and the responses that it gets.
//
//	validator, err := contract.New()
//	client := &http.Client{Transport: validator.Transport(nil, func(err error) { t.Error(err) })}
//
// kin-openapi checks the schemas of the document. This package also checks what kin-openapi does not:
// formats unknown to it, integers beyond their format, undocumented statuses, methods and query
// parameters, repeated parameters and JSON names, bodies where there should be none, and malformed
// credentials. An operation that is added to openapi.yaml needs no code here.
//
// The errors are [Violations]. They contain nothing that was sent: a response can contain a private
// key, and a request an API token.
//
// Requests are matched by method and path only, whatever their scheme and host, so that a test server
// on loopback is checked like the real one.
package contract

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract/internal/spec"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/limit"
)

// A Validator checks requests and responses against an OpenAPI document. It is safe for concurrent use.
// [New] and [NewFrom] return one. Keep it: they read the document, which takes longer than a check.
type Validator struct {
	routes []*route
}

// New returns a validator for the openapi.yaml that this module was built with. It fails if the
// document is not valid OpenAPI 3.0, or says something that this package would not check, such as a
// format that it does not know.
func New() (*Validator, error) {
	document, err := spec.GetSpecJSON()
	if err != nil {
		return nil, fmt.Errorf("contract: the openapi.yaml in this program: %w", err)
	}
	return newValidator(document, true)
}

// NewFrom returns a validator for another API: for an OpenAPI 3.0 document in YAML or JSON. It fails if the document is
// not valid or refers to another one, which is never read; and if it says something that this package would not check,
// such as a format that it does not know, bodies other than JSON, or credentials other than an API key in a header.
//
// Requests may have the path of one of the document's server URLs, with the default values of its variables, before the path of
// the operation. As with [New], their scheme and host are ignored. An API key must be in its header once and not be empty; only
// [New] requires that an Authorization header is the word apikey and a token.
//
// A document has at most 8 MiB, a million values with YAML aliases expanded, 20 million with each reference followed, and
// 5,000 names in one object. A schema may refer to itself only through properties or items. Such a document is read
// within seconds and in less than 700 MiB of memory. Checking a body takes at most seconds (see [Violations]). Patterns, and
// objects with thousands of names, can take longer: use documents that you trust.
func NewFrom(document []byte) (*Validator, error) {
	if err := bounded(document); err != nil {
		return nil, fmt.Errorf("contract: reading the OpenAPI document: %w", err)
	}
	return newValidator(document, false)
}

// newValidator makes a validator for a document, which is Gcore's or not.
func newValidator(document []byte, gcores bool) (*Validator, error) {
	routes, err := compile(document, gcores)
	if err != nil {
		return nil, err
	}
	return &Validator{routes: routes}, nil
}

// Operations returns the operationIds of the document, sorted.
func (v *Validator) Operations() []string {
	var ids []string
	for _, r := range v.routes {
		for _, op := range r.operations {
			ids = append(ids, op.id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids) // an operation has a route for each base path
}

// CheckRequest returns the [Violations] of r, or nil if r keeps the contract. r may be one that is
// about to be sent or one that a server received.
//
// It reads at most 8 MiB of r.Body, and replaces it by a body with the same bytes and, if reading
// failed, the same error. The rest of r is not changed.
func (v *Validator) CheckRequest(r *http.Request) error {
	_, err := v.checkRequest(r)
	return err
}

// CheckResponse returns the [Violations] of resp, the response to r, or nil if resp keeps the
// contract. r itself is not checked: it says which operation resp belongs to. Of a response to HEAD only the status and the
// header are checked; a response with status 204 or 304 must have no body, whatever the document says.
//
// It reads at most 8 MiB of resp.Body, and replaces it by a body with the same bytes and, if reading
// failed, the same error, so that a private key which has arrived is not lost. The body of an
// undocumented status, or of a response to HEAD, is not read. The rest of resp is not changed.
func (v *Validator) CheckResponse(r *http.Request, resp *http.Response) error {
	op, _, unknown := v.operation(r)
	if unknown != nil {
		return Violations{unknown}
	}
	return op.checkResponse(r.Method, resp)
}

// checkRequest also returns the operation that r asks for; nil if there is none.
func (v *Validator) checkRequest(r *http.Request) (*operation, error) {
	op, segments, unknown := v.operation(r)
	if unknown != nil {
		return nil, Violations{unknown}
	}
	c := &check{operation: op.id, options: requestOptions, composed: op.composed}
	c.security(op.security, r.Header)
	c.path(op, segments)
	c.query(op, r.URL.RawQuery)
	c.headers(op.headers, r.Header)
	var sent []byte
	var readable bool
	sent, r.Body, readable = c.read(r.Body)
	switch {
	case !readable:
	case op.body == nil:
		c.noBody(sent, "the document has no request body for this operation")
	case len(sent) > 0:
		c.content(op.body.Content, r.Header, sent)
	case op.body.Required:
		c.add(partBody, "", "required", missing)
	}
	return op, c.result()
}

// checkResponse is CheckResponse for the operation that was asked for by a method.
func (op *operation) checkResponse(method string, resp *http.Response) error {
	c := &check{operation: op.id, options: responseOptions, composed: op.composed}
	documented := op.response(resp.StatusCode)
	if documented == nil {
		c.add(partStatus, "", "status", undocumented(resp.StatusCode))
		return c.result()
	}
	c.headers(documented.headers, resp.Header)
	if method == http.MethodHead {
		return c.result() // it has the header of a body, and no body
	}
	var got []byte
	var readable bool
	got, resp.Body, readable = c.read(resp.Body)
	switch {
	case !readable:
	case len(documented.content) == 0:
		c.noBody(got, "the document has no content for this status")
	case resp.StatusCode == http.StatusNoContent, resp.StatusCode == http.StatusNotModified:
		c.noBody(got, "HTTP has no body for this status")
	default:
		c.content(documented.content, resp.Header, got)
	}
	return c.result()
}

// read returns what body holds, and the body to put in its place. It returns false, and notes why,
// if the body could not be read to its end.
func (c *check) read(body io.ReadCloser) ([]byte, io.ReadCloser, bool) {
	data, replay, err := peek(body)
	switch {
	case errors.Is(err, errTooLong):
		c.add(partBody, "", "maxBody", fmt.Sprintf("is longer than %d MiB", limit.Body>>20))
	case err != nil:
		c.unread = err
		c.add(partBody, "", "read", "could not be read to its end")
	}
	return data, replay, err == nil
}
