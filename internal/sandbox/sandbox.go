// Package sandbox is gcoretest as a long-running server for clients in any language: it adds control endpoints, a reference page,
// a request log, protection against web pages, and limits that bound its memory, but for the keys.
package sandbox

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/netutil"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// Limits of a sandbox. With them and TuneMemory its memory stays below 60 MiB, unless its keys need more.
const (
	maxConnections  = 256
	maxRequests     = 200 // API requests in progress; the control endpoints can use the other connections
	maxCalls        = 1_000
	maxChecks       = 100 // responses a second that are checked against openapi.yaml: checking all would take half of the processor time
	maxCallBytes    = 2 << 20
	readTimeout     = 10 * time.Second // of a request, without the latency
	writeTimeout    = 10 * time.Second // from the headers of a request to the end of its response, without the latency
	idleTimeout     = 30 * time.Second
	slotTimeout     = 100 * time.Millisecond // how long a request waits beyond maxRequests
	maxHeaderBytes  = 16 << 10
	shutdownTimeout = 2 * time.Second
)

// Config describes a sandbox. The zero Config is a sandbox without keys that accepts every well-formed API key.
type Config struct {
	APIKey      string        // the one key that is accepted; "" accepts every well-formed one
	Keys        []Key         // there at the start and after a reset
	Faults      []Rule        // there at the start and after a reset
	UniqueNames bool          // a create with a name that is taken fails with 409
	Latency     time.Duration // before each response of the API
	AllowHosts  []string      // host names besides the loopback ones that a request may be addressed to
	CORS        string        // the origin whose pages may use the API, such as http://localhost:3000, or ""
	OpenAPI     string        // the document of the API in YAML, for the reference page; "": no page
	Log         *slog.Logger  // gets a record per request; nil: none
}

// A FaultError says which rule of Config.Faults is wrong.
type FaultError struct{ error }

// Sandbox is an http.Handler with the API, the control endpoints and the reference page.
type Sandbox struct {
	config  Config
	handler http.Handler
	faults  *faultRules
	resets  sync.Mutex
	server  atomic.Pointer[gcoretest.Server] // a new one at each reset
}

// New returns a sandbox. It fails if the configuration has invalid keys or faults, or an OpenAPI document without servers.
func New(config Config) (*Sandbox, error) {
	s := &Sandbox{config: config, faults: &faultRules{}}
	api := s.limit(s.delay(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.server.Load().Handler.ServeHTTP(w, r)
	})))
	mux := http.NewServeMux()
	mux.Handle("/", api)
	s.addControl(mux)
	if config.OpenAPI != "" {
		if err := s.addDocs(mux); err != nil {
			return nil, err
		}
	}
	if err := s.reset(); err != nil {
		return nil, err
	}
	s.handler = logRequests(config.Log, s.protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isDocs(r.URL.Path) || strings.HasPrefix(r.URL.Path, strings.TrimSuffix(controlPath, "/")) {
			mux.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r) // not by way of mux, which would redirect a path with // or ..
	})))
	return s, nil
}

func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// reset replaces the server by a new one with the initial keys, and the faults by the initial ones.
func (s *Sandbox) reset() error {
	s.resets.Lock() // one at a time: each takes memory for its keys
	defer s.resets.Unlock()
	options := []gcoretest.Option{
		gcoretest.WithCallLimits(maxCalls, maxCallBytes), gcoretest.WithFaults(s.faults.choose), gcoretest.WithSampledResponseChecks(maxChecks),
	}
	if s.config.APIKey == "" {
		options = append(options, gcoretest.WithAnyAPIKey())
	} else {
		options = append(options, gcoretest.WithAPIKey(s.config.APIKey))
	}
	if s.config.UniqueNames {
		options = append(options, gcoretest.WithUniqueNames())
	}
	server, err := gcoretest.NewUnstarted(options...)
	if err != nil {
		return err
	}
	if err := addKeys(server, s.config.Keys); err != nil {
		server.Close()
		return err
	}
	if err := s.faults.replace(s.config.Faults, server.Operations()); err != nil {
		server.Close()
		return &FaultError{err}
	}
	if old := s.server.Swap(server); old != nil {
		old.Close() // ends its responses that stall
	}
	return nil
}

// Serve serves the sandbox until ctx ends, and then ends the requests in progress. It closes listener.
func (s *Sandbox) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: readTimeout,
		ReadTimeout:       readTimeout + s.config.Latency,
		WriteTimeout:      writeTimeout + s.config.Latency,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // it quotes what clients send
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		s.server.Load().Close()
		shutdown, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		if server.Shutdown(shutdown) != nil {
			_ = server.Close()
		}
	})
	server.ConnState = closeIdle(server)
	err := server.Serve(netutil.LimitListener(listener, maxConnections))
	if stop() { // ctx has not ended
		return fmt.Errorf("serve the sandbox: %w", err)
	}
	<-ended
	return nil
}

// closeIdle returns a function for server.ConnState. While maxConnections are open, it closes those that are idle, and others after
// their response: otherwise idle ones would keep new ones waiting for idleTimeout.
func closeIdle(server *http.Server) func(net.Conn, http.ConnState) {
	var mu sync.Mutex
	open := 0
	return func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			mu.Lock()
			defer mu.Unlock()
			open++
			if open == maxConnections {
				server.SetKeepAlivesEnabled(false)
			}
		case http.StateClosed, http.StateHijacked:
			mu.Lock()
			defer mu.Unlock()
			open--
			if open == maxConnections-1 {
				server.SetKeepAlivesEnabled(true)
			}
		}
	}
}

// limit responds with 503 beyond maxRequests. Before that it waits for a moment: those that a reset ends take one to end.
func (s *Sandbox) limit(next http.Handler) http.Handler {
	slots := make(chan struct{}, maxRequests)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
		default:
			select {
			case slots <- struct{}{}:
			case <-r.Context().Done():
				return
			case <-time.After(slotTimeout):
				writeMessage(w, http.StatusServiceUnavailable, "too many requests are in progress: POST /_sandbox/reset ends those that stall")
				return
			}
		}
		defer func() { <-slots }()
		next.ServeHTTP(w, r)
	})
}

// delay waits for the configured latency before a request reaches next.
func (s *Sandbox) delay(next http.Handler) http.Handler {
	if s.config.Latency <= 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		timer := time.NewTimer(s.config.Latency)
		defer timer.Stop()
		select {
		case <-timer.C:
			next.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
}
