package gcoretest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A Call is one request as it reached the server.
type Call struct {
	// Operation is the operationId in openapi.yaml, such as createSSHKey, or "" where the method and
	// path belong to none.
	Operation string

	// ProjectID is the number in the path, or 0 if there is none.
	ProjectID int64

	// Name is the name of the key that the call is about: the one a create asks for, the name filter of
	// a list, or, for the others, the name of the key with the id in the path, even a deleted one. It
	// is "" if there is none.
	Name string

	// Nth counts the calls with the same Operation, ProjectID and Name, from 1. Where goroutines work on
	// names of their own, it does not depend on how their calls interleave.
	Nth int

	Method string
	Path   string      // with the query, as in the request line
	Header http.Header // without Authorization
	Body   []byte
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
	call := Call{Method: r.Method, Path: r.URL.RequestURI(), Header: r.Header.Clone(), Body: body}
	call.Header.Del("Authorization")
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

// calls is the record of all calls. The zero value is empty.
type calls struct {
	mu   sync.Mutex
	all  []Call
	seen map[subject]int
}

type subject struct {
	operation string
	project   int64
	name      string
}

// add numbers the call and records it.
func (c *calls) add(call Call) Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = map[subject]int{}
	}
	about := subject{call.Operation, call.ProjectID, call.Name}
	c.seen[about]++
	call.Nth = c.seen[about]
	c.all = append(c.all, call)
	return call
}

// Calls returns every request so far, in the order of arrival, also those that were refused or met a
// fault. A request whose body did not arrive whole is not among them. The headers and bodies are the
// record's own: do not change them.
func (s *Server) Calls() []Call {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	return slices.Clone(s.calls.all)
}
