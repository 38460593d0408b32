package gcoretest

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
)

// room counts the bytes of a response body that is held in memory because a fault changes it: a client can read it slowly. limit
// bounds what all such bodies take together; the first freeRoom bytes of each do not count, so that no create is refused.
type room struct {
	taken *atomic.Int64 // by all responses
	limit int64
	size  int64 // of the body
}

const freeRoom = 32 << 10

func counted(size int64) int64 { return max(0, size-freeRoom) }

// resize notes the size of the body. It reports whether it is within the limit.
func (r *room) resize(size int64) bool {
	more := counted(size) - counted(r.size)
	r.size = size
	return r.taken.Add(more) <= r.limit || more <= 0
}

var errNoRoom = errors.New("there is no room for the body")

// roomRecorder holds a response, or nothing of its body if there is no room.
type roomRecorder struct {
	header http.Header
	status int
	room   *room
	body   strings.Builder // which gives its text without a copy
	full   bool
}

func (w *roomRecorder) Header() http.Header { return w.header }

func (w *roomRecorder) WriteHeader(status int) { w.status = status }

func (w *roomRecorder) Write(p []byte) (int, error) {
	if !w.full && !w.room.resize(w.room.size+int64(len(p))) {
		w.full = true
		w.body.Reset()
		w.room.resize(0)
	}
	if w.full {
		return 0, errNoRoom
	}
	return w.body.Write(p)
}
