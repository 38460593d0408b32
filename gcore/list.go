package gcore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"

	"golang.org/x/crypto/ssh"
)

// maxPage is the largest limit that listSSHKeys accepts.
const maxPage = 1000

// List returns one page of keys, 10 unless params.Limit says otherwise (listSSHKeys). If some items do not decode, List returns
// the rest with a *ResponseError listing the failures.
func (s *SSHKeys) List(ctx context.Context, params ListSSHKeysParams) (*SSHKeyList, error) {
	list, err := s.page(ctx, params)
	if broken, ok := errors.AsType[*ResponseError](err); ok && list != nil {
		for _, i := range slices.Backward(broken.bad) {
			list.Results = slices.Delete(list.Results, i, i+1)
		}
	}
	return list, err
}

// page is List, but does not remove the items that do not decode: see ResponseError.bad.
func (s *SSHKeys) page(ctx context.Context, params ListSSHKeysParams) (*SSHKeyList, error) {
	if err := s.valid(checkList(params)); err != nil {
		return nil, fmt.Errorf("list SSH keys: %w", err)
	}
	resp, err := s.cloud.client.ListSSHKeys(ctx, s.projectID, &params)
	return decode[SSHKeyList](ctx, resp, err, http.StatusOK)
}

// All returns every key that params.Name selects, each once, in the order of params.OrderBy. It fetches the next page when the loop
// needs it (listSSHKeys). params.Limit is the size of a page, 1 to 1,000 and by default 1,000; params.Offset is the number of keys
// to skip.
//
//	for key, err := range cloud.SSHKeys(1).All(ctx, gcore.ListSSHKeysParams{}) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(key.Name)
//	}
//
// An error about items that do not decode, a *ResponseError, comes before the other keys of their page, and the loop may continue
// after it. Any other error is the last value.
//
// Keys can be added and deleted while the loop runs. If the server keeps the keys in one order, every key that exists from the first
// request to the last is yielded exactly once, or an error says that this is not certain. To notice that a deletion moved keys to
// the page before, each page begins with the last key of the page before; so a page has at least two keys.
//
// To delete keys, collect them first and delete them after the loop. Deletions inside the loop move the keys that come later: All
// then has to find its place in the list again, and with params.Offset can end with an error.
func (s *SSHKeys) All(ctx context.Context, params ListSSHKeysParams) iter.Seq2[SSHKey, error] {
	return func(yield func(SSHKey, error) bool) {
		pages := newPager(params)
		for {
			list, err := s.page(ctx, pages.next())
			broken, isBroken := errors.AsType[*ResponseError](err)
			if list == nil || isBroken && !broken.onlyItems && len(list.Results) == 0 {
				yield(SSHKey{}, err)
				return
			}
			var bad []int
			if isBroken {
				bad = broken.bad
			}
			fresh, freshBad, more, listErr := pages.add(list, bad)
			if isBroken && (freshBad || !broken.onlyItems) && !yield(SSHKey{}, err) {
				return
			}
			for _, key := range fresh {
				if !yield(key, nil) {
					return
				}
			}
			if listErr != nil {
				yield(SSHKey{}, fmt.Errorf("list SSH keys: %w", listErr))
			}
			if !more {
				return
			}
		}
	}
}

// FindByPublicKey returns the keys of the project that have the given public key, whatever their names and comments. No match is
// not an error. It reads the whole list (listSSHKeys).
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

// collect returns the keys that match, and the first error. It continues after a *ResponseError.
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
