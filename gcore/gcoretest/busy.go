package gcoretest

import "net/http"

// maxBusy is how many requests a server works on at the same time.
const maxBusy = 8

// limitBusy has requests wait while maxBusy others are worked on: the memory that bodies and pages of keys take while they are
// decoded and encoded must not grow with the number of clients. A response that is being sent does not count, as a client can
// read it slowly.
func limitBusy(next http.Handler) http.Handler {
	busy := make(chan struct{}, maxBusy)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		busy <- struct{}{}
		isBusy := true
		done := func() {
			if isBusy {
				<-busy
			}
			isBusy = false
		}
		defer done()
		next.ServeHTTP(&statusWriter{w, func(int) { done() }}, r)
	})
}
