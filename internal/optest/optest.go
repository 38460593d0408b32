// Package optest is the one table of the API's operations, which the tests of all packages read: how the two clients call each,
// and what openapi.yaml says of it.
package optest

import (
	"context"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// An Operation is one operation of openapi.yaml.
type Operation struct {
	ID string // operationId

	// Facade calls the method of SSHKeys, API that of the generated client. Facade's result is nil if the method returns none.
	Facade func(context.Context, *gcore.Cloud, Request) (any, error)
	API    func(context.Context, *gcore.ClientWithResponses, Request) (Response, error)

	// These are read from openapi.yaml.
	Method, Path string
	Spec         *openapi3.Operation // Parameters holds those of the path, too
	Example      Request             // with the examples of the path's parameters and of the body
	Status       int                 // of a success
	Body         string              // of a success, made of the examples; "" if there is none
}

// A Response is what each method of the generated client returns.
type Response interface {
	StatusCode() int
	GetBody() []byte
}

// All returns every operation, in an order in which each can be called with the same key: the one that deletes it is last. It
// panics if openapi.yaml and the table do not have the same operations.
func All() []Operation { return all() }

// Get returns the operation with an id. It panics if there is none.
func Get(id string) Operation {
	for _, op := range All() {
		if op.ID == id {
			return op
		}
	}
	panic("openapi.yaml has no operation " + id)
}

// table is all that a test has to be told about an operation. A new one needs a row here.
var table = []Operation{
	{
		ID: "createSSHKey",
		Facade: func(ctx context.Context, c *gcore.Cloud, r Request) (any, error) {
			return c.SSHKeys(r.ProjectID).Create(ctx, body[gcore.CreateSSHKeyRequest](r))
		},
		API: func(ctx context.Context, api *gcore.ClientWithResponses, r Request) (Response, error) {
			return api.CreateSSHKeyWithResponse(ctx, r.ProjectID, body[gcore.CreateSSHKeyRequest](r))
		},
	},
	{
		ID: "listSSHKeys",
		Facade: func(ctx context.Context, c *gcore.Cloud, r Request) (any, error) {
			return c.SSHKeys(r.ProjectID).List(ctx, listParams(r))
		},
		API: func(ctx context.Context, api *gcore.ClientWithResponses, r Request) (Response, error) {
			return api.ListSSHKeysWithResponse(ctx, r.ProjectID, new(listParams(r)))
		},
	},
	{
		ID: "getSSHKey",
		Facade: func(ctx context.Context, c *gcore.Cloud, r Request) (any, error) {
			return c.SSHKeys(r.ProjectID).Get(ctx, r.KeyID)
		},
		API: func(ctx context.Context, api *gcore.ClientWithResponses, r Request) (Response, error) {
			return api.GetSSHKeyWithResponse(ctx, r.ProjectID, r.KeyID)
		},
	},
	{
		ID: "updateSSHKey",
		Facade: func(ctx context.Context, c *gcore.Cloud, r Request) (any, error) {
			return c.SSHKeys(r.ProjectID).Update(ctx, r.KeyID, body[gcore.UpdateSSHKeyRequest](r))
		},
		API: func(ctx context.Context, api *gcore.ClientWithResponses, r Request) (Response, error) {
			return api.UpdateSSHKeyWithResponse(ctx, r.ProjectID, r.KeyID, body[gcore.UpdateSSHKeyRequest](r))
		},
	},
	{
		ID: "deleteSSHKey",
		Facade: func(ctx context.Context, c *gcore.Cloud, r Request) (any, error) {
			return nil, c.SSHKeys(r.ProjectID).Delete(ctx, r.KeyID)
		},
		API: func(ctx context.Context, api *gcore.ClientWithResponses, r Request) (Response, error) {
			return api.DeleteSSHKeyWithResponse(ctx, r.ProjectID, r.KeyID)
		},
	},
}
