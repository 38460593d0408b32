package gcore

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
)

// The kinds of error that callers test for with errors.Is.
var (
	// ErrInvalid is a 400, or a request that is not valid and that this package did not send.
	ErrInvalid = errors.New("the request is not valid")
	// ErrUnauthorized is a 401: the API key is missing, cut off, wrong or expired.
	ErrUnauthorized = errors.New("the API key is not accepted")
	// ErrForbidden is a 403: the API key may not do this in this project.
	ErrForbidden = errors.New("the API key may not do this")
	// ErrNotFound is a 404: there is no such key or project.
	ErrNotFound = errors.New("there is no such key or project")
	// ErrConflict is a 409, or what Ensure returns if another public key has the name.
	ErrConflict = errors.New("the key exists already")
	// ErrRateLimited is a 429 after all retries.
	ErrRateLimited = errors.New("too many requests")
	// ErrServer is a 5xx, after all retries where those are safe. An *UnknownOutcomeError never matches it.
	ErrServer = errors.New("the server failed")
)

var kinds = map[int]error{
	http.StatusBadRequest:      ErrInvalid,
	http.StatusUnauthorized:    ErrUnauthorized,
	http.StatusForbidden:       ErrForbidden,
	http.StatusNotFound:        ErrNotFound,
	http.StatusConflict:        ErrConflict,
	http.StatusTooManyRequests: ErrRateLimited,
}

// Error is an error response, or a redirect, which is not followed. ExceptionClass, Message, RequestID and InvalidFields are those
// of openapi.yaml's ErrorResponse, with secrets removed. If the response was not Gcore's JSON, ExceptionClass is empty and
// Message describes the response.
type Error struct {
	StatusCode     int
	Method, Path   string // of the request
	ExceptionClass string
	Message        string
	RequestID      string // for Gcore's support
	InvalidFields  map[string][]string
	RetryAfter     time.Duration // how long the server asks to wait, one minute at most; 0 if it does not say
	Attempts       int           // how many requests were sent; 1 if there was no retry

	info map[string]any // of the ErrorResponse, for the response behind Cloud.API
	note string         // what the client did after it
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
	text := b.String()
	if len(text) > maxErrorText {
		text = strings.ToValidUTF8(text[:maxErrorText], "") + "…"
	}
	if e.RetryAfter > 0 {
		text += fmt.Sprintf("; the server asks to wait %v", e.RetryAfter.Round(time.Second))
	}
	return oneLine(text + e.note + afterAttempts(e.Attempts))
}

// maxErrorText is the most bytes of a server's text in the text of an error.
const maxErrorText = 2 << 10

// Is reports whether target is the kind of e, such as ErrNotFound for a 404 or ErrServer for a 503.
func (e *Error) Is(target error) bool {
	return kinds[e.StatusCode] == target || target == ErrServer && e.StatusCode/100 == 5
}

// isGcore reports whether the response was in Gcore's error format, which always has an exception_class.
func (e *Error) isGcore() bool { return e.ExceptionClass != "" }

// ResponseError is a successful response that does not match openapi.yaml or the request: another status, a body that is cut off
// or does not parse, a missing required property, another key than the requested one. For a create it contains the part of the
// key that arrived.
type ResponseError struct {
	StatusCode   int
	Method, Path string   // of the request
	Problems     []string // what is wrong, 21 items at most; they name properties and quote no values

	// Key is the part of a created key that arrived. It is nil if nothing arrived, and for other operations. If its
	// PrivateKey is not zero, the private key is complete and the only copy: save it.
	Key *CreatedSSHKey

	Err error // why the body could not be read, or nil

	bad       []int // the indexes of the items of a list that do not decode
	onlyItems bool  // there is no other problem
	attempts  int
}

// Error says which response is wrong and why, and whether there is a private key to save.
func (e *ResponseError) Error() string {
	text := fmt.Sprintf("%s %s: unexpected %d response: %s", e.Method, e.Path, e.StatusCode, strings.Join(e.Problems, "; ")) + afterAttempts(e.attempts)
	switch {
	case e.Key != nil && !e.Key.PrivateKey.IsZero():
		text += "; its private key did arrive: save ResponseError.Key"
	case e.Key != nil && checkID(e.Key.ID) == nil:
		text += "; the id of the key is " + e.Key.ID
	}
	return oneLine(text)
}

// Unwrap returns Err.
func (e *ResponseError) Unwrap() error { return e.Err }

func newResponseError(resp *http.Response, problems []string, err error) *ResponseError {
	return &ResponseError{
		StatusCode: resp.StatusCode,
		Method:     resp.Request.Method,
		Path:       resp.Request.URL.Path,
		Problems:   problems,
		Err:        err,
		attempts:   contentsOf(resp).attempts,
	}
}

// oneLine replaces line breaks and control characters, which could fake log lines or control a terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
}
