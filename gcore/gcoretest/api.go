package gcoretest

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// newAPI returns the handler of all operations: authentication, the checks of package contract, and what the server does.
func (s *Server) newAPI() http.Handler {
	carryOut := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req := received(r.Context())
		operations[req.operation](s, w, req)
	})
	checked := s.sample(s.validator.Handler(carryOut), s.validator.RequestHandler(carryOut))
	return s.authenticate(s.onlyImplemented(checked))
}

// sample returns a handler that passes a request to checked if checkEvery has passed since the last check and none is running, and
// otherwise to unchecked: checked holds the whole response in memory.
func (s *Server) sample(checked, unchecked http.Handler) http.Handler {
	if s.checkEvery == 0 {
		return checked
	}
	start := time.Now()
	var next atomic.Int64 // when a response is checked again, after start
	var checking sync.Mutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if now := time.Since(start); int64(now) >= next.Load() && checking.TryLock() {
			defer checking.Unlock()
			next.Store(int64(now + s.checkEvery))
			checked.ServeHTTP(w, r)
			return
		}
		unchecked.ServeHTTP(w, r)
	})
}

// onlyImplemented responds with 501 to a request for an operation of openapi.yaml that the server does not implement.
func (s *Server) onlyImplemented(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := received(r.Context()).operation
		if id != "" && operations[id] == nil {
			s.writeError(w, http.StatusNotImplemented, "gcoretest does not implement "+id)
			return
		}
		next.ServeHTTP(w, r)
	})
}
