package gcore

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// apiHandler converts the results of the other handlers for the generated parsers behind Cloud.API. An *Error is converted back
// into a response whose body has its fields, since the parsers return error responses as results. The parsers drop a body that
// they cannot decode, so a response to a create that does not match openapi.yaml becomes a *ResponseError, which contains the
// private key. Callers can see the headers of a response, so secrets in them are removed.
func apiHandler(next doer, secrets scrubber) doer {
	return func(req *http.Request) (*http.Response, error) {
		resp, err := next(req)
		if resp == nil {
			if failed, ok := errors.AsType[*failure](err); ok && failed.sent && isCreateSSHKey(req) {
				note(err, "a key may have been created: list the keys before you create it again")
			}
			return nil, err
		}
		secrets.headers(resp)
		resp.Status = fmt.Sprint(resp.StatusCode, " ", http.StatusText(resp.StatusCode)) // the server's text could hold anything
		if apiErr, ok := errors.AsType[*Error](err); ok {
			return resp, setErrorBody(resp, apiErr)
		}
		if isCreateSSHKey(req) && isSuccess(resp) {
			err = checkCreated(resp, err)
		}
		if err != nil {
			return nil, err
		}
		return resp, nil
	}
}

// checkCreated fails if the generated parser would not return the key that is in the response to a create. The parser uses
// encoding/json, which accepts property names in upper and lower case.
func checkCreated(resp *http.Response, err error) error {
	key, err := decodeCreated(resp, err)
	if err != nil {
		return err
	}
	var parsed CreatedSSHKey
	if json.Unmarshal(contentsOf(resp).data, &parsed) != nil || parsed.PrivateKey.Reveal() != key.PrivateKey.Reveal() || parsed.ID != key.ID {
		broken := newResponseError(resp, []string{"properties are given twice, in different cases"}, nil)
		broken.Key = key
		return broken
	}
	resp.Header.Set("Content-Type", "application/json") // the parser looks for "json" in lower case
	return nil
}

func setErrorBody(resp *http.Response, apiErr *Error) error {
	body := ErrorResponse{
		ExceptionClass: apiErr.ExceptionClass,
		Message:        apiErr.Message,
		InvalidFields:  apiErr.InvalidFields,
		Info:           apiErr.info,
	}
	if apiErr.RequestID != "" {
		body.RequestID = &apiErr.RequestID
	}
	data, err := json.Marshal(body)
	if err != nil {
		return apiErr
	}
	new(contents).put(resp, data)
	resp.Header.Set("Content-Type", "application/json")
	resp.Header.Set("Content-Length", strconv.Itoa(len(data)))
	return nil
}
