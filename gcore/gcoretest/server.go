package gcoretest

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/apikey"
)

// A Server is an in-memory Gcore on a loopback address. NewServer, Start and NewUnstarted make one; all its
// methods are safe for concurrent use.
type Server struct {
	// URL is the server's base URL, http://127.0.0.1:port, or https:// with WithHTTP2. It has no
	// slash at its end.
	URL string

	// APIKey is the one API key that the server accepts, unless WithAnyAPIKey is used. Unless WithAPIKey set it, it is made for
	// this server and has the form of a real one, <digits>$<hex digits>.
	APIKey string

	// Handler is the server with its faults, for a program that serves it on another listener.
	Handler http.Handler

	httpServer *httptest.Server
	transport  http.RoundTripper // what Client sends by
	cloud      *gcore.Cloud

	anyAPIKey   bool
	uniqueNames bool
	checkEvery  time.Duration // at most one response per checkEvery is checked; 0: all are
	http2       bool
	clock       func() time.Time
	random      io.Reader
	choose      func(Call) Fault

	validator *contract.Validator
	api       http.Handler // the server without its faults
	store     store
	record    record
	faults    faultQueue
	held      atomic.Int64  // see room
	closing   chan struct{} // closed by Close, to end responses that stall
	closeOnce sync.Once
}

// An Option changes what NewServer and Start make.
type Option func(*Server)

// WithAPIKey sets the API key that the server accepts.
func WithAPIKey(key string) Option {
	return func(s *Server) { s.APIKey = key }
}

// WithAnyAPIKey accepts every well-formed API key: printable ASCII without white space at its ends. Without it a client
// that was given another key than Server.APIKey gets a 401, which shows wrong wiring in a test.
func WithAnyAPIKey() Option {
	return func(s *Server) { s.anyAPIKey = true }
}

// WithCallLimits bounds what Calls returns: at most this many calls, which take at most about this many bytes of memory.
// Beyond either bound the oldest calls are dropped, but the newest is always kept. The same bounds apply to the operations that
// CommitAfterList postpones, of which the oldest are carried out then. The bodies of responses that a fault changes together take
// at most about as many bytes; a response beyond that is 503. Without it the bounds are 100,000 calls and 64 MiB. Both must be
// at least 1.
func WithCallLimits(calls, bytes int) Option {
	return func(s *Server) { s.record.maxCalls, s.record.maxBytes = calls, bytes }
}

// WithSampledResponseChecks checks at most perSecond responses per second against openapi.yaml, one at a time. This makes a busy
// server faster. Requests are always checked. Without it, or with perSecond below 1, all responses are checked.
func WithSampledResponseChecks(perSecond int) Option {
	return func(s *Server) {
		s.checkEvery = 0
		if perSecond > 0 {
			s.checkEvery = time.Second / time.Duration(perSecond)
		}
	}
}

// WithUniqueNames responds to a create with 409 ConflictError if the project has a key of that name. It is a guess: Gcore documents
// that the response to a create can be 409, but not whether names are unique in a project. Without this option two keys can have
// one name.
func WithUniqueNames() Option {
	return func(s *Server) { s.uniqueNames = true }
}

// WithClock sets where the server takes a new key's created_at from, in place of time.Now. It is
// written in UTC and cut to the second.
func WithClock(now func() time.Time) Option {
	return func(s *Server) {
		if now != nil {
			s.clock = now
		}
	}
}

// WithSeed has the server derive its API key, key pairs and ids from a seed instead of crypto/rand. With the same seed and the same
// calls, one after the other, two servers send the same responses, with three exceptions: created_at (see WithClock), private_key,
// whose encoding contains four random bytes, and the request_id of an error. Anyone who knows the seed can compute the keys: use
// them only in tests.
func WithSeed(seed uint64) Option {
	return func(s *Server) { s.random = newSeeded(seed) }
}

// WithHTTP2 serves HTTP/2 over TLS. Client and Cloud trust the server's certificate.
func WithHTTP2() Option {
	return func(s *Server) { s.http2 = true }
}

// WithFaults calls choose for each call, to get its Fault; the zero Fault means no fault. Faults given to Inject come first. choose
// is called from many goroutines at once. RandomFaults returns such a function.
func WithFaults(choose func(Call) Fault) Option {
	return func(s *Server) {
		if choose != nil {
			s.choose = choose
		}
	}
}

// TB is the part of testing.TB that NewServer needs. It replaces testing.TB so that a program which uses
// this package does not link package testing.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// NewServer starts a server that is closed when the test ends. It ends the test if the server cannot start.
func NewServer(t TB, opts ...Option) *Server {
	t.Helper()
	s, err := Start(opts...)
	if err != nil {
		t.Fatalf("gcoretest: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// Start starts a server. It fails if it cannot listen on a loopback port, or if an option is not valid, such as an API key with a
// newline. The caller closes the server.
func Start(opts ...Option) (*Server, error) {
	s, err := NewUnstarted(opts...)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on a loopback port: %w", err)
	}
	s.httpServer = &httptest.Server{
		Listener:    listener,
		Config:      &http.Server{Handler: s.Handler, ReadHeaderTimeout: time.Minute},
		EnableHTTP2: s.http2,
	}
	if s.http2 {
		s.httpServer.StartTLS()
	} else {
		s.httpServer.Start()
	}
	s.URL = s.httpServer.URL
	if transport, ok := s.httpServer.Client().Transport.(*http.Transport); ok { // as it always is
		// Otherwise nearly every call of a test with many goroutines would open a new connection.
		transport.MaxIdleConnsPerHost = 256
		s.transport = transport
	}

	s.cloud, err = gcore.NewCloud(s.Config())
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("make a client for the server: %w", err)
	}
	return s, nil
}

// NewUnstarted returns a server that does not listen, for a program that serves its Handler. It has no URL, and every request of its
// Cloud and its Client fails. Set BaseURL and HTTPClient in its Config. NewUnstarted fails if an option is not valid. The caller
// closes the server.
func NewUnstarted(opts ...Option) (*Server, error) {
	s := &Server{
		clock:   time.Now,
		random:  rand.Reader,
		choose:  func(Call) Fault { return Fault{} },
		record:  record{maxCalls: defaultMaxCalls, maxBytes: defaultMaxCallBytes},
		closing: make(chan struct{}),
	}
	for _, opt := range opts {
		opt(s)
	}
	if s.APIKey == "" {
		s.APIKey = s.newAPIKey()
	}
	if err := apikey.Check(s.APIKey); err != nil {
		return nil, err
	}
	if s.record.maxCalls < 1 || s.record.maxBytes < 1 {
		return nil, fmt.Errorf("WithCallLimits(%d, %d): both must be at least 1", s.record.maxCalls, s.record.maxBytes)
	}
	validator, err := newValidator()
	if err != nil {
		return nil, err
	}
	s.validator = validator
	s.transport = notStarted{}
	if s.cloud, err = gcore.NewCloud(s.Config()); err != nil {
		return nil, fmt.Errorf("make a client for the server: %w", err)
	}
	s.api = limitBusy(s.newAPI())
	s.Handler = http.HandlerFunc(s.serveHTTP)
	return s, nil
}

// notStarted is the transport to a server that does not listen.
type notStarted struct{}

func (notStarted) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("gcoretest: the server does not listen: NewUnstarted leaves that to its caller")
}

// Close ends every response that stalls, closes every connection and waits until the server has stopped.
// It may be called more than once.
func (s *Server) Close() {
	s.closeOnce.Do(func() {
		close(s.closing)
		if s.httpServer != nil {
			s.httpServer.CloseClientConnections()
			s.httpServer.Close()
		}
	})
}

// Cloud returns a client for the server, made from Config.
func (s *Server) Cloud() *gcore.Cloud { return s.cloud }

// Config returns the configuration of a client for the server: its address, its API key, project 1, an http.Client that reaches it,
// and retries that do not wait. Change what the test needs to be different and give it to gcore.NewCloud.
func (s *Server) Config() gcore.Config {
	return gcore.Config{
		APIKey:     s.APIKey,
		ProjectID:  1,
		BaseURL:    cmp.Or(s.URL, "https://not-started.invalid"), // never the real Gcore
		HTTPClient: s.Client(),
		Backoff:    func(int, time.Duration) time.Duration { return 0 },
	}
}

// Client returns a new http.Client that reaches the server and trusts its certificate. It adds no Authorization header.
func (s *Server) Client() *http.Client {
	return &http.Client{Transport: s.transport}
}

// Operations returns the operationIds of openapi.yaml, sorted.
func (s *Server) Operations() []string { return s.validator.Operations() }

// newValidator reads openapi.yaml once for all servers of a program, as that takes longer than the rest of a start.
var newValidator = sync.OnceValues(contract.New)
