package gcoretest

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
)

func TestFewRequestsAreWorkedOnAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var busy, sending atomic.Int64
		work, send := make(chan string), make(chan struct{})
		handler := limitBusy(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			busy.Add(1)
			outcome := <-work
			busy.Add(-1)
			if outcome == "abort" {
				panic(http.ErrAbortHandler)
			}
			w.WriteHeader(http.StatusOK)
			sending.Add(1)
			<-send
		}))
		for range 4 * maxBusy {
			go func() {
				defer func() { _ = recover() }()
				handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
			}()
		}
		for _, outcome := range []string{"abort", "send"} {
			synctest.Wait()
			assert.EqualValues(t, maxBusy, busy.Load())
			for range maxBusy {
				work <- outcome
			}
		}
		synctest.Wait()
		assert.EqualValues(t, maxBusy, busy.Load())
		assert.EqualValues(t, maxBusy, sending.Load(), "a slow client takes no room")
		close(send)
		close(work)
	})
}
