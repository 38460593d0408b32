package gcoretest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest/internal/server"
)

// operations answers requests that keep to the contract, out of the books. It implements the interface
// that is generated from openapi.yaml, so an operation added there does not compile until it is here.
type operations struct{ *Server }

var _ server.StrictServerInterface = operations{}

// The published defaults of a list. The contract checks a request, but does not fill them in.
const (
	defaultLimit = 10
	defaultOrder = server.SSHKeyOrderCreatedAtDesc
)

// routes is the generated server around operations.
func (s *Server) routes() http.Handler {
	badRequest := func(w http.ResponseWriter, _ *http.Request, err error) {
		s.refuse(w, http.StatusBadRequest, err.Error())
	}
	strict := server.NewStrictHandlerWithOptions(operations{s}, nil, server.StrictHTTPServerOptions{
		RequestErrorHandlerFunc: badRequest,
		ResponseErrorHandlerFunc: func(w http.ResponseWriter, _ *http.Request, err error) {
			s.refuse(w, http.StatusInternalServerError, err.Error())
		},
	})
	return server.HandlerWithOptions(strict, server.StdHTTPServerOptions{ErrorHandlerFunc: badRequest})
}

func (o operations) CreateSSHKey(ctx context.Context, r server.CreateSSHKeyRequestObject) (server.CreateSSHKeyResponseObject, error) {
	if !exists(r.ProjectID) {
		return server.CreateSSHKey404JSONResponse{NotFoundJSONResponse: o.noProject()}, nil
	}
	key, private, err := o.newKey(r.ProjectID, *r.Body)
	if errors.Is(err, errPublicKey) {
		refusal := o.refusal(http.StatusBadRequest)
		refusal.InvalidFields = map[string][]string{"public_key": {err.Error()}}
		return server.CreateSSHKey400JSONResponse{BadRequestJSONResponse: server.BadRequestJSONResponse(refusal)}, nil
	}
	if err != nil {
		return nil, err
	}
	if err := o.books.add(key, hideFor(ctx), o.uniqueNames); err != nil {
		refusal := o.refusal(http.StatusConflict)
		return server.CreateSSHKey409JSONResponse{ConflictJSONResponse: server.ConflictJSONResponse(refusal)}, nil
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
		return server.ListSSHKeys404JSONResponse{NotFoundJSONResponse: o.noProject()}, nil
	}
	p := r.Params
	page, count := o.books.list(r.ProjectID, or(p.Name, ""), or(p.OrderBy, defaultOrder), or(p.Offset, 0), or(p.Limit, defaultLimit))
	return server.ListSSHKeys200JSONResponse{Count: count, Results: page}, nil
}

func (o operations) GetSSHKey(_ context.Context, r server.GetSSHKeyRequestObject) (server.GetSSHKeyResponseObject, error) {
	key, ok := o.books.get(r.ProjectID, r.SSHKeyID)
	if !ok {
		return server.GetSSHKey404JSONResponse{NotFoundJSONResponse: o.noKey()}, nil
	}
	return server.GetSSHKey200JSONResponse{SSHKeyFoundJSONResponse: server.SSHKeyFoundJSONResponse(key)}, nil
}

func (o operations) UpdateSSHKey(_ context.Context, r server.UpdateSSHKeyRequestObject) (server.UpdateSSHKeyResponseObject, error) {
	key, ok := o.books.share(r.ProjectID, r.SSHKeyID, r.Body.SharedInProject)
	if !ok {
		return server.UpdateSSHKey404JSONResponse{NotFoundJSONResponse: o.noKey()}, nil
	}
	return server.UpdateSSHKey200JSONResponse{SSHKeyFoundJSONResponse: server.SSHKeyFoundJSONResponse(key)}, nil
}

func (o operations) DeleteSSHKey(_ context.Context, r server.DeleteSSHKeyRequestObject) (server.DeleteSSHKeyResponseObject, error) {
	if !o.books.delete(r.ProjectID, r.SSHKeyID) {
		return server.DeleteSSHKey404JSONResponse{NotFoundJSONResponse: o.noKey()}, nil
	}
	return server.DeleteSSHKey204Response{}, nil
}

// newKey is what a create adds to the books: the key asked for, or a new pair, whose private half is
// returned beside it. It fails with errPublicKey if the key asked for is not one.
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
			line = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public)))
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

// exists says whether there is such a project. Gcore numbers them from 1, and here each is there from
// the start, empty and open to the one token.
func exists(project int64) bool { return project >= 1 }

func (s *Server) noProject() server.NotFoundJSONResponse {
	refusal := s.refusal(http.StatusNotFound)
	refusal.Message = "Project not found"
	return server.NotFoundJSONResponse(refusal)
}

func (s *Server) noKey() server.NotFoundJSONResponse {
	return server.NotFoundJSONResponse(s.refusal(http.StatusNotFound))
}

// or returns what p points to, or fallback if it points to nothing.
func or[T any](p *T, fallback T) T {
	if p == nil {
		return fallback
	}
	return *p
}
