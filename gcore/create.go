package gcore

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sshkey"
)

// lookupTimeout bounds each lookup of the outcome of a create.
const lookupTimeout = 30 * time.Second

// Two documents of Gcore differ about names: the API reference of createSSHKey allows up to maxName characters of any kind, the
// machine-readable description asks for usualName.
const maxName = 255

var usualName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z 0-9._\-]{1,61}[a-zA-Z0-9._]$`)

// Validate checks the name, which must have 1 to 255 characters, and the public key, if there is one, which must be one line as
// in a .pub file, of type RSA or Ed25519, according to Gcore's API documentation. It returns nil or an error that wraps
// ErrInvalid.
func (r CreateSSHKeyRequest) Validate() error {
	_, _, err := r.check()
	return err
}

// check validates the request. If it has a public key, check returns it and the line to send for it.
func (r CreateSSHKeyRequest) check() (public ssh.PublicKey, line string, err error) {
	if r.PublicKey != nil {
		if public, line, err = parsePublicKey(*r.PublicKey); err != nil {
			return nil, "", fmt.Errorf("create SSH key: %w: %w", err, ErrInvalid)
		}
		if err := sshkey.CheckType(public.Type()); err != nil {
			return nil, "", fmt.Errorf("create SSH key: %w: %w", err, ErrInvalid)
		}
	}
	if n := utf8.RuneCountInString(r.Name); n < 1 || n > maxName || !utf8.ValidString(r.Name) {
		return nil, "", fmt.Errorf("create SSH key: the name has %d characters, and must have 1 to %d of valid UTF-8: %w", n, maxName, ErrInvalid)
	}
	return public, line, nil
}

// Create adds a key to the project (createSSHKey). A second call can add a second key; Ensure is safe to call again. The key is
// shared with all users of the project unless request.SharedInProject points to false, according to Gcore's API documentation.
//
// Without request.PublicKey, Gcore generates an Ed25519 key pair and returns the private key only once: Save the result. Such a
// create is retried only after a failure which means that it was not carried out, such as 429 or no connection. If its outcome
// is unknown, for example because the connection was lost, the error is an *UnknownOutcomeError, which lists the keys that may
// be the new one. If the private key arrived in a response that is otherwise invalid, the error is a *ResponseError that
// contains the key.
//
// With request.PublicKey, one line as in a .pub file, the key is uploaded and no private key can be lost. If the outcome is
// unknown, Create looks for the key in the list, and retries if it is not there; the result is the same as if the first response
// had arrived. Its PrivateKey is zero. If the server is slow to list new keys, the key can be added twice; if Create sees that,
// it logs a warning to Config.Logger.
//
// A request for which Validate fails is not sent. When ctx ends, Create can continue: for 10 seconds if the response has begun to
// arrive, and for up to 90 seconds to look for the key.
func (s *SSHKeys) Create(ctx context.Context, request CreateSSHKeyRequest) (*CreatedSSHKey, error) {
	public, line, err := request.check()
	if err != nil {
		return nil, err
	}
	if err := s.valid(nil); err != nil {
		return nil, fmt.Errorf("create SSH key: %w", err)
	}
	if !usualName.MatchString(request.Name) {
		s.cloud.config.Logger.WarnContext(ctx, "Gcore may reject this name: one of its descriptions asks for 3 to 63 letters,"+
			" digits, spaces and ._- with a letter or digit first and no space or hyphen last")
	}
	if request.PublicKey == nil {
		return s.createGenerated(ctx, request)
	}
	request.PublicKey = &line
	return s.createUploaded(ctx, request, public)
}

// createGenerated sends a create whose response contains the only copy of a private key. This request and the lookups of its
// outcome use a new connection each, which is closed after it: see newTransports.
func (s *SSHKeys) createGenerated(ctx context.Context, request CreateSSHKeyRequest) (*CreatedSSHKey, error) {
	call := &call{Context: ctx}
	key, err := s.createOnce(call, request, nil)
	if err == nil || !call.mayHaveEffect || hasPrivateKey(err) {
		return key, err
	}
	ctx, cancel := lookupContext(withSingleUse(ctx, true))
	defer cancel()
	name := request.Name // what is captured is allocated, in a create that succeeds as well
	candidates, lookupErr := s.collect(ctx, ListSSHKeysParams{Name: &name}, func(key SSHKey) bool { return key.Name == name })
	return nil, &UnknownOutcomeError{Name: name, Candidates: candidates, LookupErr: lookupErr, Err: err}
}

// createUploaded sends a create with the caller's public key, and looks for the key if the outcome is unknown. All its attempts
// share the limit MaxRetries.
func (s *SSHKeys) createUploaded(ctx context.Context, request CreateSSHKeyRequest, public ssh.PublicKey) (*CreatedSSHKey, error) {
	if timeout := s.cloud.config.HTTPClient.Timeout; timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	call := &call{Context: withSingleUse(ctx, false)}
	for first := true; ; first = false {
		key, err := s.createOnce(call, request, public)
		switch {
		case hasPrivateKey(err):
			return nil, err
		case err != nil && !call.mayHaveEffect:
			if _, ok := errors.AsType[*Error](err); ok {
				return nil, err
			}
			return nil, fmt.Errorf("%w; nothing was added: create it again with the same public key", err)
		}
		var found lookup
		if err != nil {
			found = s.lookUp(ctx, request, public, arrivedKey(err))
			key = found.key
		}
		if key != nil {
			if !first {
				s.warnOfDuplicates(ctx, public)
			}
			return key, nil
		}
		if arrivedKey(err) != nil { // the key was added: another request would add a second
			return nil, err
		}
		// If Gcore rejected this request, an earlier one may still have been carried out. A conflict can be with that one.
		rejected := hadNoEffect(err) && !errors.Is(err, ErrConflict)
		retry := call.attempts <= s.cloud.config.MaxRetries && found.absent && !rejected && ctx.Err() == nil
		if !retry || sleep(ctx, s.cloud.config.Backoff(call.attempts-1, retryAfterOf(err))) != nil {
			return nil, &UnknownOutcomeError{Name: request.Name, Candidates: found.candidates, LookupErr: found.err, Err: err, uploaded: true}
		}
	}
}

// createOnce sends one create and compares its response with the request. public is nil if Gcore is to generate the key.
func (s *SSHKeys) createOnce(ctx context.Context, request CreateSSHKeyRequest, public ssh.PublicKey) (*CreatedSSHKey, error) {
	resp, err := s.cloud.client.CreateSSHKey(ctx, s.projectID, request)
	key, err := decodeCreated(resp, err)
	if err != nil {
		return nil, err
	}
	var problems []string
	switch {
	case public == nil && key.PrivateKey.IsZero():
		problems = append(problems, "private_key is missing")
	case public != nil && !key.PrivateKey.IsZero():
		problems = append(problems, "private_key is there, though a public key was sent")
	}
	if public != nil && key.PublicKey != *request.PublicKey && !samePublicKey(public, key.PublicKey) {
		problems = append(problems, "public_key is not the one that was sent")
	}
	if key.Name != request.Name {
		problems = append(problems, "name is not the one that was sent")
	}
	if key.ProjectID != s.projectID {
		problems = append(problems, "project_id is not the one that was asked for")
	}
	if asked := request.SharedInProject; asked != nil && key.SharedInProject != *asked {
		problems = append(problems, "shared_in_project is not what was sent")
	}
	if len(problems) > 0 {
		broken := newResponseError(resp, problems, nil)
		broken.Key = key
		return nil, broken
	}
	return key, nil
}

// arrivedKey returns the part of a created key that an error contains, or nil.
func arrivedKey(err error) *CreatedSSHKey {
	if broken, ok := errors.AsType[*ResponseError](err); ok {
		return broken.Key
	}
	return nil
}

func hasPrivateKey(err error) bool {
	key := arrivedKey(err)
	return key != nil && !key.PrivateKey.IsZero()
}

// decodeCreated decodes the response to a create. If that fails, the *ResponseError contains the part of the key that arrived.
func decodeCreated(resp *http.Response, err error) (*CreatedSSHKey, error) {
	// Not the caller's context: the key has arrived, and is decoded even if the caller has cancelled.
	key, err := decode[CreatedSSHKey](context.Background(), resp, err, http.StatusCreated)
	broken, isBroken := errors.AsType[*ResponseError](err)
	if err != nil && !isBroken {
		return nil, err
	}
	if private, found := findPrivateKey(contentsOf(resp).data, key.PrivateKey); found {
		key.PrivateKey = private
		if broken == nil {
			broken = newResponseError(resp, []string{"private_key was found outside its property"}, nil)
		}
	}
	if broken == nil {
		return key, nil
	}
	if !key.PrivateKey.IsZero() || key.ID != "" || key.PublicKey != "" {
		broken.Key = key
	}
	return nil, broken
}
