package gcore

import (
	"errors"
	"fmt"
	"slices"
)

const (
	maxStale  = 16      // pages without a new key, after which a pager gives up
	maxListed = 1 << 20 // keys, after which a list is taken to have no end
)

// A pager decides which page of a list comes next, by what the pages before have shown.
type pager struct {
	list          ListSSHKeysParams
	limit, offset int64 // of the next request
	size, start   int64 // how long a page is, and the offset of the first one

	seen  map[string]bool // the ids of the items so far
	after int64           // the offset behind the last page
	count int64           // the total that the last page gave
	items int64           // on the last page
	back  int64           // how many items before after the next page begins
	stale int             // pages in a row that had no new item
	fault error           // what was wrong with the last page
	first bool            // there was no page yet
}

func newPager(params ListSSHKeysParams) *pager {
	p := &pager{list: params, size: maxPage, seen: map[string]bool{}, first: true}
	if params.Limit != nil {
		p.size = *params.Limit
	}
	if params.Offset != nil {
		p.start = *params.Offset
	}
	p.limit, p.offset = p.size, p.start
	return p
}

// params are those of the next request.
func (p *pager) params() ListSSHKeysParams {
	params := p.list
	params.Limit, params.Offset = &p.limit, &p.offset
	return params
}

// add takes the page at the current offset. It returns the keys on it that no page had before, and whether one of the items
// that do not decode is new. If no item of the page was seen before, others may have been passed over: then it returns
// nothing, and the next page begins earlier.
func (p *pager) add(list *SSHKeyList, broken *ResponseError) (fresh []SSHKey, freshBad bool) {
	p.items, p.count = int64(len(list.Results)), list.Count
	firstSeen := slices.IndexFunc(list.Results, func(key SSHKey) bool { return p.seen[key.ID] })
	switch {
	case p.first, firstSeen >= 0:
		p.back = 1
	case p.offset == 0 && p.start == 0: // nothing is before this page
		p.back = 1
	case p.back >= 10_000 || p.offset == 0:
		p.fault = errors.New("keys were deleted meanwhile, and no page shows where the list goes on: list again")
		return nil, false
	default:
		p.back *= 10
		return nil, false
	}
	p.first = false

	for i, key := range list.Results {
		isBad := false
		if broken != nil {
			_, isBad = slices.BinarySearch(broken.bad, i)
		}
		beforeStart := p.start > 0 && i < firstSeen
		if p.seen[key.ID] || beforeStart {
			continue
		}
		if key.ID != "" {
			p.seen[key.ID] = true
		}
		if isBad {
			freshBad = true
		} else {
			fresh = append(fresh, key)
		}
	}
	p.after = p.offset + p.items
	p.stale++
	if len(fresh) > 0 {
		p.stale = 0
	}
	switch {
	case p.count < p.after && p.items > 0, p.count < 0, p.after < p.offset:
		p.fault = fmt.Errorf("the server counts %d keys and has shown more", p.count)
	case len(p.seen) >= maxListed:
		p.fault = fmt.Errorf("the list goes on after %d keys", maxListed)
	case p.stale == maxStale || p.items == 0 && p.after < p.count:
		p.fault = fmt.Errorf("the server counts %d keys and shows no more", p.count)
	}
	return fresh, freshBad
}

// next moves on to the next page, and reports whether there is one.
func (p *pager) next() (more bool, err error) {
	if p.fault != nil {
		return false, p.fault
	}
	if p.back == 1 && p.after >= p.count && p.items < p.limit { // a full page may not be the last, whatever the count says
		if p.stale > 0 && int64(len(p.seen)) < p.count-p.start {
			return false, fmt.Errorf("the server counts %d keys and shows no more", p.count)
		}
		return false, nil
	}
	p.offset = max(p.after-p.back, 0)
	p.limit = min(max(p.size, 2)+p.back-1, maxPage)
	return true, nil
}
