package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// unknownID is the id of no key.
const unknownID = "5f0c2f26-0c1e-4d5b-9a57-3d1f0f8f5a11"

// badPublicKey is not a key. It keeps the contract, which cannot describe what a key looks like, so the server has to reject it.
const badPublicKey = "ssh-ed25519 AAAA"

// makeRequests records once all that can safely be done with a real project: it creates two keys, reads them in every way,
// changes and deletes them, and causes one of each error that a correct server returns. It does not ask for other keys of the
// project, and stops at the first step whose result the next steps cannot use.
func (r *recorder) makeRequests(ctx context.Context) error {
	tag, project := r.redactor.tag, r.project
	made, err := r.create(ctx, "generated", gcore.CreateSSHKeyRequest{Name: tag})
	if err != nil {
		return err
	}
	pair, err := gcore.NewKeyPair("record@localhost") // its private key is not kept
	if err != nil {
		return err
	}
	uploaded, err := r.create(ctx, "uploaded", gcore.CreateSSHKeyRequest{Name: tag + "-own", PublicKey: &pair.PublicKey, SharedInProject: new(false)})
	if err != nil {
		return err
	}
	steps := []step{
		list("by-name", project, gcore.ListSSHKeysParams{Name: &tag}),
		list("second-page", project, gcore.ListSSHKeysParams{Name: &tag, Limit: new(int64(1)), Offset: new(int64(1))}),
		list("beyond-all", project, gcore.ListSSHKeysParams{Name: &tag, Offset: new(int64(1000)), Limit: new(int64(1000))}),
	}
	for _, order := range []gcore.SSHKeyOrder{gcore.SSHKeyOrderCreatedAtAsc, gcore.SSHKeyOrderCreatedAtDesc, gcore.SSHKeyOrderNameAsc, gcore.SSHKeyOrderNameDesc} {
		steps = append(steps, list("order-"+string(order), project, gcore.ListSSHKeysParams{Name: &tag, OrderBy: &order}))
	}
	for _, s := range append(steps,
		get("generated", project, made), get("uploaded", project, uploaded),
		update("unshared", project, made, false), update("shared", project, uploaded, true),
		remove("generated", project, made), remove("uploaded", project, uploaded),
	) {
		if _, err := r.succeed(ctx, s); err != nil {
			return err
		}
	}

	// These should fail. Any response is accepted, as the recordings are there to show which one comes.
	wrongToken := list("wrong-token", project, gcore.ListSSHKeysParams{Name: &tag})
	wrongToken.wrongToken = true
	for _, s := range []step{
		get("after-delete", project, made), get("unknown-id", project, unknownID), update("unknown-id", project, unknownID, true), remove("unknown-id", project, unknownID),
		create("bad-public-key", project, gcore.CreateSSHKeyRequest{Name: tag + "-bad", PublicKey: new(badPublicKey)}),
		wrongToken,
	} {
		if _, err := r.record(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// create makes a key and returns its id.
func (r *recorder) create(ctx context.Context, what string, request gcore.CreateSSHKeyRequest) (id string, err error) {
	e, err := r.succeed(ctx, create(what, r.project, request))
	if err != nil {
		return "", err
	}
	var key struct{ ID string }
	if json.Unmarshal(e.got.body, &key) != nil || key.ID == "" {
		return "", fmt.Errorf("createSSHKey (%s): the response has no id", what)
	}
	r.created = append(r.created, key.ID)
	return key.ID, nil
}

// succeed records a step, and fails unless its response is 2xx.
func (r *recorder) succeed(ctx context.Context, s step) (*exchange, error) {
	e, err := r.record(ctx, s)
	if err == nil && e.status/100 != 2 {
		return nil, fmt.Errorf("%s (%s): the server responded with %d %s", s.operation, s.what, e.status, http.StatusText(e.status))
	}
	return e, err
}

func create(what string, project int64, request gcore.CreateSSHKeyRequest) step {
	return step{operation: "createSSHKey", what: what, do: func(ctx context.Context, api *gcore.ClientWithResponses) error {
		_, err := api.CreateSSHKey(ctx, project, request)
		return err
	}}
}

func list(what string, project int64, params gcore.ListSSHKeysParams) step {
	return step{operation: "listSSHKeys", what: what, do: func(ctx context.Context, api *gcore.ClientWithResponses) error {
		_, err := api.ListSSHKeys(ctx, project, &params)
		return err
	}}
}

func get(what string, project int64, id string) step {
	return step{operation: "getSSHKey", what: what, do: func(ctx context.Context, api *gcore.ClientWithResponses) error {
		_, err := api.GetSSHKey(ctx, project, id)
		return err
	}}
}

func update(what string, project int64, id string, shared bool) step {
	return step{operation: "updateSSHKey", what: what, do: func(ctx context.Context, api *gcore.ClientWithResponses) error {
		_, err := api.UpdateSSHKey(ctx, project, id, gcore.UpdateSSHKeyRequest{SharedInProject: shared})
		return err
	}}
}

func remove(what string, project int64, id string) step {
	return step{operation: "deleteSSHKey", what: what, do: func(ctx context.Context, api *gcore.ClientWithResponses) error {
		_, err := api.DeleteSSHKey(ctx, project, id)
		return err
	}}
}
