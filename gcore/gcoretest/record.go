package gcoretest

import "sync"

// The default bounds of the record of calls. WithCallLimits sets others.
const (
	defaultMaxCalls     = 100_000
	defaultMaxCallBytes = 64 << 20
)

// record holds the newest calls, bounded by number and by bytes.
type record struct {
	maxCalls, maxBytes int

	mu    sync.Mutex
	calls []*recordedCall // a queue: the oldest first
	bytes int
	nth   map[callKey]*counter
}

type recordedCall struct {
	Call
	size int // see Call.size
}

// A callKey is what the calls that Call.Nth counts have in common.
type callKey struct {
	operation string
	project   int64
	name      string
}

// counter counts the calls with a callKey. It is dropped with the last recorded one of them, so the number of counters is bounded
// like that of the calls.
type counter struct{ nth, recorded int }

// add numbers the call, records it and drops the oldest beyond the bounds. The caller changes the call's status by
// setStatus only.
func (r *record) add(received Call) *Call {
	call := &recordedCall{received, received.size()}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.nth == nil {
		r.nth = map[callKey]*counter{}
	}
	count := r.nth[call.key()]
	if count == nil {
		count = &counter{}
		r.nth[call.key()] = count
	}
	count.nth++
	count.recorded++
	call.Nth = count.nth
	r.calls = append(r.calls, call)
	r.bytes += call.size
	for len(r.calls) > r.maxCalls || r.bytes > r.maxBytes && len(r.calls) > 1 {
		r.dropOldest()
	}
	return &call.Call
}

func (r *record) dropOldest() {
	oldest := r.calls[0]
	r.calls[0] = nil // for the garbage collector: the array stays until append makes a new one
	r.calls = r.calls[1:]
	r.bytes -= oldest.size
	count := r.nth[oldest.key()]
	count.recorded--
	if count.recorded == 0 {
		delete(r.nth, oldest.key())
	}
}

func (r *record) setStatus(call *Call, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	call.Status = status
}

func (c *Call) key() callKey { return callKey{c.Operation, c.ProjectID, c.Name} }

// size is the approximate size of the call in memory, in bytes.
func (c *Call) size() int {
	n := 512 + len(c.Path) + len(c.Name) + len(c.Body)
	for name, values := range c.Header {
		n += 64 + len(name)
		for _, value := range values {
			n += 16 + len(value)
		}
	}
	return n
}

// ClearCalls empties the record that Calls returns; Call.Nth starts from 1 again.
func (s *Server) ClearCalls() {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	s.record.calls, s.record.bytes, s.record.nth = nil, 0, nil
}

// Calls returns the requests so far, in the order of arrival, also those that failed or met a fault. A request whose body did not
// arrive completely, or has more than 32 KiB, is not among them, and beyond the bounds of WithCallLimits the oldest are dropped.
// The headers and bodies are shared with the server: do not change them.
func (s *Server) Calls() []Call {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	calls := make([]Call, len(s.record.calls))
	for i, call := range s.record.calls {
		calls[i] = call.Call
	}
	return calls
}
