package gcoretest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// A Call is one request that the server received.
type Call struct {
	// Operation is the operationId in openapi.yaml, such as createSSHKey, or "" where the method and
	// path belong to none.
	Operation string `json:"operation"`

	// ProjectID is the number in the path, or 0 if there is none.
	ProjectID int64 `json:"project_id"`

	// Name is the name of the key that the call is about: the one a create asks for, the name filter of
	// a list, or, for the others, the name of the key with the id in the path, even a deleted one. It
	// is "" if there is none.
	Name string `json:"name"`

	// Nth counts the recorded calls with the same Operation, ProjectID and Name, from 1. Where goroutines work on
	// names of their own, it does not depend on how their calls interleave.
	Nth int `json:"nth"`

	Method string      `json:"method"`
	Path   string      `json:"path"`   // with the query, as in the request line
	Header http.Header `json:"header"` // without Authorization, Proxy-Authorization and Cookie

	// Body is the request's body, or nil if the API key was not accepted. JSON holds it as a string, in which
	// bytes that are not UTF-8 are replaced.
	Body []byte `json:"-"`

	// Status is the status of the response, or 0 if nothing was sent or a Fault.Raw. It is set before the response
	// is sent. The response's body, which can hold a private key, is not recorded.
	Status int `json:"status"`
}

type callFields Call // without methods

type callJSON struct {
	callFields
	Body string `json:"body"`
}

// MarshalJSON encodes c with Body as a string.
func (c Call) MarshalJSON() ([]byte, error) {
	return json.Marshal(callJSON{callFields(c), string(c.Body)})
}

// UnmarshalJSON decodes what MarshalJSON encodes.
func (c *Call) UnmarshalJSON(data []byte) error {
	var decoded callJSON
	if err := json.Unmarshal(data, &decoded); err != nil {
		return err
	}
	*c = Call(decoded.callFields)
	c.Body = []byte(decoded.Body)
	return nil
}

// listSSHKeys is the one operation that has an effect on others: see CommitAfterList.
const listSSHKeys = "listSSHKeys"

const prefix = "/cloud/v1/ssh_keys/"

// The operations on a project's keys and on one key, by method.
var (
	ofProject = map[string]string{http.MethodPost: "createSSHKey", http.MethodGet: listSSHKeys}
	ofKey     = map[string]string{http.MethodGet: "getSSHKey", http.MethodPatch: "updateSSHKey", http.MethodDelete: "deleteSSHKey"}
)

func isOperation(id string) bool {
	for _, operations := range []map[string]string{ofProject, ofKey} {
		for _, operation := range operations {
			if operation == id {
				return true
			}
		}
	}
	return false
}

// newCall says what a request is about. It refuses nothing: that is for the contract, later.
func (s *Server) newCall(r *http.Request, body []byte) Call {
	call := Call{Method: r.Method, Path: r.URL.RequestURI(), Header: r.Header.Clone()}
	for _, secret := range []string{"Authorization", "Proxy-Authorization", "Cookie"} {
		call.Header.Del(secret)
	}
	if key, wellFormed := apiKey(r); wellFormed && s.accepts(key) {
		call.Body = body
	}
	rest, ok := strings.CutPrefix(r.URL.Path, prefix)
	if !ok {
		return call
	}
	project, id, oneKey := strings.Cut(rest, "/")
	call.ProjectID, _ = strconv.ParseInt(project, 10, 64)
	if oneKey {
		call.Operation = ofKey[r.Method]
		call.Name = s.books.nameOf(id)
		return call
	}
	call.Operation = ofProject[r.Method]
	if r.Method == http.MethodPost {
		call.Name = nameIn(body)
	} else {
		call.Name = r.URL.Query().Get("name")
	}
	return call
}

// nameIn returns the name that a create asks for, or "" if the body is not a create's.
func nameIn(body []byte) string {
	var create struct {
		Name string `json:"name"`
	}
	if json.Unmarshal(body, &create) != nil {
		return ""
	}
	return create.Name
}
