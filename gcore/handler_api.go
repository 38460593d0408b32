package gcore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// apiHandler converts what the chain returns for the generated parsers behind Cloud.API. An *Error becomes a response again, with
// a body made of its fields, since the parsers return error responses as results. The parsers drop a body that they cannot
// decode, so a create whose response is not as openapi.yaml says becomes a *ResponseError, which holds the private key. Callers
// can see the headers of a response, so secrets in them are removed.
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

// checkCreated reports what would keep the generated parser from the key in the response to a create. encoding/json, which it
// uses, takes property names in any case.
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
	resp.Header.Set("Content-Type", "application/json") // the parser does not know it in another case
	return nil
}

// decodeCreated decodes the response to a create. If that fails, the *ResponseError holds whatever arrived of the key.
func decodeCreated(resp *http.Response, err error) (*CreatedSSHKey, error) {
	// The end of the context does not count: the key is here.
	key, err := decode[CreatedSSHKey](context.Background(), resp, err, http.StatusCreated)
	broken, isBroken := errors.AsType[*ResponseError](err)
	if err != nil && !isBroken {
		return nil, err
	}
	if private, found := findPrivateKey(contentsOf(resp).data, key.PrivateKey); found {
		key.PrivateKey = private
		if broken == nil {
			broken = newResponseError(resp, []string{"private_key was found outside its property"}, nil)
		}
	}
	if broken == nil {
		return key, nil
	}
	if !key.PrivateKey.IsZero() || key.ID != "" || key.PublicKey != "" {
		broken.Key = key
	}
	return nil, broken
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
