package gcoretest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
)

// room is what the body of a response takes that is held because a fault changes it: a client can read it slowly. limit bounds what
// all such bodies take together; the first maxBody bytes of each do not count, so that no create is refused.
type room struct {
	taken *atomic.Int64 // by all responses
	limit int64
	size  int64 // of the body
}

func counted(size int64) int64 { return max(0, size-maxBody) }

// resize notes the size of the body. It reports whether it is within the limit.
func (r *room) resize(size int64) bool {
	more := counted(size) - counted(r.size)
	r.size = size
	return r.taken.Add(more) <= r.limit || more <= 0
}

// roomRecorder holds a response, or nothing of its body if there is no room.
type roomRecorder struct {
	*httptest.ResponseRecorder
	room *room
	body strings.Builder // which gives its text without a copy
	full bool
}

func (w *roomRecorder) Write(p []byte) (int, error) {
	if !w.full && !w.room.resize(w.room.size+int64(len(p))) {
		w.full = true
		w.body.Reset()
		w.room.resize(0)
	}
	if w.full {
		return 0, http.ErrBodyNotAllowed
	}
	return w.body.Write(p)
}
