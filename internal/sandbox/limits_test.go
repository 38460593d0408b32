package sandbox_test

import (
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sandbox"
)

// zeros is a body without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// What a client without an API key sends is neither kept nor read to its end.
func TestJunkIsNotKept(t *testing.T) {
	s := start(t, sandbox.Config{APIKey: "1234$abcdef"})
	before := heap()
	for range 100 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+project, io.LimitReader(zeros{}, 1<<30))
		require.NoError(t, err)
		req.ContentLength = 1 << 30
		resp, err := http.DefaultClient.Do(req)
		if err == nil { // or the server closed the connection while the client was sending
			assert.Equal(t, http.StatusRequestEntityTooLarge, resp.StatusCode)
			_ = resp.Body.Close()
		}
	}
	for range 2_000 {
		require.Equal(t, http.StatusUnauthorized, s.status(http.MethodPost, project+"?name="+strings.Repeat("a", 2_000), strings.Repeat("a", 50_000)))
	}
	assert.Less(t, heap()-before, int64(10<<20))
	resp, body := s.call(http.MethodGet, "/_sandbox/calls", "")
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Less(t, len(body), 4<<20)
	assert.NotContains(t, body, strings.Repeat("a", 10_000))
}

func TestLargeHeadersAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+project, nil)
	require.NoError(t, err)
	req.Header.Set("X-Junk", strings.Repeat("a", 100_000))
	resp, err := http.DefaultClient.Do(req)
	if err == nil { // or the server closed the connection while the client was sending
		assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, resp.StatusCode)
		_ = resp.Body.Close()
	}
	_, body := s.call(http.MethodGet, "/_sandbox/calls", "")
	assert.JSONEq(t, "[]", body)
}

// heap returns how many bytes the objects in use take.
func heap() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
