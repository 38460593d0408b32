package gcoretest

import "net/http"

// maxBusy is how many requests a server works on at the same time.
const maxBusy = 8

// limitBusy has requests wait while maxBusy others are worked on: the memory that checking a request and its response
// takes must not grow with the number of clients. A response that is being sent does not count, as a client can
// read it slowly.
func limitBusy(next http.Handler) http.Handler {
	busy := make(chan struct{}, maxBusy)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		busy <- struct{}{}
		writer := &busyWriter{ResponseWriter: w, busy: busy}
		defer writer.done()
		next.ServeHTTP(writer, r)
	})
}

// busyWriter counts as busy until the status is sent.
type busyWriter struct {
	http.ResponseWriter
	busy chan struct{} // nil when done
}

func (w *busyWriter) WriteHeader(status int) {
	w.done()
	w.ResponseWriter.WriteHeader(status)
}

func (w *busyWriter) done() {
	if w.busy != nil {
		<-w.busy
		w.busy = nil
	}
}
