package gcore

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"golang.org/x/crypto/ssh"
)

// maxPage is the largest limit that listSSHKeys takes.
const maxPage = 1000

// List returns one page of keys, 10 unless params.Limit says otherwise (listSSHKeys). If some keys of the page are not
// as they should be, it returns the others together with a *ResponseError that says which those are.
func (s *SSHKeys) List(ctx context.Context, params ListSSHKeysParams) (*SSHKeyList, error) {
	if err := checkList(params); err != nil {
		return nil, fmt.Errorf("list SSH keys: %w", err)
	}
	return decode[SSHKeyList](s.cloud.client.ListSSHKeys(ctx, s.projectID, &params))
}

// All returns every key that params.Name and params.OrderBy select, each once, and fetches page after page as the loop
// goes on (listSSHKeys). params.Limit is the size of a page, 1 to 1,000 and by default 1,000; params.Offset is where to
// start.
//
//	for key, err := range cloud.SSHKeys(1).All(ctx, gcore.ListSSHKeysParams{}) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(key.Name)
//	}
//
// An error about a single page's keys, a *ResponseError, comes before the rest of that page, and a loop may continue
// after it. After any other error there is nothing more. Keys that are deleted while the loop runs can shift a later
// key past a page's edge, so that it is not seen.
func (s *SSHKeys) All(ctx context.Context, params ListSSHKeysParams) iter.Seq2[SSHKey, error] {
	return func(yield func(SSHKey, error) bool) {
		if params.Limit == nil {
			params.Limit = new(int64(maxPage))
		}
		offset := int64(0)
		if params.Offset != nil {
			offset = *params.Offset
		}
		seen := map[string]bool{} // keys that are added meanwhile shift others onto the next page
		for {
			params.Offset = &offset
			page, err := s.List(ctx, params)
			if err != nil && !yield(SSHKey{}, err) || page == nil {
				return
			}
			fresh := false
			for _, key := range page.Results {
				if seen[key.ID] {
					continue
				}
				seen[key.ID], fresh = true, true
				if !yield(key, nil) {
					return
				}
			}
			if err != nil {
				offset += *params.Limit // some keys of the page are missing, and how many is not known here
			} else {
				offset += int64(len(page.Results)) // a server may give less than was asked for
			}
			if offset >= page.Count {
				return
			}
			if !fresh && err == nil {
				yield(SSHKey{}, errors.New("list SSH keys: a page held no new key though more are counted; stopping"))
				return
			}
		}
	}
}

// FindByPublicKey returns the keys of the project that hold the given public key, whatever their names and comments;
// none is no error. It reads the whole list (listSSHKeys).
func (s *SSHKeys) FindByPublicKey(ctx context.Context, publicKey string) ([]SSHKey, error) {
	key, _, err := parsePublicKey(publicKey)
	if err != nil {
		return nil, fmt.Errorf("find SSH key: %w: %w", err, ErrInvalid)
	}
	return s.find(ctx, key, ListSSHKeysParams{})
}

func (s *SSHKeys) find(ctx context.Context, publicKey ssh.PublicKey, params ListSSHKeysParams) ([]SSHKey, error) {
	return s.collect(ctx, params, func(key SSHKey) bool { return samePublicKey(publicKey, key.PublicKey) })
}

// collect returns the keys that match, and the first error, which does not keep it from reading on where it can.
func (s *SSHKeys) collect(ctx context.Context, params ListSSHKeysParams, match func(SSHKey) bool) ([]SSHKey, error) {
	var found []SSHKey
	var first error
	for key, err := range s.All(ctx, params) {
		switch {
		case err != nil && first == nil:
			first = err
		case err == nil && match(key):
			found = append(found, key)
		}
	}
	return found, first
}

func checkList(params ListSSHKeysParams) error {
	switch {
	case params.Limit != nil && (*params.Limit < 1 || *params.Limit > maxPage):
		return fmt.Errorf("limit is %d, and can be 1 to %d: %w", *params.Limit, maxPage, ErrInvalid)
	case params.Offset != nil && *params.Offset < 0:
		return fmt.Errorf("offset is %d, and cannot be negative: %w", *params.Offset, ErrInvalid)
	case params.OrderBy != nil && !params.OrderBy.Valid():
		return fmt.Errorf("order_by is not one of the SSHKeyOrder constants: %w", ErrInvalid)
	}
	return nil
}
