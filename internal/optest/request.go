package optest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// A Request is what a call of an operation sends.
type Request struct {
	ProjectID int64
	KeyID     string // "" if the path has none
	Query     url.Values
	Body      string // JSON, or ""
}

// Request returns the request that has a target, path and query, and a body.
func (op Operation) Request(target, body string) (Request, error) {
	r := Request{Body: body}
	u, err := url.Parse(target)
	if err != nil {
		return r, err
	}
	r.Query = u.Query()
	template, path := strings.Split(op.Path, "/"), strings.Split(u.Path, "/")
	if len(path) != len(template) {
		return r, fmt.Errorf("%s is not %s", target, op.Path)
	}
	for i, segment := range template {
		switch segment {
		case "{project_id}":
			r.ProjectID, err = strconv.ParseInt(path[i], 10, 64)
		case "{ssh_key_id}":
			r.KeyID = path[i]
		case path[i]:
		default:
			err = fmt.Errorf("%s is not %s, or Request lacks a parameter of it", target, op.Path)
		}
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

// body decodes a request's body.
func body[T any](r Request) (value T) {
	if err := json.Unmarshal([]byte(r.Body), &value); err != nil {
		panic(err)
	}
	return value
}

func listParams(r Request) (p gcore.ListSSHKeysParams) {
	for name, values := range r.Query {
		n, _ := strconv.ParseInt(values[0], 10, 64)
		switch name {
		case "limit":
			p.Limit = &n
		case "offset":
			p.Offset = &n
		case "name":
			p.Name = &values[0]
		case "order_by":
			p.OrderBy = new(gcore.SSHKeyOrder(values[0]))
		}
	}
	return p
}
