package gcoretest

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// script holds the faults that wait for their call, and the operations that wait for their list. The
// zero value is empty.
type script struct {
	mu       sync.Mutex
	injected map[string][]Fault
	late     []lateOperation
}

type lateOperation struct {
	project int64
	name    string
	operate func()
}

// Inject has the next calls of an operation, given by its operationId, meet these faults, one each and
// in order. A zero Fault lets a call pass. It panics if openapi.yaml has no such operation or if a Fault.Status is not 0 and
// not from 200 to 599: such a fault could not happen, so the test would prove nothing.
func (s *Server) Inject(operation string, faults ...Fault) {
	if !isOperation(operation) {
		panic("gcoretest: Inject: this server has no operation " + strconv.Quote(operation))
	}
	for _, fault := range faults {
		if fault.Status != 0 && (fault.Status < 200 || fault.Status > 599) {
			panic(fmt.Sprintf("gcoretest: Inject: %d is not a status from 200 to 599", fault.Status))
		}
	}
	s.script.mu.Lock()
	defer s.script.mu.Unlock()
	if s.script.injected == nil {
		s.script.injected = map[string][]Fault{}
	}
	s.script.injected[operation] = append(s.script.injected[operation], faults...)
}

// CommitPending does every operation that CommitAfterList still holds back.
func (s *Server) CommitPending() {
	s.script.commit(func(lateOperation) bool { return true })
}

func (s *script) next(operation string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	queue := s.injected[operation]
	if len(queue) == 0 {
		return Fault{}, false
	}
	s.injected[operation] = queue[1:]
	return queue[0], true
}

func (s *script) postpone(call Call, operate func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = append(s.late, lateOperation{call.ProjectID, call.Name, operate})
}

// listed does what waited for this list. It comes before the list's response is sent, but after that was
// put together: so the caller's next request is sure to come later.
func (s *script) listed(list Call) {
	s.commit(func(op lateOperation) bool {
		return op.project == list.ProjectID && strings.Contains(op.name, list.Name)
	})
}

func (s *script) commit(due func(lateOperation) bool) {
	s.mu.Lock()
	var now, later []lateOperation
	for _, op := range s.late {
		if due(op) {
			now = append(now, op)
		} else {
			later = append(later, op)
		}
	}
	s.late = later
	s.mu.Unlock()
	for _, op := range now {
		op.operate()
	}
}
