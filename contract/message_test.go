package contract_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

// A message is a request or a response as plain data, so that any number of validators can check it.
type message struct {
	name   string // says which it is where a test fails
	method string // of the request
	target string // of the request: its path and query, as on the wire
	status int    // of the response; 0 for a request
	header http.Header
	body   string
	breaks []string // the violations that it must have, as violations writes them; none if it is valid
}

// request returns the message, or for a response the request that it belongs to.
func (m message) request() (*http.Request, error) {
	u, err := url.Parse("http://127.0.0.1" + m.target)
	if err != nil {
		return nil, err
	}
	r := &http.Request{Method: m.method, URL: u, Host: u.Host, Header: http.Header{}}
	if m.status == 0 {
		r.Header = m.header
		r.Body, r.ContentLength = m.reader(), int64(len(m.body))
	}
	return r, nil
}

func (m message) response() *http.Response {
	return &http.Response{StatusCode: m.status, Header: m.header, Body: m.reader(), ContentLength: int64(len(m.body))}
}

func (m message) reader() io.ReadCloser {
	if m.body == "" {
		return http.NoBody
	}
	return io.NopCloser(strings.NewReader(m.body))
}

// check returns what a validator says of the message.
func (m message) check(v *contract.Validator) error {
	r, err := m.request()
	if err != nil {
		return err
	}
	if m.status == 0 {
		return v.CheckRequest(r)
	}
	return v.CheckResponse(r, m.response())
}

// violations writes each violation as "operation part pointer: rule"; an error of another kind is itself.
func violations(err error) []string {
	if err == nil {
		return nil
	}
	var found contract.Violations
	if !errors.As(err, &found) {
		return []string{err.Error()}
	}
	var lines []string
	for _, v := range found {
		where := strings.Join(strings.Fields(v.Operation+" "+v.Part+" "+v.Pointer), " ")
		lines = append(lines, where+": "+v.Rule)
	}
	return lines
}
