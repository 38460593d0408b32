package gcoretest

import (
	"cmp"
	"slices"
	"strings"
)

// project holds the keys of one project in both orders that a list can have, so that a page without a name filter costs
// the same however many keys there are. Hidden keys are in neither.
type project struct {
	byTime, byName []*entry
	hidden         []*entry
}

// compareTime and compareName are total orders: of two keys of the same second, the one that arrived first comes first.
func compareTime(a, b *entry) int {
	return cmp.Or(a.key.CreatedAt.Compare(*b.key.CreatedAt), cmp.Compare(a.nth, b.nth))
}

func compareName(a, b *entry) int {
	return cmp.Or(strings.Compare(a.key.Name, b.key.Name), compareTime(a, b))
}

func (p *project) add(e *entry) {
	if e.hidden > 0 {
		p.hidden = append(p.hidden, e)
		return
	}
	p.byTime = insert(p.byTime, e, compareTime)
	p.byName = insert(p.byName, e, compareName)
}

func (p *project) remove(e *entry) {
	if i := slices.Index(p.hidden, e); i >= 0 {
		p.hidden = slices.Delete(p.hidden, i, i+1)
		return
	}
	p.byTime = remove(p.byTime, e, compareTime)
	p.byName = remove(p.byName, e, compareName)
}

// hasName reports whether a key has this name, hidden or not.
func (p *project) hasName(name string) bool {
	_, shown := slices.BinarySearchFunc(p.byName, name, func(e *entry, name string) int { return strings.Compare(e.key.Name, name) })
	return shown || slices.ContainsFunc(p.hidden, func(e *entry) bool { return e.key.Name == name })
}

// listed counts a list with this name filter for the hidden keys that it left out.
func (p *project) listed(name string) {
	var shown []*entry
	p.hidden = slices.DeleteFunc(p.hidden, func(e *entry) bool {
		if !strings.Contains(e.key.Name, name) {
			return false
		}
		e.hidden--
		if e.hidden == 0 {
			shown = append(shown, e)
		}
		return e.hidden == 0
	})
	for _, e := range shown {
		p.add(e)
	}
}

func insert(sorted []*entry, e *entry, compare func(a, b *entry) int) []*entry {
	i, _ := slices.BinarySearchFunc(sorted, e, compare)
	return slices.Insert(sorted, i, e)
}

func remove(sorted []*entry, e *entry, compare func(a, b *entry) int) []*entry {
	i, found := slices.BinarySearchFunc(sorted, e, compare)
	if !found {
		panic("gcoretest: a stored key has changed") // no method changes what keys are sorted by
	}
	return slices.Delete(sorted, i, i+1)
}

// maxDeletedNames bounds deletedNames.
const maxDeletedNames = 10_000

// deletedNames holds the names of the keys that were deleted last, for Call.Name. The zero value is empty.
type deletedNames struct {
	names  map[string]string // by id
	oldest []string          // ids
}

func (d *deletedNames) add(id, name string) {
	if d.names == nil {
		d.names = map[string]string{}
	}
	d.names[id] = name
	d.oldest = append(d.oldest, id)
	if len(d.oldest) > maxDeletedNames {
		delete(d.names, d.oldest[0])
		d.oldest = d.oldest[1:]
	}
}
