package gcore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Ensure makes sure that the project holds request.PublicKey under exactly request.Name, and reports whether it created the key.
// It can be called again: it does nothing if the key is there (listSSHKeys, createSSHKey, updateSSHKey).
//
// Public keys are compared without their comments. If an ACTIVE key has both the public key and the name, Ensure returns it, the
// oldest if there are several; if request.SharedInProject is set and differs, Ensure updates the key. The same public key under
// another name does not count, nor does a key that is DELETING. Nothing is renamed or deleted.
//
// Ensure fails with ErrConflict and the ids, and sends no create, if another public key has the name. It fails with ErrInvalid
// without a public key, and otherwise as Create does. Two calls at the same time can both create the key, if Gcore accepts
// that.
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
	if errors.Is(err, ErrConflict) { // with a key that was added meanwhile, which may be this one
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
		case request.SharedInProject != nil && *request.SharedInProject != key.SharedInProject:
			return s.Update(ctx, key.ID, UpdateSSHKeyRequest{SharedInProject: *request.SharedInProject})
		default:
			return &key, nil
		}
	}
	if err != nil { // what could not be read may be the key
		return nil, fmt.Errorf("ensure SSH key: %w", err)
	}
	if len(others) > 0 {
		return nil, fmt.Errorf("ensure SSH key: another public key has the name %q, in %s: delete it or use another name: %w",
			request.Name, strings.Join(others[:min(len(others), maxNamed)], ", "), ErrConflict)
	}
	return nil, nil //nolint:nilnil // there is none, which is no error
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

// FindByName returns the keys of the project with exactly this name, in any state; none is no error, as names need not be unique.
// An empty name is ErrInvalid (listSSHKeys).
func (s *SSHKeys) FindByName(ctx context.Context, name string) ([]SSHKey, error) {
	if name == "" {
		return nil, fmt.Errorf("find SSH key: the name is empty: %w", ErrInvalid)
	}
	return s.collect(ctx, ListSSHKeysParams{Name: &name}, func(key SSHKey) bool { return key.Name == name })
}

// SSHKey returns the key as Get and List return it, without its private key: so it can be encoded, as JSON for instance, which fails
// for a CreatedSSHKey that holds a private key.
func (k *CreatedSSHKey) SSHKey() SSHKey {
	return SSHKey{
		CreatedAt:       &k.CreatedAt,
		Fingerprint:     k.Fingerprint,
		ID:              k.ID,
		Name:            k.Name,
		ProjectID:       &k.ProjectID,
		PublicKey:       k.PublicKey,
		SharedInProject: k.SharedInProject,
		State:           k.State,
	}
}
