package gcoretest

import (
	"errors"
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// Add adds a key to a project without a request, as createSSHKey would, and returns it. The private key of a generated pair is
// dropped. Each edit may change the key before it is added:
//
//	srv.Add(1, request, func(key *gcore.SSHKey) { key.ID = "36a7a97a-0672-4911-8f2b-92cd4e5b0d91" })
//
// Add panics if the key is not valid: the project's number is below 1 or changed, the name does not have 1 to 255 characters,
// the public key is not an RSA or Ed25519 key, the id is not a UUID of version 4 in lower case or is taken, the fingerprint does not
// have the form of an MD5 sum, the state is not one of openapi.yaml, created_at is missing or not in the years 0 to 9999, or
// WithUniqueNames forbids the name.
func (s *Server) Add(projectID int64, r gcore.CreateSSHKeyRequest, edit ...func(*gcore.SSHKey)) gcore.SSHKey {
	key, err := s.add(projectID, r, edit)
	if err != nil {
		panic(fmt.Sprintf("gcoretest: Add %q: %v", r.Name, err))
	}
	return key
}

func (s *Server) add(projectID int64, r gcore.CreateSSHKeyRequest, edit []func(*gcore.SSHKey)) (gcore.SSHKey, error) {
	if !projectExists(projectID) {
		return gcore.SSHKey{}, fmt.Errorf("there is no project %d", projectID)
	}
	key, _, err := s.newKey(projectID, r)
	if err != nil {
		return gcore.SSHKey{}, err
	}
	for _, change := range edit {
		change(&key)
	}
	id, err := uuid.Parse(key.ID)
	switch {
	case key.ProjectID == nil || *key.ProjectID != projectID:
		return gcore.SSHKey{}, errors.New("the project is changed")
	case utf8.RuneCountInString(key.Name) < 1 || utf8.RuneCountInString(key.Name) > 255 || !utf8.ValidString(key.Name):
		return gcore.SSHKey{}, errors.New("the name does not have 1 to 255 characters of valid UTF-8")
	case !validPublicKey(key.PublicKey):
		return gcore.SSHKey{}, errPublicKey
	case err != nil || id.Version() != 4 || id.Variant() != uuid.RFC4122 || id.String() != key.ID: // Parse takes other forms too
		return gcore.SSHKey{}, fmt.Errorf("the id %q is not a UUID of version 4 in lower case", key.ID)
	case !key.State.Valid():
		return gcore.SSHKey{}, fmt.Errorf("openapi.yaml has no state %q", key.State)
	case key.CreatedAt == nil:
		return gcore.SSHKey{}, errors.New("created_at is missing, which keys are sorted by")
	case !inRFC3339(*key.CreatedAt):
		return gcore.SSHKey{}, errYear
	case !fingerprint.MatchString(key.Fingerprint):
		return gcore.SSHKey{}, errors.New("the fingerprint is not 16 pairs of hex digits with colons")
	}
	err = s.store.add(copyOf(key), 0, s.uniqueNames)
	return key, err
}

var errYear = errors.New("created_at is not in the years 0 to 9999, which RFC 3339 can write")

func inRFC3339(t time.Time) bool { return t.Year() >= 0 && t.Year() <= 9999 }

var fingerprint = regexp.MustCompile(`^([0-9a-f]{2}:){15}[0-9a-f]{2}$`)

// Keys returns every key of a project, oldest first, also those that Fault.HideFor leaves out of lists.
func (s *Server) Keys(projectID int64) []gcore.SSHKey {
	var keys []gcore.SSHKey
	for _, key := range s.store.all(projectID) {
		keys = append(keys, copyOf(key))
	}
	return keys
}

// copyOf also copies what pointers lead to, so that callers cannot change the store.
func copyOf(key gcore.SSHKey) gcore.SSHKey {
	if key.CreatedAt != nil {
		key.CreatedAt = new(*key.CreatedAt)
	}
	if key.ProjectID != nil {
		key.ProjectID = new(*key.ProjectID)
	}
	return key
}
