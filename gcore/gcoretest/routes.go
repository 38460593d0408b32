package gcoretest

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest/internal/server"
)

// routes returns the handler of all operations: authentication, the contract's checks, the generated server.
func (s *Server) routes(validator *contract.Validator) http.Handler {
	badRequest := func(w http.ResponseWriter, _ *http.Request, err error) {
		s.writeError(w, http.StatusBadRequest, err.Error())
	}
	strict := server.NewStrictHandlerWithOptions(allOperations{operations: operations{s}}, nil, server.StrictHTTPServerOptions{
		RequestErrorHandlerFunc: badRequest,
		ResponseErrorHandlerFunc: func(w http.ResponseWriter, _ *http.Request, err error) {
			s.writeError(w, http.StatusInternalServerError, err.Error())
		},
	})
	generated := server.HandlerWithOptions(strict, server.StdHTTPServerOptions{ErrorHandlerFunc: badRequest})
	checked := s.sample(validator.Handler(exactNames(generated)), validator.RequestHandler(exactNames(generated)))
	return s.authenticate(s.onlyImplemented(checked))
}

// sample returns a handler that passes the first of every s.checkEvery requests to checked, and the others to unchecked. Of several
// that are sent at a time, one is checked, as checked holds the whole response.
func (s *Server) sample(checked, unchecked http.Handler) http.Handler {
	if s.checkEvery == 1 {
		return checked
	}
	var served atomic.Uint64
	var checking sync.Mutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if (served.Add(1)-1)%s.checkEvery == 0 && checking.TryLock() {
			defer checking.Unlock()
			checked.ServeHTTP(w, r)
			return
		}
		unchecked.ServeHTTP(w, r)
	})
}

// exactNames removes properties from a request's body whose names encoding/json takes for others: the generated server would decode
// NAME as name. openapi.yaml has no such properties, so their values have not been checked.
func exactNames(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 {
			next.ServeHTTP(w, r)
			return
		}
		var properties map[string]json.RawMessage
		body, err := io.ReadAll(r.Body)
		if err == nil && bytes.ContainsFunc(body, inexact) && json.Unmarshal(body, &properties) == nil {
			known := len(properties)
			maps.DeleteFunc(properties, func(name string, _ json.RawMessage) bool { return strings.ContainsFunc(name, inexact) })
			if len(properties) < known {
				body, _ = json.Marshal(properties) // it was decoded from JSON
			}
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// inexact reports whether a name in which char stands can be taken for another: by a capital letter, a letter that folds to an ASCII
// one (ſ to s), or an escape.
func inexact(char rune) bool {
	return 'A' <= char && char <= 'Z' || char > unicode.MaxASCII || char == '\\'
}

// onlyImplemented responds with 501 to a request for an operation that operations has no method for.
func (s *Server) onlyImplemented(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := received(r.Context()).operation
		if id != "" && !implemented[normalizeID(id)] {
			s.writeError(w, http.StatusNotImplemented, "gcoretest does not implement "+id)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// allOperations has the methods of operations, and those that operations lacks, so that an operation added to openapi.yaml
// compiles without one.
type allOperations struct {
	operations
	notImplemented
}

// notImplemented has all methods of the generated interface, one level deeper than operations, so these are used only where
// operations has none. The interface is nil: onlyImplemented keeps requests away from it.
type notImplemented struct{ server.StrictServerInterface }

// implemented has the normalized ids of the operations that this server implements.
var implemented = func() map[string]bool {
	ids := map[string]bool{}
	for method := range reflect.TypeFor[operations]().Methods() {
		ids[normalizeID(method.Name)] = true
	}
	return ids
}()

// normalizeID returns what an operationId and the Go name that the generator makes from it have in common: they differ only in
// case and separators.
func normalizeID(name string) string {
	return strings.ToLower(separators.Replace(name))
}

var separators = strings.NewReplacer("-", "", "_", "", ".", "", " ", "")
