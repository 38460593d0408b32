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

// badPublicKey is not a key. It keeps the contract, which cannot describe what a key looks like, so the server has to reject it.
const badPublicKey = "ssh-ed25519 AAAA"

// makeRequests records once all that can safely be done with a real project: it creates two keys, reads them in every way,
// changes and deletes them, and causes one of each error that a correct server returns. It stops at the first step whose
// result the next steps cannot use.
func (r *recorder) makeRequests(ctx context.Context) error {
	tag := r.redactor.tag
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

	if err := r.lists(ctx, tag); err != nil {
		return err
	}
	for _, step := range []struct {
		operation, what string
		do              call
	}{
		{"getSSHKey", "generated", get(r.project, made)},
		{"getSSHKey", "uploaded", get(r.project, uploaded)},
		{"updateSSHKey", "unshared", update(r.project, made, false)},
		{"updateSSHKey", "shared", update(r.project, uploaded, true)},
		{"deleteSSHKey", "generated", remove(r.project, made)},
		{"deleteSSHKey", "uploaded", remove(r.project, uploaded)},
	} {
		if _, err := r.succeed(ctx, step.operation, step.what, step.do); err != nil {
			return err
		}
	}
	return r.recordErrors(ctx, made)
}

// recordErrors records calls that should fail. Any response is accepted, as the recordings are there to show which one comes.
func (r *recorder) recordErrors(ctx context.Context, deleted string) error {
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
		{r.wrongKey, "listSSHKeys", "wrong-token", list(r.project, gcore.ListSSHKeysParams{Name: &r.redactor.tag})},
	} {
		if _, err := r.recordAs(ctx, step.as, step.operation, step.what, "", step.do); err != nil {
			return err
		}
	}
	return nil
}

// lists lists the keys that makeRequests created, with every parameter and in every order. It does not ask for other keys of
// the project.
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
	resp, err := r.succeed(ctx, "createSSHKey", what, create(r.project, request))
	if err != nil {
		return "", err
	}
	var key struct {
		ID string `json:"id"`
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || json.Unmarshal(body, &key) != nil || key.ID == "" {
		return "", fmt.Errorf("createSSHKey (%s): the response has no id", what)
	}
	return key.ID, nil
}

// succeed records a call, and fails unless its response is 2xx.
func (r *recorder) succeed(ctx context.Context, operation, what string, do call) (*http.Response, error) {
	resp, err := r.record(ctx, operation, what, "", do)
	if err == nil && resp.StatusCode/100 != 2 {
		return nil, fmt.Errorf("%s (%s): the server responded with %d %s", operation, what, resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	return resp, err
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
