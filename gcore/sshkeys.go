package gcore

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"
)

// SSHKeys gives access to the SSH keys of one project. It is safe for concurrent use.
//
// Ensure adds a public key if it is missing; Create sends it at each call, so that a second call can add a second key. All yields
// every key; List returns one page. Names need not be unique: Get, Update and Delete take the id, and FindByName and
// FindByPublicKey can return several keys, or none without an error.
//
// Each method fails with an *Error for an error response, with a *ResponseError if a successful response does not match
// openapi.yaml or the request, and with an error that wraps ErrInvalid if the request is not valid and was not sent. Network
// errors and temporary failures are retried first, where that is safe.
type SSHKeys struct {
	cloud     *Cloud
	projectID int64
}

// Get returns one key (getSSHKey). An unknown id is ErrNotFound.
func (s *SSHKeys) Get(ctx context.Context, id string) (*SSHKey, error) {
	if err := s.valid(checkID(id)); err != nil {
		return nil, fmt.Errorf("get SSH key: %w", err)
	}
	resp, err := s.cloud.client.GetSSHKey(ctx, s.projectID, id)
	return s.decodeKey(ctx, resp, err, id, nil)
}

// Update shares a key with the users of the project, or stops sharing it (updateSSHKey), and returns the changed key. The zero
// request stops sharing it. Nothing else about a key can be changed.
func (s *SSHKeys) Update(ctx context.Context, id string, request UpdateSSHKeyRequest) (*SSHKey, error) {
	if err := s.valid(checkID(id)); err != nil {
		return nil, fmt.Errorf("update SSH key: %w", err)
	}
	resp, err := s.cloud.client.UpdateSSHKey(ctx, s.projectID, id, request)
	return s.decodeKey(ctx, resp, err, id, &request.SharedInProject)
}

// Delete deletes a key (deleteSSHKey). An unknown id, such as that of a key which an earlier call deleted, is ErrNotFound, unless
// an earlier attempt of the same call may have deleted the key.
func (s *SSHKeys) Delete(ctx context.Context, id string) error {
	if err := s.valid(checkID(id)); err != nil {
		return fmt.Errorf("delete SSH key: %w", err)
	}
	resp, err := s.cloud.client.DeleteSSHKey(ctx, s.projectID, id)
	_, err = decode[struct{}](ctx, resp, err, http.StatusNoContent)
	return err
}

// decodeKey decodes a response that contains one key, and compares the key with the request. shared is nil if it was not sent.
func (s *SSHKeys) decodeKey(ctx context.Context, resp *http.Response, err error, id string, shared *bool) (*SSHKey, error) {
	key, err := decode[SSHKey](ctx, resp, err, http.StatusOK)
	if err != nil {
		return nil, err
	}
	var problems []string
	if !strings.EqualFold(key.ID, id) {
		problems = append(problems, "id is not the requested one")
	}
	if key.ProjectID != nil && *key.ProjectID != s.projectID {
		problems = append(problems, "project_id is not the requested one")
	}
	if shared != nil && key.SharedInProject != *shared {
		problems = append(problems, "shared_in_project is not what was sent")
	}
	if len(problems) > 0 {
		return nil, newResponseError(resp, problems, nil)
	}
	return key, nil
}

// valid returns err, or what is wrong with the project: 0 is usually a variable that was not set, and means no project.
func (s *SSHKeys) valid(err error) error {
	if s.projectID < 1 {
		return fmt.Errorf("the project is %d, and must be 1 or more (Config.ProjectID, $GCORE_CLOUD_PROJECT_ID): %w", s.projectID, ErrInvalid)
	}
	return err
}

// checkID fails for anything but an id, which becomes part of a path: "", "." and ".." would address the whole list.
func checkID(id string) error {
	parsed, err := uuid.Parse(id)
	if err != nil || len(id) != len(uuid.Nil.String()) || parsed.Version() != 4 || parsed.Variant() != uuid.RFC4122 {
		return fmt.Errorf("the id is not a UUID of version 4, such as 36a7a97a-0672-4911-8f2b-92cd4e5b0d91: %w", ErrInvalid)
	}
	return nil
}
