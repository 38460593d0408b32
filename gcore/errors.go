package gcore

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The kinds of error that callers test for with errors.Is.
var (
	// ErrInvalid is a 400, or a request that this package refused before sending it.
	ErrInvalid = errors.New("the request is not valid")
	// ErrUnauthorized is a 401: the API key is missing, cut off, wrong or expired.
	ErrUnauthorized = errors.New("the API key is not accepted")
	// ErrForbidden is a 403: the API key may not do this in this project.
	ErrForbidden = errors.New("the API key may not do this")
	// ErrNotFound is a 404: there is no such key or project.
	ErrNotFound = errors.New("there is no such key or project")
	// ErrConflict is a 409: the key exists already.
	ErrConflict = errors.New("the key exists already")
	// ErrRateLimited is a 429 that was still there after all retries.
	ErrRateLimited = errors.New("too many requests")
)

var kinds = map[int]error{
	http.StatusBadRequest:      ErrInvalid,
	http.StatusUnauthorized:    ErrUnauthorized,
	http.StatusForbidden:       ErrForbidden,
	http.StatusNotFound:        ErrNotFound,
	http.StatusConflict:        ErrConflict,
	http.StatusTooManyRequests: ErrRateLimited,
}

// Error is an answer that is not a success. ExceptionClass, Message, RequestID and InvalidFields are those of the
// contract's ErrorResponse, cleaned of secrets. They are empty where the answer was not Gcore's JSON, but for
// Message, which then says what came instead.
type Error struct {
	StatusCode     int
	Method, Path   string // of the request
	ExceptionClass string
	Message        string
	RequestID      string // for Gcore's support
	InvalidFields  map[string][]string
	RetryAfter     time.Duration // how long the server asks to wait, one minute at most; 0 if it does not say
}

// Error says in one line which request failed, and why.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %d %s", e.Method, e.Path, e.StatusCode, http.StatusText(e.StatusCode))
	if e.ExceptionClass != "" {
		fmt.Fprintf(&b, ": %s", e.ExceptionClass)
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	for _, field := range slices.Sorted(maps.Keys(e.InvalidFields)) {
		fmt.Fprintf(&b, "; %s: %s", field, strings.Join(e.InvalidFields[field], ", "))
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request %s)", e.RequestID)
	}
	return oneLine(b.String())
}

// Is reports whether target is the kind of e, such as ErrNotFound for a 404.
func (e *Error) Is(target error) bool {
	kind, ok := kinds[e.StatusCode]
	return ok && kind == target
}

// isGcore reports whether the answer was in Gcore's error format, which always has an exception_class.
func (e *Error) isGcore() bool { return e.ExceptionClass != "" }

// newError makes an Error of an answer, whose body can still be read after it.
func newError(rsp *http.Response) *Error {
	e := &Error{
		StatusCode: rsp.StatusCode,
		Method:     rsp.Request.Method,
		Path:       rsp.Request.URL.Path,
		RetryAfter: retryAfter(rsp),
	}
	data, err := contents(rsp)
	var answer ErrorResponse
	if err == nil && json.Valid(data) {
		decodeObject(data, &answer) // its problems do not matter: what parsed is shown
	}
	e.ExceptionClass = answer.ExceptionClass
	switch {
	case e.isGcore():
		e.Message = answer.Message
		e.InvalidFields = answer.InvalidFields
		if answer.RequestID != nil {
			e.RequestID = *answer.RequestID
		}
		if e.InvalidFields == nil {
			e.InvalidFields = oddInvalidFields(data)
		}
	case rsp.StatusCode >= 300 && rsp.StatusCode < 400:
		e.Message = "redirects are not followed, as they would take the API key elsewhere: check the base URL"
	default:
		e.Message = "not an answer of Gcore's API but " + describe(rsp, data) + ", perhaps from a proxy in front of it"
	}
	return e
}

// oddInvalidFields reads an invalid_fields whose values are not all lists of strings, so that what the server said
// is not lost: another value is given as its JSON.
func oddInvalidFields(data []byte) map[string][]string {
	var answer struct {
		InvalidFields map[string]json.RawMessage `json:"invalid_fields"`
	}
	if json.Unmarshal(data, &answer) != nil || len(answer.InvalidFields) == 0 {
		return nil
	}
	fields := make(map[string][]string, len(answer.InvalidFields))
	for name, value := range answer.InvalidFields {
		var reasons []string
		var reason string
		switch {
		case json.Unmarshal(value, &reasons) == nil:
			fields[name] = reasons
		case json.Unmarshal(value, &reason) == nil:
			fields[name] = []string{reason}
		default:
			fields[name] = []string{string(value)}
		}
	}
	return fields
}

// describe says what kind of body an answer has, and quotes none of it.
func describe(rsp *http.Response, data []byte) string {
	if len(data) == 0 {
		return "an empty body"
	}
	kind, _, err := mime.ParseMediaType(rsp.Header.Get("Content-Type"))
	switch {
	case err == nil && kind == "text/html":
		kind = "HTML"
	case err == nil && strings.HasSuffix(kind, "json"):
		kind = "JSON"
	default:
		kind = "another type"
	}
	return fmt.Sprintf("%d bytes of %s", len(data), kind)
}

// contents returns what arrived of an answer's body and the error that ended it, and rewinds the body.
func contents(rsp *http.Response) ([]byte, error) {
	data, err := io.ReadAll(rsp.Body)
	rsp.Body = newBody(data, err)
	return data, err
}

// oneLine keeps text of a server from breaking out of its line or driving a terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
}
