package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// unknownID is the id of no key.
const unknownID = "5f0c2f26-0c1e-4d5b-9a57-3d1f0f8f5a11"

// badPublicKey is no key, and the contract has no way to say so: a server has to find out.
const badPublicKey = "ssh-ed25519 AAAA"

// walk goes once through all that can safely be done to a real project: it makes two keys, looks at them in every way,
// changes and deletes them, and provokes one of each error that needs no misbehaviour. It stops at the first step that
// does not do what the next ones need.
func (r *recorder) walk(ctx context.Context) error {
	tag := r.redactor.tag
	made, err := r.create(ctx, "made-by-the-platform", gcore.CreateSSHKeyRequest{Name: tag})
	if err != nil {
		return err
	}
	pair, err := gcore.NewKeyPair("record@localhost") // its private half is dropped with this function
	if err != nil {
		return err
	}
	own, err := r.create(ctx, "own-key", gcore.CreateSSHKeyRequest{Name: tag + "-own", PublicKey: &pair.PublicKey, SharedInProject: new(false)})
	if err != nil {
		return err
	}

	if err := r.lists(ctx, tag); err != nil {
		return err
	}
	for _, step := range []struct {
		operation, what string
		do              call
	}{
		{"getSSHKey", "made-by-the-platform", get(r.project, made)},
		{"getSSHKey", "own-key", get(r.project, own)},
		{"updateSSHKey", "unshared", update(r.project, made, false)},
		{"updateSSHKey", "shared", update(r.project, own, true)},
		{"deleteSSHKey", "made-by-the-platform", remove(r.project, made)},
		{"deleteSSHKey", "own-key", remove(r.project, own)},
	} {
		if _, err := r.succeed(ctx, step.operation, step.what, step.do); err != nil {
			return err
		}
	}
	return r.provoke(ctx, made)
}

// provoke records errors. What a server answers to these calls is what is to be found out, so any answer will do.
func (r *recorder) provoke(ctx context.Context, deleted string) error {
	notAKey := gcore.CreateSSHKeyRequest{Name: r.redactor.tag + "-bad", PublicKey: new(badPublicKey)}
	for _, step := range []struct {
		as              *gcore.Cloud
		operation, what string
		do              call
	}{
		{r.cloud, "getSSHKey", "after-delete", get(r.project, deleted)},
		{r.cloud, "getSSHKey", "unknown-id", get(r.project, unknownID)},
		{r.cloud, "updateSSHKey", "unknown-id", update(r.project, unknownID, true)},
		{r.cloud, "deleteSSHKey", "unknown-id", remove(r.project, unknownID)},
		{r.cloud, "createSSHKey", "bad-public-key", create(r.project, notAKey)},
		{r.stranger, "listSSHKeys", "wrong-token", list(r.project, gcore.ListSSHKeysParams{Name: &r.redactor.tag})},
	} {
		if _, err := r.recordAs(ctx, step.as, step.operation, step.what, "", step.do); err != nil {
			return err
		}
	}
	return nil
}

// lists looks for the walk's own keys with every parameter and in every order. Other keys of the project are not asked
// for.
func (r *recorder) lists(ctx context.Context, name string) error {
	steps := map[string]gcore.ListSSHKeysParams{
		"by-name":     {Name: &name},
		"second-page": {Name: &name, Limit: new(int64(1)), Offset: new(int64(1))},
		"beyond-all":  {Name: &name, Offset: new(int64(1000)), Limit: new(int64(1000))},
	}
	for _, order := range []gcore.SSHKeyOrder{gcore.SSHKeyOrderCreatedAtAsc, gcore.SSHKeyOrderCreatedAtDesc, gcore.SSHKeyOrderNameAsc, gcore.SSHKeyOrderNameDesc} {
		steps["order-"+string(order)] = gcore.ListSSHKeysParams{Name: &name, OrderBy: &order}
	}
	for _, what := range slices.Sorted(maps.Keys(steps)) {
		if _, err := r.succeed(ctx, "listSSHKeys", what, list(r.project, steps[what])); err != nil {
			return err
		}
	}
	return nil
}

// create makes a key and returns its id.
func (r *recorder) create(ctx context.Context, what string, request gcore.CreateSSHKeyRequest) (string, error) {
	rsp, err := r.succeed(ctx, "createSSHKey", what, create(r.project, request))
	if err != nil {
		return "", err
	}
	var key struct {
		ID string `json:"id"`
	}
	body, err := io.ReadAll(rsp.Body)
	if err != nil || json.Unmarshal(body, &key) != nil || key.ID == "" {
		return "", fmt.Errorf("createSSHKey (%s): the answer has no id", what)
	}
	return key.ID, nil
}

// succeed records a call, and fails unless its answer is 2xx.
func (r *recorder) succeed(ctx context.Context, operation, what string, do call) (*http.Response, error) {
	rsp, err := r.record(ctx, operation, what, "", do)
	if err == nil && rsp.StatusCode/100 != 2 {
		return nil, fmt.Errorf("%s (%s): the server answered %d %s", operation, what, rsp.StatusCode, http.StatusText(rsp.StatusCode))
	}
	return rsp, err
}

func create(project int64, request gcore.CreateSSHKeyRequest) call {
	return func(ctx context.Context, api *gcore.ClientWithResponses) (*http.Response, error) {
		return api.CreateSSHKey(ctx, project, request)
	}
}

func list(project int64, params gcore.ListSSHKeysParams) call {
	return func(ctx context.Context, api *gcore.ClientWithResponses) (*http.Response, error) {
		return api.ListSSHKeys(ctx, project, &params)
	}
}

func get(project int64, id string) call {
	return func(ctx context.Context, api *gcore.ClientWithResponses) (*http.Response, error) {
		return api.GetSSHKey(ctx, project, id)
	}
}

func update(project int64, id string, shared bool) call {
	return func(ctx context.Context, api *gcore.ClientWithResponses) (*http.Response, error) {
		return api.UpdateSSHKey(ctx, project, id, gcore.UpdateSSHKeyRequest{SharedInProject: shared})
	}
}

func remove(project int64, id string) call {
	return func(ctx context.Context, api *gcore.ClientWithResponses) (*http.Response, error) {
		return api.DeleteSSHKey(ctx, project, id)
	}
}
