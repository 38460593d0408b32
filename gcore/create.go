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
)

// lookupTimeout bounds the search for the outcome of a create, which goes on when the caller has cancelled.
const lookupTimeout = 30 * time.Second

// maxName is the longest name, in characters (the page of createSSHKey).
const maxName = 255

// usualName is what Gcore's machine-readable description asks of a name, and its page does not.
var usualName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z 0-9._\-]{1,61}[a-zA-Z0-9._]$`)

// Validate reports whether Create would refuse the request without sending it: the name must have 1 to 255 characters (the
// page of createSSHKey), and the public key, if there is one, must be one line as in a .pub file. The error is ErrInvalid.
func (r CreateSSHKeyRequest) Validate() error {
	if r.PublicKey != nil {
		if _, _, err := parsePublicKey(*r.PublicKey); err != nil {
			return fmt.Errorf("create SSH key: %w: %w", err, ErrInvalid)
		}
	}
	if n := utf8.RuneCountInString(r.Name); n < 1 || n > maxName || !utf8.ValidString(r.Name) {
		return fmt.Errorf("create SSH key: the name has %d characters, and must have 1 to %d of valid UTF-8: %w", n, maxName, ErrInvalid)
	}
	return nil
}

// Create adds a key to the project (createSSHKey).
//
// Without request.PublicKey the platform makes an Ed25519 pair, and the result holds the private half, which is
// returned this once: Save it. Such a create is sent again only if it surely was not carried out. If its outcome is
// unknown, as when the connection is lost, the error is an *UnknownOutcomeError, which lists the keys that may be the
// one; if the private key did arrive in an answer that is otherwise not in order, the error is a *ResponseError that
// holds it.
//
// With request.PublicKey, one line as in a .pub file, the key is the caller's own and nothing can be lost. Then an
// unknown outcome is settled by looking for the key, and by sending it again if it is not there; the result is the same
// as if the first answer had arrived. Its PrivateKey is zero. A server that is slow to show what it did can so come to
// list the key twice; Config.Logger is warned if that is seen.
//
// A request that Validate refuses is not sent. When ctx ends, Create can go on for 10 seconds, if the answer has begun to
// arrive, and for 30 more to look for the key.
func (s *SSHKeys) Create(ctx context.Context, request CreateSSHKeyRequest) (*CreatedSSHKey, error) {
	if err := request.Validate(); err != nil {
		return nil, err
	}
	if !usualName.MatchString(request.Name) {
		s.cloud.log.WarnContext(ctx, "Gcore may refuse this name: one of its descriptions asks for 3 to 63 letters,"+
			" digits, spaces and ._- with a letter or digit first and no space or hyphen last")
	}
	if request.PublicKey == nil {
		return s.createByPlatform(ctx, request)
	}
	public, line, err := parsePublicKey(*request.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("create SSH key: %w: %w", err, ErrInvalid)
	}
	request.PublicKey = &line
	return s.createOwn(ctx, request, public)
}

func (s *SSHKeys) createByPlatform(ctx context.Context, request CreateSSHKeyRequest) (*CreatedSSHKey, error) {
	key, err := s.send(ctx, request, nil)
	if err == nil || isDefinite(err) {
		return key, err
	}
	if answer, ok := errors.AsType[*ResponseError](err); ok && answer.Key != nil && !answer.Key.PrivateKey.IsZero() {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookupTimeout)
	defer cancel()
	candidates, lookupErr := s.collect(ctx, ListSSHKeysParams{Name: &request.Name},
		func(key SSHKey) bool { return key.Name == request.Name })
	return nil, &UnknownOutcomeError{Name: request.Name, Candidates: candidates, LookupErr: lookupErr, Err: err}
}

func (s *SSHKeys) createOwn(ctx context.Context, request CreateSSHKeyRequest, public ssh.PublicKey) (*CreatedSSHKey, error) {
	for attempt := 0; ; attempt++ {
		key, err := s.send(ctx, request, public)
		if err != nil && isDefinite(err) && attempt == 0 {
			return nil, err
		}
		var found settlement
		var answered *CreatedSSHKey // what arrived of the key: it was made, and is not sent again
		if err != nil {
			if answer, ok := errors.AsType[*ResponseError](err); ok {
				answered = answer.Key
			}
			found = s.settle(ctx, request, public, answered)
			key = found.key
		}
		if key != nil {
			if attempt > 0 {
				s.warnOfDoubles(ctx, public)
			}
			return key, nil
		}
		if answered != nil {
			return nil, err
		}
		refused := isDefinite(err) && !errors.Is(err, ErrConflict) // a conflict can be with our own earlier attempt
		again := attempt < s.cloud.retry.max && found.absent && !refused && ctx.Err() == nil
		if !again || s.cloud.retry.wait(ctx, max(backoff(attempt), askedToWait(err))) != nil {
			return nil, &UnknownOutcomeError{
				Name: request.Name, Candidates: found.candidates, LookupErr: found.err, Err: err, own: true,
			}
		}
	}
}

// send sends one create and compares its answer with what was asked for.
func (s *SSHKeys) send(ctx context.Context, request CreateSSHKeyRequest, public ssh.PublicKey) (*CreatedSSHKey, error) {
	rsp, err := s.cloud.client.CreateSSHKey(ctx, s.projectID, request)
	key, err := decode[CreatedSSHKey](rsp, err)
	if err != nil {
		return nil, err
	}
	var problems []string
	if public == nil && key.PrivateKey.IsZero() {
		problems = append(problems, "private_key is missing")
	}
	if public != nil && !samePublicKey(public, key.PublicKey) {
		problems = append(problems, "public_key is not the one that was sent")
	}
	if key.Name != request.Name {
		problems = append(problems, "name is not the one that was sent")
	}
	if asked := request.SharedInProject; asked != nil && key.SharedInProject != *asked {
		problems = append(problems, "shared_in_project is not what was sent")
	}
	if len(problems) > 0 {
		answer := newResponseError(rsp, problems, nil)
		answer.Key = key
		return nil, answer
	}
	return key, nil
}

// askedToWait returns the Retry-After of a refusal, or 0.
func askedToWait(err error) time.Duration {
	if refused, ok := errors.AsType[*Error](err); ok {
		return refused.RetryAfter
	}
	return 0
}

// isDefinite reports whether a failed create surely made no key: Gcore itself refused it, somebody refused it for coming
// too often, or it was never sent.
func isDefinite(err error) bool {
	if refused, ok := errors.AsType[*Error](err); ok {
		return refused.StatusCode == http.StatusTooManyRequests ||
			refused.isGcore() && refused.StatusCode/100 == 4 && refused.StatusCode != http.StatusRequestTimeout
	}
	return neverSent(err)
}
