package gcore_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// counts compares what a client got with what the server has.
type counts struct {
	mu sync.Mutex

	// Creates with a generated key, by how they ended.
	results, inErrors, unknown, rejected int
	// Generated keys that were lost without an error that says so, or generated twice.
	lost, doubled int
	// Creates with an uploaded key. They failed although the server recovered within the retries, or were given up because it
	// did not.
	uploaded, failed, givenUp, twice int

	private   map[string]bool // public keys whose private key the client has
	announced map[string]bool // names of which the client said that the outcome is unknown
}

func (c *counts) String() string {
	return fmt.Sprintf("generated keys: %d creates: %d results, %d returned in an error, %d of unknown outcome, %d rejected; lost silently %d, generated twice %d\n"+
		"uploaded keys: %d creates: %d failed though the server recovered, %d given up, %d added twice",
		c.results+c.inErrors+c.unknown+c.rejected, c.results, c.inErrors, c.unknown, c.rejected, c.lost, c.doubled,
		c.uploaded, c.failed, c.givenUp, c.twice)
}

// projects is the number of projects, so that the list that a lookup reads is short.
const projects = 50

// createMany runs n creates, 64 at a time: one half with a generated and the other with an uploaded key. For a create that failed,
// recovered says whether the server had recovered within the retries.
func createMany(t *testing.T, server *gcoretest.Server, cloud *gcore.Cloud, n int, recovered func(name string) bool) *counts {
	t.Helper()
	const concurrency = 64
	c := &counts{private: map[string]bool{}, announced: map[string]bool{}}
	work := make(chan int)
	var workers sync.WaitGroup
	for range concurrency {
		workers.Go(func() {
			for i := range work {
				keys := cloud.SSHKeys(int64(1 + i%projects))
				if i%2 == 0 {
					c.createUploadedKey(t, keys, fmt.Sprint("uploaded-", i), recovered)
				} else {
					c.createGenerated(t, keys, fmt.Sprint("generated-", i))
				}
			}
		})
	}
	for i := range n {
		work <- i
	}
	close(work)
	workers.Wait()
	server.CommitPending()
	c.audit(server)
	return c
}

func (c *counts) createGenerated(t *testing.T, keys *gcore.SSHKeys, name string) {
	key, err := keys.Create(t.Context(), gcore.CreateSSHKeyRequest{Name: name})
	c.mu.Lock()
	defer c.mu.Unlock()
	broken, isBroken := errors.AsType[*gcore.ResponseError](err)
	_, isUnknown := errors.AsType[*gcore.UnknownOutcomeError](err)
	switch {
	case err == nil:
		c.results++
	case isBroken && broken.Key != nil && !broken.Key.PrivateKey.IsZero():
		c.inErrors++
		key = broken.Key
	case isUnknown:
		c.unknown++
		c.announced[name] = true
	default:
		c.rejected++
	}
	if err != nil {
		assertNoCanary(t, "error", err.Error())
	}
	if key != nil {
		signer, err := key.Signer()
		if assert.NoError(t, err) {
			c.private[marshal(signer)] = true
			assertNoSecret(t, key.PrivateKey, fmt.Sprint(err))
		}
	}
}

func (c *counts) createUploadedKey(t *testing.T, keys *gcore.SSHKeys, name string, recovered func(string) bool) {
	pair, err := gcore.NewKeyPair(name)
	if !assert.NoError(t, err) {
		return
	}
	key, err := keys.Create(t.Context(), gcore.CreateSSHKeyRequest{Name: name, PublicKey: &pair.PublicKey})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.uploaded++
	switch {
	case err == nil:
		assert.Equal(t, pair.PublicKey, key.PublicKey)
	case recovered(name):
		c.failed++
		t.Errorf("%s failed though the server recovered: %v", name, err)
	default:
		c.givenUp++
	}
	if err != nil {
		assertNoCanary(t, "error", err.Error())
	}
}

// audit goes through the keys that the server has.
func (c *counts) audit(server *gcoretest.Server) {
	count := map[string]int{}
	for project := range projects {
		for _, key := range server.Keys(int64(1 + project)) {
			count[key.Name]++
			isGenerated := strings.HasPrefix(key.Name, "generated-")
			if isGenerated && !c.private[key.PublicKey] && !c.announced[key.Name] {
				c.lost++
			}
			switch {
			case count[key.Name] != 2:
			case isGenerated:
				c.doubled++
			default:
				c.twice++
			}
		}
	}
}

// assertKept checks what the client promises: no key is lost silently, no key is generated twice, and no upload fails while the
// server can still carry it out.
func (c *counts) assertKept(t *testing.T) {
	t.Helper()
	t.Log("\n" + c.String())
	assert.Zero(t, c.lost, "keys lost silently")
	assert.Zero(t, c.doubled, "keys generated twice")
	assert.Zero(t, c.failed, "creates with an uploaded key that failed though the server recovered")
	assert.NotZero(t, c.results)
	assert.NotZero(t, c.unknown, "some creates must have met a fault")
}

func TestTenThousandCreatesAtThirtyPercentFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("repeats what other tests do once; run without -short")
	}
	t.Parallel()
	var mix []gcoretest.Fault
	for _, name := range slices.Sorted(maps.Keys(faults())) {
		mix = append(mix, faults()[name])
	}
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			choose := gcoretest.RandomFaults(seed, 0.3, mix...)
			var wentThrough sync.Map // names of which some create met no fault
			server := gcoretest.NewServer(t, gcoretest.WithAPIKey(canaryToken), gcoretest.WithFaults(func(call gcoretest.Call) gcoretest.Fault {
				fault := choose(call)
				if call.Operation == "createSSHKey" && isNoFault(fault) {
					wentThrough.Store(call.Name, true)
				}
				return fault
			}))
			log := &textBuffer{}
			createMany(t, server, troubledCloud(t, server, server.URL, log), 2500, func(name string) bool {
				_, ok := wentThrough.Load(name)
				return ok
			}).assertKept(t)
			assertNoCanary(t, "log", log.take())
		})
	}
}

// TestCreatesThroughAConnectionThatIsCut puts a proxy between client and server that cuts connections at random bytes,
// on the way there or back.
func TestCreatesThroughAConnectionThatIsCut(t *testing.T) {
	if testing.Short() {
		t.Skip("repeats what other tests do once; run without -short")
	}
	t.Parallel()
	server := gcoretest.NewServer(t, gcoretest.WithAPIKey(canaryToken), gcoretest.WithFaults(func(gcoretest.Call) gcoretest.Fault {
		return gcoretest.Fault{Header: http.Header{"X-Request-Id": {canaryToken}}} // or there would be nothing to show
	}))
	address := startCuttingProxy(t, strings.TrimPrefix(server.URL, "http://"), rand.New(rand.NewPCG(1, 2)))
	log := &textBuffer{}
	// A create that reached the server was carried out, so the search for the key has to find it.
	reached := func(name string) bool {
		return slices.ContainsFunc(server.Calls(), func(call gcoretest.Call) bool {
			return call.Operation == "createSSHKey" && call.Name == name
		})
	}
	createMany(t, server, troubledCloud(t, server, "http://"+address, log), 1000, reached).assertKept(t)
	assertNoCanary(t, "log", log.take())
}

// troubledCloud is a client that logs all it does, and does not wait between retries, and not long for a response.
func troubledCloud(t *testing.T, server *gcoretest.Server, url string, log io.Writer) *gcore.Cloud {
	t.Helper()
	config := server.Config()
	config.BaseURL = url
	config.Logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	cloud, err := gcore.NewCloud(config.WithLimits(5*time.Second, 5*time.Second, time.Second))
	require.NoError(t, err)
	return cloud
}

// startCuttingProxy forwards connections, and cuts about a third of them after some bytes in one direction.
func startCuttingProxy(t *testing.T, target string, dice *rand.Rand) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var open sync.WaitGroup
	ended := make(chan struct{})
	t.Cleanup(func() {
		close(ended)
		_ = listener.Close()
		open.Wait()
	})
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", target)
			if err != nil {
				_ = client.Close()
				continue
			}
			limits := [2]int64{1 << 40, 1 << 40}
			if dice.IntN(3) == 0 {
				limits[dice.IntN(2)] = dice.Int64N(3000)
			}
			done := make(chan struct{}, 2)
			forward := func(to, from net.Conn, limit int64) {
				_, _ = io.CopyN(to, from, limit)
				done <- struct{}{}
			}
			open.Go(func() { forward(upstream, client, limits[0]) })
			open.Go(func() { forward(client, upstream, limits[1]) })
			open.Go(func() {
				select {
				case <-done:
				case <-ended:
				}
				_ = client.Close()
				_ = upstream.Close()
			})
		}
	}()
	return listener.Addr().String()
}

// isNoFault reports whether a fault is the zero one.
func isNoFault(f gcoretest.Fault) bool {
	return f.Edit == nil && f.Header == nil && f.Commit == gcoretest.CommitNow && f.Status == 0 && f.Body == "" &&
		f.Break == gcoretest.NoBreak && f.Raw == "" && f.HideFor == 0
}
