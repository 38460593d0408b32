package gcoretest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest/internal/server"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sshkey"
)

// operations implements the operations of openapi.yaml on the store. Requests have passed the checks of package contract. An
// operation without a method here gets status 501: see routes.
type operations struct{ s *Server }

// The documented defaults of a list. Package contract checks a request, but does not fill them in.
const (
	defaultLimit = 10
	defaultOrder = server.SSHKeyOrderCreatedAtDesc
)

func (o operations) CreateSSHKey(ctx context.Context, r server.CreateSSHKeyRequestObject) (server.CreateSSHKeyResponseObject, error) {
	if !exists(r.ProjectID) {
		return server.CreateSSHKey404JSONResponse{NotFoundJSONResponse: o.s.noProject()}, nil
	}
	key, private, err := o.s.newKey(r.ProjectID, *r.Body)
	if errors.Is(err, errPublicKey) {
		e := o.s.apiError(http.StatusBadRequest)
		e.InvalidFields = map[string][]string{"public_key": {err.Error()}}
		return server.CreateSSHKey400JSONResponse{BadRequestJSONResponse: server.BadRequestJSONResponse(e)}, nil
	}
	if err != nil {
		return nil, err
	}
	err = o.s.store.add(key, received(ctx).hideFor, o.s.uniqueNames)
	if errors.Is(err, errNameTaken) {
		e := o.s.apiError(http.StatusConflict)
		return server.CreateSSHKey409JSONResponse{ConflictJSONResponse: server.ConflictJSONResponse(e)}, nil
	}
	if err != nil {
		return nil, err
	}
	return server.CreateSSHKey201JSONResponse{
		CreatedAt:       *key.CreatedAt,
		Fingerprint:     key.Fingerprint,
		ID:              key.ID,
		Name:            key.Name,
		PrivateKey:      private,
		ProjectID:       *key.ProjectID,
		PublicKey:       key.PublicKey,
		SharedInProject: key.SharedInProject,
		State:           key.State,
	}, nil
}

func (o operations) ListSSHKeys(_ context.Context, r server.ListSSHKeysRequestObject) (server.ListSSHKeysResponseObject, error) {
	if !exists(r.ProjectID) {
		return server.ListSSHKeys404JSONResponse{NotFoundJSONResponse: o.s.noProject()}, nil
	}
	p := r.Params
	page, count := o.s.store.list(r.ProjectID, or(p.Name, ""), or(p.OrderBy, defaultOrder), or(p.Offset, 0), or(p.Limit, defaultLimit))
	return keyList{count, page}, nil
}

func (o operations) GetSSHKey(_ context.Context, r server.GetSSHKeyRequestObject) (server.GetSSHKeyResponseObject, error) {
	key, ok := o.s.store.get(r.ProjectID, r.SSHKeyID)
	if !ok {
		return server.GetSSHKey404JSONResponse{NotFoundJSONResponse: o.s.noKey()}, nil
	}
	return server.GetSSHKey200JSONResponse{SSHKeyFoundJSONResponse: server.SSHKeyFoundJSONResponse(key)}, nil
}

func (o operations) UpdateSSHKey(_ context.Context, r server.UpdateSSHKeyRequestObject) (server.UpdateSSHKeyResponseObject, error) {
	key, ok := o.s.store.share(r.ProjectID, r.SSHKeyID, r.Body.SharedInProject)
	if !ok {
		return server.UpdateSSHKey404JSONResponse{NotFoundJSONResponse: o.s.noKey()}, nil
	}
	return server.UpdateSSHKey200JSONResponse{SSHKeyFoundJSONResponse: server.SSHKeyFoundJSONResponse(key)}, nil
}

func (o operations) DeleteSSHKey(_ context.Context, r server.DeleteSSHKeyRequestObject) (server.DeleteSSHKeyResponseObject, error) {
	if !o.s.store.delete(r.ProjectID, r.SSHKeyID) {
		return server.DeleteSSHKey404JSONResponse{NotFoundJSONResponse: o.s.noKey()}, nil
	}
	return server.DeleteSSHKey204Response{}, nil
}

// newKey returns the key that a create adds to the store, uploaded or generated, and a generated key's private key. It
// fails with errPublicKey if the uploaded key is not one.
func (s *Server) newKey(project int64, r server.CreateSSHKeyRequest) (key server.SSHKey, private *string, err error) {
	var public ssh.PublicKey
	var line string
	if r.PublicKey != nil {
		line = strings.TrimSpace(*r.PublicKey)
		public, err = parsePublicKey(line)
	} else {
		var secret string
		public, secret, err = s.newPair()
		if err == nil {
			line = sshkey.Line(public, "")
			private = &secret
		}
	}
	if err != nil {
		return server.SSHKey{}, nil, err
	}
	createdAt := s.clock().UTC().Truncate(time.Second)
	return server.SSHKey{
		CreatedAt:       &createdAt,
		Fingerprint:     ssh.FingerprintLegacyMD5(public),
		ID:              s.newID(),
		Name:            r.Name,
		ProjectID:       &project,
		PublicKey:       line,
		SharedInProject: or(r.SharedInProject, true),
		State:           server.SSHKeyStateACTIVE,
	}, private, nil
}

// exists reports whether there is such a project. Gcore numbers them from 1; here all exist from the start.
func exists(project int64) bool { return project >= 1 }

func (s *Server) noProject() server.NotFoundJSONResponse {
	e := s.apiError(http.StatusNotFound)
	e.Message = "Project not found"
	return server.NotFoundJSONResponse(e)
}

func (s *Server) noKey() server.NotFoundJSONResponse {
	return server.NotFoundJSONResponse(s.apiError(http.StatusNotFound))
}

// or returns what p points to, or fallback if it points to nothing.
func or[T any](p *T, fallback T) T {
	if p == nil {
		return fallback
	}
	return *p
}
