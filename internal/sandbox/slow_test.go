package sandbox_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
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

// The calls that a reset ends take a moment to end. Until then the new ones wait.
func TestCallsAfterAResetAreNotRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rules, err := sandbox.ParseRules([]byte(`[{"times": -1, "fault": {"break": "StallBeforeHeaders"}}]`))
		require.NoError(t, err)
		s, err := sandbox.New(sandbox.Config{Faults: rules})
		require.NoError(t, err)
		for range 200 {
			go func() {
				defer func() { _ = recover() }() // as net/http does
				request(s, httptest.NewRecorder(), http.MethodGet, project, nil)
			}()
		}
		synctest.Wait()
		w := httptest.NewRecorder()
		request(s, w, http.MethodDelete, project+"/36a7a97a-0672-4911-8f2b-92cd4e5b0d91", nil)
		assert.Equal(t, http.StatusServiceUnavailable, w.Code)
		request(s, httptest.NewRecorder(), http.MethodDelete, "/_sandbox/faults", nil)
		request(s, httptest.NewRecorder(), http.MethodPost, "/_sandbox/reset", nil)
		request(s, httptest.NewRecorder(), http.MethodDelete, "/_sandbox/faults", nil) // a reset brings them back
		w = httptest.NewRecorder()
		request(s, w, http.MethodGet, project, nil)
		assert.Equal(t, http.StatusOK, w.Code)
	})
}

// pipes is a listener with one connection, in memory, so that deadlines follow the test's own clock.
type pipes struct {
	conn   chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conn:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error { close(p.closed); return nil }

func (p pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// servePipe serves a connection in memory, and returns the client's end and a function that ends it.
func servePipe(t *testing.T, config sandbox.Config) (client net.Conn, end func()) {
	t.Helper()
	s, err := sandbox.New(config)
	require.NoError(t, err)
	client, server := net.Pipe()
	listener := pipes{make(chan net.Conn, 1), make(chan struct{})}
	listener.conn <- server
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { assert.NoError(t, s.Serve(ctx, listener)) })
	return client, func() {
		cancel()
		require.NoError(t, client.Close())
		group.Wait()
	}
}

const head = " " + project + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: apikey any\r\nContent-Type: application/json\r\n"

func TestABodyCanArriveAfterALongLatency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, end := servePipe(t, sandbox.Config{Latency: time.Minute})
		defer end()
		_, err := io.WriteString(client, "POST"+head+"Content-Length: 13\r\n\r\n")
		require.NoError(t, err)
		time.Sleep(time.Second) // of the test's own clock
		_, err = io.WriteString(client, `{"name": "k"}`)
		require.NoError(t, err)
		resp, err := http.ReadResponse(bufio.NewReader(client), nil)
		require.NoError(t, err)
		assert.Equal(t, http.StatusCreated, resp.StatusCode)
		require.NoError(t, resp.Body.Close())
	})
}

func TestAClientThatDoesNotReadIsDisconnected(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]string{9 * time.Second: "HTTP/1.1 200 OK", 11 * time.Second: ""} {
		synctest.Test(t, func(t *testing.T) {
			client, end := servePipe(t, sandbox.Config{})
			defer end()
			_, err := io.WriteString(client, "GET"+head+"\r\n")
			require.NoError(t, err)
			time.Sleep(after) // of the test's own clock
			line := make([]byte, len("HTTP/1.1 200 OK"))
			n, _ := io.ReadFull(client, line)
			assert.Equal(t, want, string(line[:n]))
		})
	}
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
