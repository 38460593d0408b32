package gcoretest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest/internal/server"
)

// store holds the keys of all projects. The zero value has none, and a project that was never used
// is an empty one.
type store struct {
	mu       sync.Mutex
	projects map[int64][]*entry // each by created_at; of two from the same second, the older first
	byID     map[string]*entry
	names    map[string]string // by id, of every key there ever was, so that Call.Name outlives a delete
}

type entry struct {
	key     server.SSHKey
	project int64
	hidden  int // how many more lists leave it out
}

var errNameTaken = errors.New("the project has a key of this name")

// add enters a key, which the next lists leave out as often as hidden says. It fails if the id is taken, and, with unique, with
// errNameTaken if the name is taken in the project.
func (b *store) add(key server.SSHKey, hidden int, unique bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.projects == nil {
		b.projects, b.byID, b.names = map[int64][]*entry{}, map[string]*entry{}, map[string]string{}
	}
	project := *key.ProjectID
	keys := b.projects[project]
	if b.byID[key.ID] != nil {
		return fmt.Errorf("there is a key with the id %s", key.ID)
	}
	if unique && slices.ContainsFunc(keys, func(e *entry) bool { return e.key.Name == key.Name }) {
		return errNameTaken
	}
	added := &entry{key: key, project: project, hidden: hidden}
	// From the end, since only a clock that was turned back puts a new key anywhere else.
	at := len(keys)
	for at > 0 && keys[at-1].key.CreatedAt.After(*key.CreatedAt) {
		at--
	}
	b.projects[project] = slices.Insert(keys, at, added)
	b.byID[key.ID] = added
	b.names[key.ID] = key.Name
	return nil
}

// find returns the project's key of that id. The caller holds the lock.
func (b *store) find(project int64, id string) (*entry, bool) {
	e, ok := b.byID[id]
	return e, ok && e.project == project
}

func (b *store) get(project int64, id string) (server.SSHKey, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.find(project, id)
	if !ok {
		return server.SSHKey{}, false
	}
	return e.key, true
}

func (b *store) share(project int64, id string, shared bool) (server.SSHKey, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.find(project, id)
	if !ok {
		return server.SSHKey{}, false
	}
	e.key.SharedInProject = shared
	return e.key, true
}

func (b *store) delete(project int64, id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.find(project, id)
	if !ok {
		return false
	}
	keys := b.projects[project]
	at := slices.Index(keys, e)
	b.projects[project] = slices.Delete(keys, at, at+1)
	delete(b.byID, id)
	return true
}

// list returns one page of the keys whose name contains name, and how many there are in all.
func (b *store) list(project int64, name string, order server.SSHKeyOrder, offset, limit int64) ([]server.SSHKey, int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []*entry
	for _, e := range b.projects[project] {
		switch {
		case !strings.Contains(e.key.Name, name):
		case e.hidden > 0:
			e.hidden--
		default:
			found = append(found, e)
		}
	}
	// Both descending orders are their ascending ones read backwards, so no two pages of one order
	// show the same key.
	if order == server.SSHKeyOrderNameAsc || order == server.SSHKeyOrderNameDesc {
		slices.SortStableFunc(found, func(a, b *entry) int { return cmp.Compare(a.key.Name, b.key.Name) })
	}
	if order == server.SSHKeyOrderCreatedAtDesc || order == server.SSHKeyOrderNameDesc {
		slices.Reverse(found)
	}
	count := int64(len(found))
	offset = min(offset, count)
	page := make([]server.SSHKey, 0, min(limit, count-offset))
	for _, e := range found[offset:min(offset+limit, count)] {
		page = append(page, e.key)
	}
	return page, count
}

// all returns every key of the project, hidden or not, oldest first.
func (b *store) all(project int64) []server.SSHKey {
	b.mu.Lock()
	defer b.mu.Unlock()
	keys := make([]server.SSHKey, 0, len(b.projects[project]))
	for _, e := range b.projects[project] {
		keys = append(keys, e.key)
	}
	return keys
}

// nameOf returns the name that the key of this id has or had, or "" if there never was one.
func (b *store) nameOf(id string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.names[id]
}
