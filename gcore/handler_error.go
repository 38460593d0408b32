package gcore

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// errorHandler converts an error response into an *Error, and removes secrets that the server put into it. Its body is not passed
// on. 2xx responses are not changed: they may contain a private key.
func errorHandler(next doer, base *url.URL, secrets scrubber) doer {
	return func(req *http.Request) (*http.Response, error) {
		resp, err := next(req)
		if resp == nil || isSuccess(resp) {
			return resp, err
		}
		if err != nil && req.Context().Err() != nil {
			return nil, err
		}
		apiErr := newError(resp, secrets)
		switch {
		case apiErr.isGcore():
		case resp.StatusCode/100 == 3:
			apiErr.Message = "redirects are not followed, as they would take the API key elsewhere: check the base URL, " + base.String()
		default:
			apiErr.Message = "not a response of Gcore's API but " + bodyKind(resp, err) + ": check the base URL, " + base.String() +
				", and the proxies on the way to it"
		}
		return resp, apiErr
	}
}

// newError returns the Error for an error response. The body is decoded only here.
func newError(resp *http.Response, secrets scrubber) *Error {
	apiErr := &Error{
		StatusCode: resp.StatusCode,
		Method:     resp.Request.Method,
		Path:       resp.Request.URL.Path,
		RetryAfter: retryAfter(resp),
	}
	// Values of a type that openapi.yaml does not allow are accepted, so that the server's message is not lost.
	var body map[string]any
	if json.Unmarshal(contentsOf(resp).data, &body) != nil {
		return apiErr
	}
	if secrets.scrub(string(contentsOf(resp).data)) == redacted { // a private key, or a secret that is encoded
		body = map[string]any{"exception_class": body["exception_class"], "message": redacted}
	}
	body, _ = secrets.value(body).(map[string]any)
	apiErr.ExceptionClass, _ = body["exception_class"].(string) // which tells Gcore's errors from others
	apiErr.Message = text(body["message"])
	apiErr.RequestID = text(body["request_id"])
	apiErr.InvalidFields = reasonsByField(body["invalid_fields"])
	apiErr.info, _ = body["info"].(map[string]any)
	return apiErr
}

// text returns a JSON value as text: a string as it is, null as "", and any other value as JSON.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	encoded, _ := json.Marshal(value) // decoded JSON can be encoded
	return string(encoded)
}

// reasonsByField returns invalid_fields, which should be an object of lists of strings. Anything else is kept as text.
func reasonsByField(value any) map[string][]string {
	if value == nil {
		return nil
	}
	byField, ok := value.(map[string]any)
	if !ok {
		byField = map[string]any{"invalid_fields": value}
	}
	fields := make(map[string][]string, len(byField))
	for field, reasons := range byField {
		list, ok := reasons.([]any)
		if !ok {
			list = []any{reasons}
		}
		for _, reason := range list {
			fields[field] = append(fields[field], text(reason))
		}
	}
	return fields
}

// bodyKind says what kind of body a response has, and quotes none of it.
func bodyKind(resp *http.Response, err error) string {
	size, kind := len(contentsOf(resp).data), "another type"
	switch {
	case size == 0:
		return "an empty body"
	case isJSON(resp):
		kind = "JSON"
	case strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html"):
		kind = "HTML"
	}
	if errors.Is(err, errBodyTooLarge) {
		return fmt.Sprintf("more than %d bytes of %s", size, kind)
	}
	return fmt.Sprintf("%d bytes of %s", size, kind)
}
