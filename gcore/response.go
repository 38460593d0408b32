package gcore

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// ResponseError is a success that is not what the contract says: another status, a body that is cut off or does not
// parse, a required property that is missing, a key that is not the one asked for. For a create it holds whatever
// arrived of the key.
type ResponseError struct {
	StatusCode   int
	Method, Path string   // of the request
	Problems     []string // what is wrong, one item each; they name properties and quote no value

	// Key is what arrived of a created key, and nil for other operations or if nothing did. If its PrivateKey is
	// not zero it is complete and the only copy: save it.
	Key *CreatedSSHKey

	Err error // why the body could not be read, or nil
}

// Error says which answer is wrong and what about it, and whether there is a private key to save.
func (e *ResponseError) Error() string {
	text := fmt.Sprintf("%s %s: the answer %d is not as it should be: %s", e.Method, e.Path, e.StatusCode, strings.Join(e.Problems, "; "))
	switch {
	case e.Key != nil && !e.Key.PrivateKey.IsZero():
		text += "; its private key did arrive: save ResponseError.Key"
	case e.Key != nil && e.Key.ID != "":
		text += "; the id of the key is " + e.Key.ID
	}
	return oneLine(text)
}

// Unwrap returns Err.
func (e *ResponseError) Unwrap() error { return e.Err }

func newResponseError(rsp *http.Response, problems []string, err error) *ResponseError {
	return &ResponseError{
		StatusCode: rsp.StatusCode,
		Method:     rsp.Request.Method,
		Path:       rsp.Request.URL.Path,
		Problems:   problems,
		Err:        err,
	}
}

// success is the status of each method's success in openapi.yaml.
var success = map[string]int{
	http.MethodGet:    http.StatusOK,
	http.MethodPatch:  http.StatusOK,
	http.MethodPost:   http.StatusCreated,
	http.MethodDelete: http.StatusNoContent,
}

// decode makes of what the generated client returned the T that the contract promises, or an *Error, or a
// *ResponseError. With the latter it returns what did decode as well, which callers may hand on.
func decode[T any](rsp *http.Response, err error) (*T, error) {
	if err != nil {
		if answered, ok := errors.AsType[*ResponseError](err); ok {
			return nil, answered // without net/http's words around it
		}
		return nil, err
	}
	value := new(T)
	if rsp.StatusCode < 200 || rsp.StatusCode > 299 {
		return nil, newError(rsp)
	}
	if problems, err := decodeSuccess(rsp, value); len(problems) > 0 {
		return value, newResponseError(rsp, problems, err)
	}
	return value, nil
}

// decodeSuccess decodes a 2xx answer and lists what is wrong with it.
func decodeSuccess(rsp *http.Response, into any) (problems []string, err error) {
	data, err := contents(rsp)
	if want := success[rsp.Request.Method]; rsp.StatusCode != want {
		problems = append(problems, fmt.Sprintf("the status should be %d", want))
	}
	if success[rsp.Request.Method] == http.StatusNoContent {
		if len(data) > 0 {
			problems = append(problems, "there should be no body")
		}
		return problems, err
	}
	if kind := rsp.Header.Get("Content-Type"); !strings.Contains(kind, "json") {
		problems = append(problems, "the content type is not JSON")
	}
	if err != nil {
		problems = append(problems, err.Error())
	}
	return append(problems, decodeObject(data, into)...), err
}

// What is left of a private key in a body that is too broken to be parsed, or has it in an unexpected place: the property,
// or a whole PEM block with its line breaks as they are or as JSON writes them.
var (
	privateKeyProperty = regexp.MustCompile(`"private_key"\s*:\s*("(?:[^"\\]|\\.)+")`)
	privateKeyPEM      = regexp.MustCompile(`(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?-----END [A-Z0-9 ]*PRIVATE KEY-----`)
	unescapePEM        = strings.NewReplacer(`\r`, "", `\n`, "\n", `\/`, "/")
)

func findPrivateKey(body []byte) (key PrivateKey) {
	if found := privateKeyProperty.FindSubmatch(body); found != nil && key.UnmarshalJSON(found[1]) == nil {
		return key
	}
	if block := privateKeyPEM.Find(body); block != nil {
		return newPrivateKey(unescapePEM.Replace(string(block)) + "\n")
	}
	return key
}

// keepCreated is the link that hands over what a create answered. The generated parser drops a body that it cannot
// decode, and with it a private key that exists nowhere else; so an answer that is not in order leaves the chain as
// a *ResponseError with the key in it.
func keepCreated(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		rsp, err := next.RoundTrip(req)
		if err != nil || !isCreateSSHKey(req) || rsp.StatusCode < 200 || rsp.StatusCode > 299 {
			return rsp, err
		}
		key := new(CreatedSSHKey)
		problems, err := decodeSuccess(rsp, key)
		if data, _ := contents(rsp); key.PrivateKey.IsZero() {
			if key.PrivateKey = findPrivateKey(data); !key.PrivateKey.IsZero() && len(problems) == 0 {
				problems = append(problems, "private_key is not where it should be")
			}
		}
		if len(problems) == 0 {
			return rsp, nil
		}
		answer := newResponseError(rsp, problems, err)
		if !key.PrivateKey.IsZero() || key.ID != "" || key.PublicKey != "" {
			answer.Key = key
		}
		return nil, answer
	})
}
