package gcore

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// errorHandler turns an error response into an *Error, without the secrets that a server put into it. Its body goes no further.
// 2xx responses stay as they are: a private key belongs into one of them.
func errorHandler(next doer, base *url.URL, secrets scrubber) doer {
	return func(req *http.Request) (*http.Response, error) {
		resp, err := next(req)
		if resp == nil || err != nil && req.Context().Err() != nil && !isSuccess(resp) {
			return nil, err
		}
		if isSuccess(resp) {
			return resp, err
		}
		refused := newError(resp, secrets)
		switch {
		case refused.isGcore():
		case resp.StatusCode >= 300 && resp.StatusCode <= 399:
			refused.Message = "redirects are not followed, as they would take the API key elsewhere: check the base URL, " + base.String()
		default:
			refused.Message = "not a response of Gcore's API but " + bodyKind(resp, err) + ", perhaps from a proxy in front of it"
		}
		return resp, refused
	}
}

// newError makes an Error of an error response, whose body is decoded this once.
func newError(resp *http.Response, secrets scrubber) *Error {
	refused := &Error{
		StatusCode: resp.StatusCode,
		Method:     resp.Request.Method,
		Path:       resp.Request.URL.Path,
		RetryAfter: retryAfter(resp),
	}
	// Values of another type than the contract's are taken as well, so that what the server said is not lost.
	var body struct {
		ExceptionClass any `json:"exception_class"`
		Message        any `json:"message"`
		RequestID      any `json:"request_id"`
		InvalidFields  any `json:"invalid_fields"`
		Info           any `json:"info"`
	}
	if json.Unmarshal(contentsOf(resp), &body) != nil {
		return refused
	}
	if secrets.hasPrivateKey(body) {
		body.Message, body.RequestID, body.InvalidFields, body.Info = redacted, nil, nil, nil
	}
	refused.ExceptionClass = secrets.text(body.ExceptionClass)
	refused.Message = secrets.text(body.Message)
	refused.RequestID = secrets.text(body.RequestID)
	refused.InvalidFields = secrets.fields(body.InvalidFields)
	refused.info, _ = secrets.value(body.Info).(map[string]any)
	return refused
}

// bodyKind says what kind of body a response has, and quotes none of it.
func bodyKind(resp *http.Response, err error) string {
	size := len(contentsOf(resp))
	if size == 0 {
		return "an empty body"
	}
	kind, _, parseErr := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case parseErr == nil && kind == "text/html":
		kind = "HTML"
	case parseErr == nil && strings.HasSuffix(kind, "json"):
		kind = "JSON"
	default:
		kind = "another type"
	}
	if errors.Is(err, errBodyTooLarge) {
		return fmt.Sprintf("more than %d bytes of %s", size, kind)
	}
	return fmt.Sprintf("%d bytes of %s", size, kind)
}
