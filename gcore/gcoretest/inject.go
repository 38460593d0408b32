package gcoretest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// faultQueue holds the faults that Inject was given, and the operations that CommitAfterList postpones. The zero value is empty.
type faultQueue struct {
	mu       sync.Mutex
	injected map[string][]Fault // by operation
	pending  []pendingOperation
	bytes    int // of pending
}

type pendingOperation struct {
	project int64
	name    string
	size    int // see Call.size
	commit  func()
}

// Inject applies these faults to the next calls of an operation, given by its operationId, one each and
// in order. A zero Fault lets a call pass. It panics if openapi.yaml has no such operation or if Fault.Validate fails.
func (s *Server) Inject(operation string, faults ...Fault) {
	if !slices.Contains(s.Operations(), operation) {
		panic(fmt.Sprintf("gcoretest: Inject: openapi.yaml has no operation %q", operation))
	}
	for _, fault := range faults {
		if err := fault.Validate(); err != nil {
			panic("gcoretest: Inject: " + err.Error())
		}
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	if s.faults.injected == nil {
		s.faults.injected = map[string][]Fault{}
	}
	s.faults.injected[operation] = append(s.faults.injected[operation], faults...)
}

// CommitPending carries out every operation that CommitAfterList still postpones.
func (s *Server) CommitPending() {
	s.faults.commit(func(pendingOperation) bool { return true })
}

// next returns the next injected fault of the operation.
func (q *faultQueue) next(operation string) (Fault, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	queue := q.injected[operation]
	if len(queue) == 0 {
		return Fault{}, false
	}
	q.injected[operation] = queue[1:]
	return queue[0], true
}

// postpone keeps the operation of a call for later, and carries out the oldest ones beyond the bounds.
func (q *faultQueue) postpone(call Call, maxCalls, maxBytes int, commit func()) {
	q.mu.Lock()
	q.pending = append(q.pending, pendingOperation{call.ProjectID, call.Name, call.size(), commit})
	q.bytes += call.size()
	var early []pendingOperation
	for len(q.pending) > maxCalls || q.bytes > maxBytes && len(q.pending) > 1 {
		early = append(early, q.pending[0])
		q.bytes -= q.pending[0].size
		q.pending[0] = pendingOperation{} // for the garbage collector, as in record
		q.pending = q.pending[1:]
	}
	q.mu.Unlock()
	for _, op := range early {
		op.commit()
	}
}

// commitAfter carries out the operations that wait for this list. It is called before the list's response is sent, so that the
// client's next request comes after it.
func (q *faultQueue) commitAfter(list Call) {
	q.commit(func(op pendingOperation) bool {
		return op.project == list.ProjectID && strings.Contains(op.name, list.Name)
	})
}

func (q *faultQueue) commit(due func(pendingOperation) bool) {
	q.mu.Lock()
	var now, later []pendingOperation
	for _, op := range q.pending {
		if due(op) {
			now = append(now, op)
			q.bytes -= op.size
		} else {
			later = append(later, op)
		}
	}
	q.pending = later
	q.mu.Unlock()
	for _, op := range now {
		op.commit()
	}
}
