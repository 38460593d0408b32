package gcore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// UnknownOutcomeError says that a create may or may not have added a key: it may have been sent, and no response showed
// which. Or, for a generated key, a response said that the key was created, but the private key did not arrive: then Error says so. A
// create with a generated key was not sent again, as that could generate a second key. Nothing was deleted.
//
// errors.As finds no *Error and no *ResponseError in it, so that it is not taken for a definite failure: these are in Err.
type UnknownOutcomeError struct {
	// Name is the name that was asked for.
	Name string
	// Candidates are the keys that were there when this package looked: those with the name, if the key was to be
	// generated; those with the public key, if it was uploaded. One of them may be the result. That there are none proves
	// nothing: a server can carry a request out late, and a list can lag behind.
	Candidates []SSHKey
	// LookupErr is the error of the last lookup, or nil.
	LookupErr error
	// Err is the error of the create request.
	Err error

	uploaded bool // the public key was the caller's
}

// Error says what happened, what was found, and what to do about it.
func (e *UnknownOutcomeError) Error() string {
	if arrived := arrivedKey(e.Err); arrived != nil && checkID(arrived.ID) == nil && !e.uploaded {
		return oneLine(fmt.Sprintf("create SSH key %q: the key %s was created, but its private key did not arrive and is lost: %v. "+
			"Delete it and create another.", e.Name, arrived.ID, e.Err))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "create SSH key %q: it is not known whether the key was created: %v. ", e.Name, e.Err)
	switch {
	case e.LookupErr != nil:
		fmt.Fprintf(&b, "Looking for it failed: %v. ", e.LookupErr)
	case len(e.Candidates) == 0:
		b.WriteString("The list shows no such key, but one may still appear. ")
	}
	for i, key := range e.Candidates {
		if i == maxNamed {
			fmt.Fprintf(&b, "And %d more. ", len(e.Candidates)-i)
			break
		}
		created := "at an unknown time"
		if key.CreatedAt != nil {
			created = key.CreatedAt.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(&b, "Found %s, created %s. ", idOf(key), created)
	}
	if e.uploaded {
		b.WriteString("Your private key is on your machine: list the keys, and if yours is not there, create it again with the same public key.")
	} else {
		b.WriteString("If a key was created, its private key is lost: wait a minute, list the keys, delete the new one if there is one, and create another under a new name.")
	}
	return oneLine(b.String())
}

// maxNamed is the most keys that a text names.
const maxNamed = 10

// idOf returns the id of a key, for a text. What a server gives as an id could be anything.
func idOf(key SSHKey) string {
	if checkID(key.ID) != nil {
		return "a key with an invalid id"
	}
	return key.ID
}

// Unwrap returns Err, unless that is an *Error or a *ResponseError: a match would suggest that the outcome is known.
func (e *UnknownOutcomeError) Unwrap() error {
	_, isAPI := errors.AsType[*Error](e.Err)
	if _, isResponse := errors.AsType[*ResponseError](e.Err); isAPI || isResponse {
		return nil
	}
	return e.Err
}

// lookup is what a search for an uploaded public key found.
type lookup struct {
	key        *CreatedSSHKey // the key as it was asked for, if it is there
	absent     bool           // the list was read, and holds no key with this public key under the name asked for
	candidates []SSHKey       // keys with the public key that are not as asked for
	err        error          // why the last look failed
}

// lookUp looks for an uploaded public key, several times, as a list can lag behind, and the last time without the name
// filter. If the caller has cancelled, it looks once. If a part of the key arrived in a response, its id is tried first.
func (s *SSHKeys) lookUp(ctx context.Context, request CreateSSHKeyRequest, public ssh.PublicKey, arrived *CreatedSSHKey) lookup {
	var result lookup
	if arrived != nil && checkID(arrived.ID) == nil {
		own, cancel := lookupContext(ctx)
		key, err := s.Get(own, arrived.ID)
		cancel()
		if err == nil && samePublicKey(public, key.PublicKey) && matchesRequest(*key, request) {
			result.key = s.asCreated(*key)
			return result
		}
	}
	byName := ListSSHKeysParams{Name: &request.Name}
	for i, params := range []ListSSHKeysParams{byName, byName, {}} {
		if i > 0 && sleep(ctx, s.cloud.config.Backoff(i-1, 0)) != nil {
			break
		}
		own, cancel := lookupContext(ctx)
		result.candidates, result.err = s.find(own, public, params)
		cancel()
		named := false
		for _, key := range result.candidates {
			if key.Name != request.Name {
				continue
			}
			named = true
			if matchesRequest(key, request) {
				result.key = s.asCreated(key)
				return result
			}
		}
		result.absent = !named && (result.err == nil || result.absent)
	}
	return result
}

// lookupContext returns a context for a request that looks for the outcome of a create. It goes on when the caller has cancelled.
func lookupContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), lookupTimeout)
}

// matchesRequest reports whether a key can serve as the result of a create.
func matchesRequest(key SSHKey, request CreateSSHKeyRequest) bool {
	return key.Name == request.Name && key.State == SSHKeyStateACTIVE &&
		(request.SharedInProject == nil || key.SharedInProject == *request.SharedInProject)
}

// asCreated returns a listed key as the response to its create would have been.
func (s *SSHKeys) asCreated(key SSHKey) *CreatedSSHKey {
	created := &CreatedSSHKey{
		Fingerprint:     key.Fingerprint,
		ID:              key.ID,
		Name:            key.Name,
		ProjectID:       s.projectID,
		PublicKey:       key.PublicKey,
		SharedInProject: key.SharedInProject,
		State:           key.State,
	}
	if key.CreatedAt != nil {
		created.CreatedAt = *key.CreatedAt
	}
	return created
}

// warnOfDuplicates logs a warning if the public key is in the project twice, as it can be when a create that was retried had
// been carried out late.
func (s *SSHKeys) warnOfDuplicates(ctx context.Context, public ssh.PublicKey) {
	own, cancel := lookupContext(ctx)
	defer cancel()
	found, err := s.find(own, public, ListSSHKeysParams{})
	if err != nil || len(found) < 2 {
		return
	}
	var ids []string
	for _, key := range found[:min(len(found), maxNamed)] {
		ids = append(ids, idOf(key))
	}
	s.cloud.config.Logger.WarnContext(ctx, "the public key is in the project more than once: delete what you do not need", "ids", ids)
}
