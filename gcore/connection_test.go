package gcore_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// arrival is a request as a server received it. kind is its method, or "lookup" for a list that is filtered by name.
type arrival struct {
	connection int // from 1, in the order of opening
	kind       string
	proto      string
	header     http.Header
}

// connections records the connections of a server and the requests on them.
type connections struct {
	mu       sync.Mutex
	numbers  map[net.Conn]int
	arrivals []arrival
	closed   chan int // the number of each connection, when it is closed
}

type connectionNumber struct{}

// countConnections serves a gcoretest server on a listener of its own, which counts.
func countConnections(t *testing.T, server *gcoretest.Server, http2 bool) (*httptest.Server, *connections) {
	t.Helper()
	c := &connections{numbers: map[net.Conn]int{}, closed: make(chan int, 100)}
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := r.Method
		if r.URL.Query().Has("name") {
			kind = "lookup"
		}
		number := r.Context().Value(connectionNumber{}).(int)
		c.mu.Lock()
		c.arrivals = append(c.arrivals, arrival{number, kind, r.Proto, r.Header.Clone()})
		c.mu.Unlock()
		server.Handler.ServeHTTP(w, r)
	}))
	web.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.numbers[conn] = len(c.numbers) + 1
		return context.WithValue(ctx, connectionNumber{}, c.numbers[conn])
	}
	web.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.closed <- c.numbers[conn]
		}
	}
	if web.EnableHTTP2 = http2; http2 {
		web.StartTLS()
	} else {
		web.Start()
	}
	t.Cleanup(web.Close)
	return web, c
}

// all returns the requests so far.
func (c *connections) all() []arrival {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.arrivals)
}

func (c *connections) opened() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.numbers)
}

// of returns the numbers of the connections on which requests of these kinds arrived, one number for each request.
func (c *connections) of(kinds ...string) (numbers []int) {
	for _, a := range c.all() {
		if slices.Contains(kinds, a.kind) {
			numbers = append(numbers, a.connection)
		}
	}
	return numbers
}

// waitUntilClosed waits until the client has closed these connections. The test fails if one stays open.
func (c *connections) waitUntilClosed(t *testing.T, numbers []int) {
	t.Helper()
	open := map[int]bool{}
	for _, number := range numbers {
		open[number] = true
	}
	giveUp := time.After(5 * time.Second)
	for len(open) > 0 {
		select {
		case number := <-c.closed:
			delete(open, number)
		case <-giveUp:
			require.Empty(t, open, "connections that stay open")
		}
	}
}

// transports are the kinds of transport that a Config can have: none, and the two that the client tells apart.
func transports(t *testing.T) map[string]http.RoundTripper {
	t.Helper()
	return map[string]http.RoundTripper{
		"none":            nil,
		"*http.Transport": newTransport(t),
		"another type":    wrapper(newTransport(t).RoundTrip),
	}
}

// cloudBy returns a client of the server through the transport, or with no HTTPClient if that is nil.
func cloudBy(t *testing.T, server *gcoretest.Server, baseURL string, transport http.RoundTripper) *gcore.Cloud {
	t.Helper()
	return cloudThrough(t, baseURL, transport, func(c *gcore.Config) {
		c.APIKey = server.APIKey
		if transport == nil {
			c.HTTPClient = nil
		}
	})
}

func TestUploadedKeyCreatesShareAConnection(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	for name, transport := range transports(t) {
		server := gcoretest.NewServer(t)
		web, counted := countConnections(t, server, false)
		keys := cloudBy(t, server, web.URL, transport).SSHKeys(1)
		for range 30 {
			_, err := keys.Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "uploaded", PublicKey: &pair.PublicKey})
			require.NoError(t, err)
		}
		assert.Len(t, counted.of(http.MethodPost), 30, name)
		assert.Equal(t, 1, counted.opened(), "%s: connections", name)
	}
}

// TestGeneratedKeyCreatesUseConnectionsOfTheirOwn has other requests before, between and after two creates, of which the
// second needs a lookup. The response to a generated-key create, and what follows it, must not stay on a connection that
// is kept.
func TestGeneratedKeyCreatesUseConnectionsOfTheirOwn(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	for name, transport := range transports(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := gcoretest.NewServer(t)
			web, counted := countConnections(t, server, false)
			keys := cloudBy(t, server, web.URL, transport).SSHKeys(1)
			list := func() {
				_, err := keys.List(t.Context(), gcore.ListSSHKeysParams{})
				require.NoError(t, err)
			}

			list()
			key, err := keys.Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "generated"})
			require.NoError(t, err)
			_, err = keys.Get(t.Context(), key.ID)
			require.NoError(t, err)
			server.Inject("createSSHKey", gcoretest.Fault{Break: gcoretest.DropBeforeHeaders})
			_, err = keys.Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "lost"})
			require.Error(t, err)
			list()

			own := counted.of(http.MethodPost, "lookup")
			assert.Len(t, own, 3, "two creates and a lookup")
			if name == "another type" { // which may use a kept connection, and must close it
				counted.waitUntilClosed(t, own)
				return
			}
			assert.Equal(t, []int{1, 1, 1}, counted.of(http.MethodGet), "the connections of the other requests")
			require.NotContains(t, own, 1, "the connections of the creates and the lookup")
			assert.Equal(t, 4, counted.opened(), "connections")
			counted.waitUntilClosed(t, own)

			_, err = keys.Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "uploaded", PublicKey: &pair.PublicKey})
			require.NoError(t, err)
			assert.Equal(t, 4, counted.opened(), "the kept connection is still used")
		})
	}
}
