package gcoretest

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// pieces notes the length of the longest piece that is written.
type pieces struct {
	*httptest.ResponseRecorder
	longest int
}

func (w *pieces) Write(p []byte) (int, error) {
	w.longest = max(w.longest, len(p))
	return w.ResponseRecorder.Write(p)
}

func (w *pieces) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// list has the server list its 500 keys, of 200 bytes and more each.
func list(t *testing.T, srv *Server) *pieces {
	t.Helper()
	req := httptest.NewRequest(http.MethodGet, "/cloud/v1/ssh_keys/1?limit=1000", nil)
	req.Header.Set("Authorization", "apikey "+srv.APIKey)
	w := &pieces{ResponseRecorder: httptest.NewRecorder()}
	srv.Handler.ServeHTTP(w, req)
	return w
}

func startWithKeys(t *testing.T, opts ...Option) *Server {
	t.Helper()
	srv, err := NewUnstarted(opts...)
	require.NoError(t, err)
	t.Cleanup(srv.Close)
	for i := range 500 {
		srv.Add(1, gcore.CreateSSHKeyRequest{Name: "<" + strconv.Itoa(i) + ">"})
	}
	return srv
}

func TestAListIsSentInPieces(t *testing.T) {
	t.Parallel()
	srv := startWithKeys(t, func(s *Server) { s.checkEvery = time.Hour })
	list(t, srv)                                         // which is checked
	for _, fault := range []Fault{{}, {Chunked: true}} { // without and with roomRecorder
		srv.Inject(listSSHKeys, fault)
		w := list(t, srv)
		assert.Less(t, w.longest, 8<<10)
		assert.Greater(t, w.Body.Len(), 100_000)
		assert.Contains(t, w.Body.String(), `"name":"<0>"`)
	}
}

// With limit bytes for all bodies that a fault changes, the first 32 KiB of each not counted.
func TestBodiesOfFaultsAreBounded(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int]int{100_000: http.StatusServiceUnavailable, 400_000: http.StatusOK} {
		srv := startWithKeys(t, WithCallLimits(1_000, limit))
		for range 10 {
			srv.Inject(listSSHKeys, Fault{Chunked: true})
			assert.Equal(t, want, list(t, srv).Code)
		}
		assert.Zero(t, srv.held.Load(), "it is given back")
		assert.Equal(t, http.StatusOK, list(t, srv).Code, "without a fault")
	}
}

func TestAStalledResponseHoldsOnlyWhatItSends(t *testing.T) {
	t.Parallel()
	srv := startWithKeys(t)
	for fault, want := range map[Break]int{NoBreak: 1_000, StallBeforeHeaders: 0, StallInBody: 10} {
		resp := srv.alter(response{status: http.StatusOK, body: strings.Repeat("a", 1_000)}, Fault{Break: fault, At: 10})
		assert.Len(t, resp.body, want)
		assert.Equal(t, 1_000, resp.length)
	}
}

func TestPostponedOperationsAreBounded(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ calls, bytes, want int }{{7, 1 << 20, 7}, {1_000, 100_000, 3}, {1_000, 1_000, 1}} {
		srv, err := NewUnstarted(WithCallLimits(test.calls, test.bytes), WithFaults(func(Call) Fault { return Fault{Commit: CommitAfterList} }))
		require.NoError(t, err)
		t.Cleanup(srv.Close)
		for i := range 20 {
			body := `{"name": "key ` + strconv.Itoa(i) + `"` + strings.Repeat(" ", 30_000) + `}`
			req := httptest.NewRequest(http.MethodPost, "/cloud/v1/ssh_keys/1", strings.NewReader(body))
			req.Header.Set("Authorization", "apikey "+srv.APIKey)
			req.Header.Set("Content-Type", "application/json")
			srv.Handler.ServeHTTP(httptest.NewRecorder(), req)
		}
		keys := srv.Keys(1)
		if assert.Len(t, keys, 20-test.want) {
			assert.Equal(t, "key 0", keys[0].Name, "the oldest first")
		}
		srv.CommitPending()
		assert.Len(t, srv.Keys(1), 20)
		assert.Zero(t, srv.faults.bytes)
	}
}
