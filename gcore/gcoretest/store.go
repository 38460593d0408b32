package gcoretest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// store holds the keys of all projects. The zero value has none, and a project that was never used is an empty one.
type store struct {
	mu       sync.Mutex
	projects map[int64]*project
	byID     map[string]*entry
	added    int // how many were ever added
	deleted  deletedNames
}

type entry struct {
	key     gcore.SSHKey
	texts   [2][]byte // see text
	project int64
	nth     int // in the order of arrival
	hidden  int // how many more lists leave it out
}

// text returns the key in JSON. It is encoded once, and once more if it is shared and not shared in turn: responses that are being
// sent hold these bytes, which are never changed. The caller holds the lock.
func (e *entry) text() []byte {
	text := &e.texts[0]
	if e.key.SharedInProject {
		text = &e.texts[1]
	}
	if *text == nil {
		var encoded bytes.Buffer
		_ = newEncoder(&encoded).Encode(e.key) // it has nothing that JSON cannot hold
		*text = bytes.Clone(bytes.TrimSpace(encoded.Bytes()))
	}
	return *text
}

var errNameTaken = errors.New("the project has a key of this name")

// add adds a key, which the next hidden lists leave out. It fails if the id is taken. With unique, it fails with errNameTaken if the
// name is taken in the project.
func (s *store) add(key gcore.SSHKey, hidden int, unique bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.projects == nil {
		s.projects, s.byID = map[int64]*project{}, map[string]*entry{}
	}
	p := s.projects[*key.ProjectID]
	if p == nil {
		p = &project{}
		s.projects[*key.ProjectID] = p
	}
	if s.byID[key.ID] != nil {
		return fmt.Errorf("there is a key with the id %s", key.ID)
	}
	if unique && p.hasName(key.Name) {
		return errNameTaken
	}
	s.added++
	added := &entry{key: key, project: *key.ProjectID, nth: s.added, hidden: hidden}
	s.byID[key.ID] = added
	p.add(added)
	return nil
}

// find returns the project's key of that id. The caller holds the lock.
func (s *store) find(project int64, id string) (*entry, bool) {
	e, ok := s.byID[id]
	return e, ok && e.project == project
}

// get returns the encoded key, or nil if the project has none of that id.
func (s *store) get(project int64, id string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.find(project, id); ok {
		return e.text()
	}
	return nil
}

// share changes whether a key is shared in its project, and returns what get does.
func (s *store) share(project int64, id string, shared bool) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.find(project, id)
	if !ok {
		return nil
	}
	e.key.SharedInProject = shared
	return e.text()
}

func (s *store) delete(project int64, id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.find(project, id)
	if !ok {
		return false
	}
	s.projects[project].remove(e)
	delete(s.byID, id)
	s.deleted.add(id, e.key.Name)
	return true
}

// list returns one page, encoded, of the keys whose name contains name, and how many there are in all.
func (s *store) list(project int64, name string, order gcore.SSHKeyOrder, offset, limit int64) ([][]byte, int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var page [][]byte
	p := s.projects[project]
	if p == nil {
		return page, 0
	}
	keys := p.byTime
	if order == gcore.SSHKeyOrderNameAsc || order == gcore.SSHKeyOrderNameDesc {
		keys = p.byName
	}
	descending := order == gcore.SSHKeyOrderCreatedAtDesc || order == gcore.SSHKeyOrderNameDesc
	nth := func(i int64) *entry {
		if descending {
			i = int64(len(keys)) - 1 - i
		}
		return keys[i]
	}

	count := int64(len(keys))
	if name == "" {
		start := min(offset, count)
		size := min(limit, count-start)
		page = slices.Grow(page, int(size))
		for i := start; i < start+size; i++ {
			page = append(page, nth(i).text())
		}
	} else {
		count = 0
		for i := range int64(len(keys)) {
			if e := nth(i); strings.Contains(e.key.Name, name) {
				if count >= offset && count < offset+limit {
					page = append(page, e.text())
				}
				count++
			}
		}
	}
	p.listed(name)
	return page, count
}

// all returns every key of the project, hidden or not, oldest first.
func (s *store) all(project int64) []gcore.SSHKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.projects[project]
	if p == nil {
		return nil
	}
	entries := slices.Concat(p.byTime, p.hidden)
	slices.SortFunc(entries, compareTime)
	keys := make([]gcore.SSHKey, len(entries))
	for i, e := range entries {
		keys[i] = e.key
	}
	return keys
}

// nameOf returns the name of the key with this id, which may have been deleted (see deletedNames), or "".
func (s *store) nameOf(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.byID[id]; e != nil {
		return e.key.Name
	}
	return s.deleted.names[id]
}
