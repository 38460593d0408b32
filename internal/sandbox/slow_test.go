package sandbox_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sandbox"
)

// request has s handle a request with any API key, without a connection.
func request(s *sandbox.Sandbox, w http.ResponseWriter, method, path string, body io.Reader) {
	req := httptest.NewRequest(method, "http://localhost"+path, body)
	req.Header.Set("Authorization", "apikey any")
	req.Header.Set("Content-Type", "application/json")
	s.ServeHTTP(w, req)
}

// unread is a response that its client does not read until it is closed.
type unread struct {
	http.ResponseWriter
	closed <-chan struct{}
}

func (w unread) Write([]byte) (int, error) { <-w.closed; return 0, io.ErrClosedPipe }

func TestSlowClientsDoNotHoldUpTheControlEndpoints(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := sandbox.New(sandbox.Config{})
		require.NoError(t, err)
		closed := make(chan struct{})
		body, writer := io.Pipe()
		for range 10 {
			go request(s, unread{httptest.NewRecorder(), closed}, http.MethodGet, "/_sandbox/calls", nil)
			go request(s, unread{httptest.NewRecorder(), closed}, http.MethodGet, "/_sandbox/faults", nil)
			go request(s, httptest.NewRecorder(), http.MethodPost, "/_sandbox/faults", io.MultiReader(strings.NewReader("["+strings.Repeat(" ", 10_000)), body))
			go request(s, httptest.NewRecorder(), http.MethodPost, "/_sandbox/faults", body)
		}
		synctest.Wait()
		for _, control := range []string{"POST reset", "DELETE calls", "DELETE faults", "POST commit", "GET health", "POST faults"} {
			method, path, _ := strings.Cut(control, " ")
			w := httptest.NewRecorder()
			request(s, w, method, "/_sandbox/"+path, strings.NewReader(`{"fault": {"status": 503}}`)) // it would wait for ever
			assert.Equal(t, http.StatusOK, w.Code, control)
		}
		close(closed)
		require.NoError(t, writer.Close())
	})
}

func TestLatencyCanBeLongerThanAStall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := sandbox.New(sandbox.Config{Latency: 5 * time.Minute})
		require.NoError(t, err)
		w := httptest.NewRecorder()
		request(s, w, http.MethodGet, project, nil)
		assert.JSONEq(t, `{"count": 0, "results": []}`, w.Body.String())
	})
}

func TestResetsCanBeParallel(t *testing.T) {
	t.Parallel()
	rules, err := sandbox.ParseRules([]byte("[" + strings.Repeat(`{"fault": {"status": 503}},`, 599) + `{"fault": {"status": 503}}]`))
	require.NoError(t, err)
	s, err := sandbox.New(sandbox.Config{Faults: rules})
	require.NoError(t, err)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				w := httptest.NewRecorder()
				request(s, w, http.MethodPost, "/_sandbox/reset", nil)
				assert.Equal(t, http.StatusOK, w.Code, w.Body)
			}
		})
	}
	group.Wait()
}

func TestLinesOfTheLogAreShortAndHaveTheStatus(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s, err := sandbox.New(sandbox.Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	request(s, httptest.NewRecorder(), http.MethodGet, "/_sandbox/calls", nil)
	request(s, httptest.NewRecorder(), http.MethodGet, "/_sandbox/faults", nil)
	assert.Contains(t, log.String(), "path=/_sandbox/calls status=200")
	assert.Contains(t, log.String(), "path=/_sandbox/faults status=200")
	log.Reset()
	request(s, httptest.NewRecorder(), http.MethodGet, "/"+strings.Repeat("%41%2f", 2_000), nil)
	assert.Less(t, log.Len(), 1_300)
	assert.Contains(t, log.String(), "status=404")
}
