package gcore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Ensure makes sure that the project has request.PublicKey under exactly request.Name, and reports whether it created the key. It is
// safe to call again: it changes nothing if the key exists. It calls listSSHKeys, and createSSHKey or updateSSHKey if needed.
//
// Public keys are compared without their comments. If an ACTIVE key has both the public key and the name, Ensure returns it, the
// oldest if there are several; if request.SharedInProject is set and differs, Ensure updates the key. Keys under
// another name and keys that are DELETING are ignored. Nothing is renamed or deleted.
//
// If another public key has the name, Ensure does not create one, and fails with ErrConflict and the ids. Without a public key it
// fails with ErrInvalid. Its other errors are those of Create. Two calls at the same time can both create the key, if Gcore accepts
// that. If the outcome of the create was unknown and the key was then found, created is true, even if another client created it.
func (s *SSHKeys) Ensure(ctx context.Context, request CreateSSHKeyRequest) (key *SSHKey, created bool, err error) {
	if request.PublicKey == nil {
		return nil, false, fmt.Errorf("ensure SSH key: there is no public key: %w", ErrInvalid)
	}
	if err := s.valid(request.Validate()); err != nil {
		return nil, false, fmt.Errorf("ensure SSH key: %w", err)
	}
	if key, err = s.existing(ctx, request); key != nil || err != nil {
		return key, false, err
	}
	added, err := s.Create(ctx, request)
	if errors.Is(err, ErrConflict) { // a key was added meanwhile, which may be the requested one
		if key, err := s.existing(ctx, request); key != nil || err != nil {
			return key, false, err
		}
	}
	if err != nil {
		return nil, false, fmt.Errorf("ensure SSH key: %w", err)
	}
	return new(added.SSHKey()), true, nil
}

// existing returns the key that Ensure would otherwise create, or nil if there is none.
func (s *SSHKeys) existing(ctx context.Context, request CreateSSHKeyRequest) (*SSHKey, error) {
	public, _, err := request.check()
	if err != nil {
		return nil, err
	}
	named, err := s.FindByName(ctx, request.Name)
	named = slices.DeleteFunc(named, func(key SSHKey) bool { return key.State == SSHKeyStateDELETING })
	slices.SortStableFunc(named, oldestFirst)
	var others []string
	for _, key := range named {
		switch {
		case !samePublicKey(public, key.PublicKey):
			others = append(others, idOf(key))
		case key.State != SSHKeyStateACTIVE:
			return nil, fmt.Errorf("ensure SSH key: the key %s is there, but in a state that is neither ACTIVE nor DELETING: %w",
				idOf(key), ErrConflict)
		case request.SharedInProject != nil && *request.SharedInProject != key.SharedInProject:
			return s.Update(ctx, key.ID, UpdateSSHKeyRequest{SharedInProject: *request.SharedInProject})
		default:
			return &key, nil
		}
	}
	if err != nil { // an item that could not be read may be the key
		return nil, fmt.Errorf("ensure SSH key: %w", err)
	}
	if len(others) > 0 {
		return nil, fmt.Errorf("ensure SSH key: another public key has the name %q, in %s: delete it or use another name: %w",
			request.Name, strings.Join(others[:min(len(others), maxNamed)], ", "), ErrConflict)
	}
	return nil, nil //nolint:nilnil // no key, which is not an error
}

// oldestFirst compares keys by the time of their creation. Those without come last.
func oldestFirst(a, b SSHKey) int {
	switch {
	case a.CreatedAt != nil && b.CreatedAt != nil:
		return cmp.Or(a.CreatedAt.Compare(*b.CreatedAt), cmp.Compare(a.ID, b.ID))
	case a.CreatedAt != nil:
		return -1
	case b.CreatedAt != nil:
		return 1
	}
	return cmp.Compare(a.ID, b.ID)
}

// FindByName returns the keys of the project with exactly this name, in any state (listSSHKeys). No match is not an error, and names
// need not be unique. An empty name is ErrInvalid.
func (s *SSHKeys) FindByName(ctx context.Context, name string) ([]SSHKey, error) {
	if name == "" {
		return nil, fmt.Errorf("find SSH key: the name is empty: %w", ErrInvalid)
	}
	return s.collect(ctx, ListSSHKeysParams{Name: &name}, func(key SSHKey) bool { return key.Name == name })
}

// SSHKey returns the key as Get and List do, without its private key. Unlike a CreatedSSHKey with a private key, the result can be
// encoded, for example as JSON.
func (k *CreatedSSHKey) SSHKey() SSHKey {
	var createdAt *time.Time // nil, as in the list, if a key was found there without it
	if !k.CreatedAt.IsZero() {
		createdAt = new(k.CreatedAt)
	}
	var project *int64
	if k.ProjectID != 0 {
		project = new(k.ProjectID)
	}
	return SSHKey{
		CreatedAt:       createdAt,
		Fingerprint:     k.Fingerprint,
		ID:              k.ID,
		Name:            k.Name,
		ProjectID:       project,
		PublicKey:       k.PublicKey,
		SharedInProject: k.SharedInProject,
		State:           k.State,
	}
}
