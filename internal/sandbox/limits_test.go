package sandbox_test

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sandbox"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/testenv"
)

// zeros is a body without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// What a client without an API key sends is neither kept nor read to its end.
func TestJunkIsNotKept(t *testing.T) {
	s := start(t, sandbox.Config{APIKey: "1234$abcdef"})
	before := testenv.Heap()
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
		require.Equal(t, http.StatusUnauthorized, s.status(http.MethodPost, project+"?name="+strings.Repeat("a", 2_000), strings.Repeat("a", 30_000)))
	}
	assert.Less(t, testenv.Heap()-before, int64(10<<20))
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

func TestFaultsAreBoundedByTheirBytes(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	large := `{"fault": {"body": "` + strings.Repeat("a", 250_000) + `"}}`
	for range 4 {
		require.Equal(t, http.StatusOK, s.status(http.MethodPost, "/_sandbox/faults", large))
	}
	resp, body := s.call(http.MethodPost, "/_sandbox/faults", large)
	assert.Equal(t, http.StatusBadRequest, resp.StatusCode)
	assert.Contains(t, body, "too large")

	assert.Equal(t, http.StatusOK, s.status(http.MethodDelete, "/_sandbox/faults", ""))
	empty := `{"fault": {"header": {"A": [` + strings.Repeat(`"",`, 80_000) + `""]}}}`
	resp, body = s.call(http.MethodPost, "/_sandbox/faults", empty)
	assert.Equal(t, http.StatusBadRequest, resp.StatusCode)
	assert.Contains(t, body, "too large")
}

// Calls that stall take no room from the control endpoints, which end them.
func TestCallsThatStallCanBeEnded(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	stall := `{"times": -1, "fault": {"break": "StallBeforeHeaders"}}`
	require.Equal(t, http.StatusOK, s.status(http.MethodPost, "/_sandbox/faults", stall))
	var group sync.WaitGroup
	var unavailable atomic.Int64
	for range 240 {
		group.Go(func() {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+project, nil)
			if !assert.NoError(t, err) {
				return
			}
			req.Header.Set("Authorization", "apikey any")
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				return // the reset ended it
			}
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusServiceUnavailable {
				unavailable.Add(1)
			}
		})
	}
	require.Eventually(t, func() bool { return unavailable.Load() == 40 }, 10*time.Second, time.Millisecond)
	assert.Equal(t, http.StatusOK, s.status(http.MethodPost, "/_sandbox/reset", ""))
	group.Wait()
	assert.Equal(t, http.StatusOK, s.status(http.MethodGet, project, ""))
}

// Otherwise they would keep every other client out until they time out.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	var first *bufio.Reader
	for i := range 256 {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
		_, err = io.WriteString(conn, "GET /_sandbox/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
		require.NoError(t, err)
		reader := bufio.NewReader(conn)
		resp, err := http.ReadResponse(reader, nil)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		if i == 0 {
			first = reader
		}
	}
	_, err := first.ReadByte()
	assert.ErrorIs(t, err, io.EOF, "the server has closed it")
	assert.Equal(t, http.StatusOK, s.status(http.MethodGet, "/_sandbox/health", ""))
}

func TestALogThatNobodyReadsHoldsNothingUp(t *testing.T) {
	t.Parallel()
	reader, writer := io.Pipe()
	log := sandbox.NewLogWriter(writer)
	s := start(t, sandbox.Config{Log: slog.New(slog.NewTextHandler(log, nil))})
	for range 1_500 {
		require.Equal(t, http.StatusOK, s.status(http.MethodGet, "/_sandbox/health", ""))
	}
	read := make(chan string)
	go func() {
		text, _ := io.ReadAll(reader)
		read <- string(text)
	}()
	require.NoError(t, log.Close())
	require.NoError(t, writer.Close())
	text := <-read
	assert.Regexp(t, `[0-9]+ lines of the log were dropped`, text)
	assert.Contains(t, text, "path=/_sandbox/health status=200")
	_, err := log.Write(nil)
	assert.Error(t, err)
}
