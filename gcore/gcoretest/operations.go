package gcoretest

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sshkey"
)

// operations are the operations of openapi.yaml that the server implements, by operationId. Their requests have passed the checks
// of package contract.
var operations = map[string]func(*Server, http.ResponseWriter, *request){
	createSSHKey:   (*Server).createSSHKey,
	listSSHKeys:    (*Server).listSSHKeys,
	"getSSHKey":    (*Server).getSSHKey,
	"updateSSHKey": (*Server).updateSSHKey,
	"deleteSSHKey": (*Server).deleteSSHKey,
}

// The operations that the server treats in a special way.
const (
	createSSHKey = "createSSHKey"
	listSSHKeys  = "listSSHKeys" // see CommitAfterList
)

// The documented defaults of a list. Package contract checks a request, but does not fill them in.
const (
	defaultLimit = "10"
	defaultOrder = gcore.SSHKeyOrderCreatedAtDesc
)

func (s *Server) createSSHKey(w http.ResponseWriter, r *request) {
	if !projectExists(r.project) {
		s.writeError(w, http.StatusNotFound, noProject)
		return
	}
	key, private, err := s.newKey(r.project, r.body)
	if err == nil {
		err = s.store.add(key, r.hideFor, s.uniqueNames)
	}
	switch {
	case errors.Is(err, errPublicKey):
		e := s.apiError(http.StatusBadRequest)
		e.InvalidFields = map[string][]string{"public_key": {err.Error()}}
		writeJSON(w, http.StatusBadRequest, e)
	case errors.Is(err, errNameTaken):
		s.writeError(w, http.StatusConflict, "")
	case err != nil:
		s.writeError(w, http.StatusInternalServerError, err.Error())
	default:
		writeJSON(w, http.StatusCreated, createdKey{key, private})
	}
}

// createdKey is the response to a create. The client's type for it keeps the private key out of JSON.
type createdKey struct {
	gcore.SSHKey
	PrivateKey *string `json:"private_key"`
}

func (s *Server) listSSHKeys(w http.ResponseWriter, r *request) {
	if !projectExists(r.project) {
		s.writeError(w, http.StatusNotFound, noProject)
		return
	}
	offset, _ := strconv.ParseInt(cmp.Or(r.list.offset, "0"), 10, 64)
	limit, _ := strconv.ParseInt(cmp.Or(r.list.limit, defaultLimit), 10, 64)
	order := cmp.Or(gcore.SSHKeyOrder(r.list.orderBy), defaultOrder)
	page, count := s.store.list(r.project, r.list.name, order, offset, limit)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(append(strconv.AppendInt([]byte(`{"count":`), count, 10), `,"results":[`...))
	for i, key := range page { // not in one piece: a page can take megabytes, and a client can read it slowly
		if i > 0 {
			_, _ = w.Write([]byte{','})
		}
		if _, err := w.Write(key); err != nil {
			return // the client has left
		}
	}
	_, _ = w.Write([]byte("]}"))
}

func (s *Server) getSSHKey(w http.ResponseWriter, r *request) {
	s.writeKey(w, s.store.get(r.project, r.keyID))
}

func (s *Server) updateSSHKey(w http.ResponseWriter, r *request) {
	s.writeKey(w, s.store.share(r.project, r.keyID, *r.body.SharedInProject)) // openapi.yaml requires the property
}

// writeKey sends an encoded key, or 404 if it is nil.
func (s *Server) writeKey(w http.ResponseWriter, key []byte) {
	if key == nil {
		s.writeError(w, http.StatusNotFound, "")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(key)
}

func (s *Server) deleteSSHKey(w http.ResponseWriter, r *request) {
	if !s.store.delete(r.project, r.keyID) {
		s.writeError(w, http.StatusNotFound, "")
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// newKey returns the key that a create adds to the store, uploaded or generated, and a generated key's private key. It
// fails with errPublicKey if the uploaded key is not one.
func (s *Server) newKey(project int64, r gcore.CreateSSHKeyRequest) (key gcore.SSHKey, private *string, err error) {
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
		return gcore.SSHKey{}, nil, err
	}
	createdAt := s.clock().UTC().Truncate(time.Second)
	if !inRFC3339(createdAt) {
		return gcore.SSHKey{}, nil, errYear
	}
	return gcore.SSHKey{
		CreatedAt:       &createdAt,
		Fingerprint:     ssh.FingerprintLegacyMD5(public),
		ID:              s.newID(),
		Name:            r.Name,
		ProjectID:       &project,
		PublicKey:       line,
		SharedInProject: r.SharedInProject == nil || *r.SharedInProject,
		State:           gcore.SSHKeyStateACTIVE,
	}, private, nil
}

// projectExists reports whether there is such a project. Gcore numbers them from 1; here all exist from the start.
func projectExists(project int64) bool { return project >= 1 }

const noProject = "Project not found"

// writeJSON sends a response.
func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = newEncoder(w).Encode(body) // the values of this package can be encoded: if it fails, the client has left
}

// newEncoder returns an encoder that writes <, > and & as they are: escaping makes six bytes of each.
func newEncoder(w io.Writer) *json.Encoder {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder
}
