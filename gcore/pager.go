package gcore

import (
	"errors"
	"fmt"
	"slices"
)

const (
	maxStale  = 16      // pages without a new key, after which a pager gives up
	maxListed = 1 << 20 // keys, after which a list is considered endless
	maxID     = 64      // bytes of an id, as ids are kept; a UUID has 36
)

// A pager decides which page of a list is requested next. Each page after the first begins with the last item of the page before.
// If that item is missing, keys were deleted meanwhile, and the pager goes back until a page contains a known item.
type pager struct {
	list          ListSSHKeysParams
	size, start   int64 // the length of a page, and the offset of the first one
	limit, offset int64 // of the current page

	seen  map[string]bool // the ids of the items so far
	end   int64           // the offset after the last page that was added
	back  int64           // how many items before end the next page begins; 0 before the first page
	stale int             // pages in a row that had no new item
}

func newPager(params ListSSHKeysParams) *pager {
	p := &pager{list: params, size: maxPage, seen: map[string]bool{}}
	if params.Limit != nil {
		p.size = *params.Limit
	}
	if params.Offset != nil {
		p.start = *params.Offset
	}
	p.limit, p.end = p.size, p.start
	return p
}

// next returns the parameters of the next page, which becomes the current one.
func (p *pager) next() ListSSHKeysParams {
	p.offset = max(p.end-p.back, 0)
	if p.back > 0 {
		p.limit = min(max(p.size, 2)+p.back-1, maxPage)
	}
	params := p.list
	params.Limit, params.Offset = &p.limit, &p.offset
	return params
}

// add processes the current page; bad are the indexes of its items that do not decode. It returns the keys that no earlier page had,
// whether one of the bad items is new, whether there is a next page, and an error if the list is inconsistent; then there is no
// next page.
func (p *pager) add(list *SSHKeyList, bad []int) (fresh []SSHKey, freshBad, more bool, err error) {
	firstSeen := slices.IndexFunc(list.Results, func(key SSHKey) bool { return p.seen[key.ID] })
	switch {
	case p.back == 0, firstSeen >= 0, p.offset == 0 && p.start == 0: // the first page, or nothing was skipped before this one
		p.back = 1
	case p.offset == 0 || p.back >= 10_000:
		return nil, false, false, errors.New("keys were deleted meanwhile, and no page shows where the list goes on: list again")
	default:
		p.back *= 10
		return nil, false, true, nil
	}

	for i, key := range list.Results {
		if p.seen[key.ID] || p.start > 0 && i < firstSeen { // the latter are before the start
			continue
		}
		if key.ID != "" {
			p.seen[key.ID] = true
		}
		if _, isBad := slices.BinarySearch(bad, i); isBad {
			freshBad = true
		} else {
			fresh = append(fresh, key)
		}
	}

	p.stale++
	if len(fresh) > 0 {
		p.stale = 0
	}
	items, seen := int64(len(list.Results)), int64(len(p.seen))
	p.end = p.offset + items
	isLast := p.end >= list.Count && items < p.limit // after a full page there may be more keys, even if the count says otherwise
	switch {
	case list.Count < p.end && items > 0, list.Count < 0, p.end < p.offset:
		err = fmt.Errorf("the server counts %d keys and has shown more", list.Count)
	case slices.ContainsFunc(list.Results, func(key SSHKey) bool { return len(key.ID) > maxID }):
		err = fmt.Errorf("the id of a key is longer than %d bytes", maxID)
	case seen >= maxListed:
		err = fmt.Errorf("the list goes on after %d keys", maxListed)
	case p.stale == maxStale, items == 0 && p.end < list.Count, isLast && p.stale > 0 && seen < list.Count-p.start:
		err = fmt.Errorf("the server counts %d keys and shows no more", list.Count)
	}
	return fresh, freshBad, err == nil && !isLast, err
}
