package gcoretest

import (
	"encoding/json"
	"net/http"
)

// A Call is one request that the server received.
type Call struct {
	// Operation is the operationId in openapi.yaml, such as createSSHKey, or "" where the method and
	// path belong to none.
	Operation string `json:"operation"`

	// ProjectID is the project's number in the path, or 0 if there is none.
	ProjectID int64 `json:"project_id"`

	// Name is the name of the key that the call is about: the one a create asks for, the name filter of
	// a list, or, for the others, the name of the key with the id in the path, also if it is among the last 10,000
	// deleted ones. It is "" if there is none, and for a create whose API key was not accepted.
	Name string `json:"name"`

	// Nth counts the recorded calls with the same Operation, ProjectID and Name, from 1. If goroutines use different names, it
	// does not depend on the order in which their calls arrive.
	Nth int `json:"nth"`

	Method string      `json:"method"`
	Path   string      `json:"path"`   // with the query
	Header http.Header `json:"header"` // without Authorization, Proxy-Authorization and Cookie

	// Body is the request's body, or nil if the API key was not accepted. JSON holds it as a string or null.
	// Bytes that are not UTF-8 are replaced in JSON, here and in the other fields.
	Body []byte `json:"-"`

	// Status is the status of the response, or 0 if no response or a Fault.Raw was sent. It is set before the response
	// is sent. The response's body, which can hold a private key, is not recorded.
	Status int `json:"status"`
}

type callFields Call // without methods

type callJSON struct {
	callFields
	Body *string `json:"body"`
}

// MarshalJSON encodes c with Body as a string.
func (c Call) MarshalJSON() ([]byte, error) {
	encoded := callJSON{callFields: callFields(c)}
	if c.Body != nil {
		encoded.Body = new(string(c.Body))
	}
	return json.Marshal(encoded)
}

// UnmarshalJSON decodes what MarshalJSON encodes.
func (c *Call) UnmarshalJSON(data []byte) error {
	var decoded callJSON
	if err := json.Unmarshal(data, &decoded); err != nil {
		return err
	}
	*c = Call(decoded.callFields)
	if decoded.Body != nil {
		c.Body = []byte(*decoded.Body)
	}
	return nil
}

// newCall describes a request, which has not been checked yet.
func (s *Server) newCall(r *http.Request, req *request, body []byte) Call {
	call := Call{
		Operation: req.operation,
		ProjectID: req.project,
		Method:    r.Method,
		Path:      r.URL.RequestURI(),
		Header:    r.Header.Clone(),
		Body:      body,
	}
	for _, secret := range []string{"Authorization", "Proxy-Authorization", "Cookie"} {
		call.Header.Del(secret)
	}
	switch req.operation {
	case createSSHKey:
		call.Name = req.body.Name
	case listSSHKeys:
		call.Name = req.list.name
	default:
		call.Name = s.store.nameOf(req.keyID)
	}
	return call
}
