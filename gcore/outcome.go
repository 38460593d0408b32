package gcore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// UnknownOutcomeError means that a create may or may not have added a key: the request may have been sent, and no response says
// whether it was carried out. It is also returned if a response says that a generated key was created, but its private key did not
// arrive; then Error says so. A create with a generated key was not retried after that, as that could generate a second key. Nothing was
// deleted.
//
// errors.As finds no *Error and no *ResponseError in it, since those mean that the outcome is known: they are in Err.
type UnknownOutcomeError struct {
	// Name is the requested name.
	Name string
	// Candidates are the keys that the last lookup found: those with the name for a generated key, those with the public key
	// for an uploaded one. One of them may be the result. If there are none, a key may still appear: a server can carry out a
	// request late, and a list can lag behind.
	Candidates []SSHKey
	// LookupErr is the error of the last lookup, or nil.
	LookupErr error
	// Err is the error of the create request.
	Err error

	uploaded bool // the request had a public key
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

// maxNamed is the most keys that an error or a log record names.
const maxNamed = 10

// idOf returns the id of a key for a message, if it is one: a server could send any text as an id.
func idOf(key SSHKey) string {
	if checkID(key.ID) != nil {
		return "a key with an invalid id"
	}
	return key.ID
}

// Unwrap returns Err, or nil if that is an *Error or a *ResponseError: finding one would suggest that the outcome is known.
func (e *UnknownOutcomeError) Unwrap() error {
	_, isAPI := errors.AsType[*Error](e.Err)
	if _, isResponse := errors.AsType[*ResponseError](e.Err); isAPI || isResponse {
		return nil
	}
	return e.Err
}

// lookup is what a search for an uploaded public key found.
type lookup struct {
	key        *CreatedSSHKey // the key that matches the request, or nil
	absent     bool           // the list was read, and has no key with this public key and the requested name
	candidates []SSHKey       // keys with the public key that do not match the request
	err        error          // why the last lookup failed
}

// lookUp looks for an uploaded public key in the list: three times, as the list can lag behind, and the last time without the name
// filter. If the caller has cancelled, it looks once. If an id arrived in a response, it gets the key with that id first.
func (s *SSHKeys) lookUp(ctx context.Context, request CreateSSHKeyRequest, public ssh.PublicKey, arrived *CreatedSSHKey) lookup {
	var result lookup
	if arrived != nil && checkID(arrived.ID) == nil {
		lookupCtx, cancel := lookupContext(ctx)
		key, err := s.Get(lookupCtx, arrived.ID)
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
		lookupCtx, cancel := lookupContext(ctx)
		result.candidates, result.err = s.find(lookupCtx, public, params)
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

// lookupContext returns a context for a lookup of the outcome of a create. It continues when the caller has cancelled.
func lookupContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), lookupTimeout)
}

// matchesRequest reports whether a key can serve as the result of a create.
func matchesRequest(key SSHKey, request CreateSSHKeyRequest) bool {
	return key.Name == request.Name && key.State == SSHKeyStateACTIVE &&
		(request.SharedInProject == nil || key.SharedInProject == *request.SharedInProject)
}

// asCreated converts a listed key into what the response to its create would have been.
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

// warnOfDuplicates logs a warning if the public key is in the project twice. That happens if the server carries out a create after
// it was retried.
func (s *SSHKeys) warnOfDuplicates(ctx context.Context, public ssh.PublicKey) {
	lookupCtx, cancel := lookupContext(ctx)
	defer cancel()
	found, err := s.find(lookupCtx, public, ListSSHKeysParams{})
	if err != nil || len(found) < 2 {
		return
	}
	var ids []string
	for _, key := range found[:min(len(found), maxNamed)] {
		ids = append(ids, idOf(key))
	}
	s.cloud.config.Logger.WarnContext(ctx, "the public key is in the project more than once: delete what you do not need", "ids", ids)
}
