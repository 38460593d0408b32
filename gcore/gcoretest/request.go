package gcoretest

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// request holds the parts of a request that the operations use.
type request struct {
	operation string // its operationId, or ""
	project   int64  // in the path
	keyID     string // in the path
	list      listQuery
	body      gcore.CreateSSHKeyRequest // which also has all properties of an update
	hideFor   int                       // see Fault.HideFor
}

// listQuery holds the query parameters of a list, or "" for each that is not given. The other parameters of a request are not kept:
// thousands of them take much memory, and a request can wait or stall for long.
type listQuery struct{ name, orderBy, offset, limit string }

// The path parameters of openapi.yaml.
const (
	projectParameter = "project_id"
	keyParameter     = "ssh_key_id"
)

// newRequest reads a request, which has not been checked yet: what is missing or malformed is zero.
func (s *Server) newRequest(r *http.Request, body []byte) *request {
	id, path := s.validator.Operation(r)
	req := &request{operation: id, keyID: path[keyParameter]}
	if project, err := strconv.ParseInt(path[projectParameter], 10, 64); err == nil {
		req.project = project
	}
	if id == listSSHKeys && r.URL.RawQuery != "" {
		query := r.URL.Query()
		req.list = listQuery{query.Get("name"), query.Get("order_by"), query.Get("offset"), query.Get("limit")}
	}
	if len(body) == 0 {
		return req
	}
	// Not straight into req.body: encoding/json ignores case and would take NAME for name. Not into any: it cannot hold 1e999.
	var properties map[string]json.RawMessage
	if json.Unmarshal(body, &properties) == nil {
		decode(properties["name"], &req.body.Name)
		decode(properties["public_key"], &req.body.PublicKey)
		decode(properties["shared_in_project"], &req.body.SharedInProject)
	}
	return req
}

// decode decodes the value of a property, if there is one.
func decode(value json.RawMessage, target any) {
	if value != nil {
		_ = json.Unmarshal(value, target) // it fails if the value is of another type
	}
}

type requestKey struct{}

// received returns the request that ctx belongs to.
func received(ctx context.Context) *request {
	return ctx.Value(requestKey{}).(*request) //nolint:forcetypeassert // serveHTTP has set it
}
