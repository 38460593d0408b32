package gcore_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
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

// books are what a client came away with, held against what the server has.
type books struct {
	mu sync.Mutex

	// Creates by the platform, by how they ended.
	results, inErrors, unknown, refused int
	// Keys of the platform: lost without a word, or made twice.
	lost, doubled int
	// Creates with an own key. Those that failed did so although the server recovered within the budget of retries, or
	// because it did not.
	own, failed, givenUp, twice int

	private   map[string]bool // public halves of which the client has the private one
	announced map[string]bool // names of which the client said that the outcome is unknown
}

func (b *books) String() string {
	return fmt.Sprintf("by the platform: %d creates: %d results, %d handed over in an error, %d of unknown outcome, %d refused; lost silently %d, doubled %d\n"+
		"with an own key: %d creates: %d failed though the server recovered, %d given up, %d there twice",
		b.results+b.inErrors+b.unknown+b.refused, b.results, b.inErrors, b.unknown, b.refused, b.lost, b.doubled,
		b.own, b.failed, b.givenUp, b.twice)
}

// projects keeps the lists that a search reads short.
const projects = 50

// createMany runs n creates, 64 at a time, half by the platform and half with own keys. recovered says of a create that
// failed whether the server had recovered within its budget.
func createMany(t *testing.T, server *gcoretest.Server, cloud *gcore.Cloud, n int, recovered func(name string) bool) *books {
	t.Helper()
	const concurrency = 64
	b := &books{private: map[string]bool{}, announced: map[string]bool{}}
	work := make(chan int)
	var workers sync.WaitGroup
	for range concurrency {
		workers.Go(func() {
			for i := range work {
				keys := cloud.SSHKeys(int64(1 + i%projects))
				if i%2 == 0 {
					b.createOwn(t, keys, fmt.Sprint("own-", i), recovered)
				} else {
					b.createByPlatform(t, keys, fmt.Sprint("platform-", i))
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
	b.audit(server)
	return b
}

func (b *books) createByPlatform(t *testing.T, keys *gcore.SSHKeys, name string) {
	key, err := keys.Create(t.Context(), gcore.CreateSSHKeyRequest{Name: name})
	b.mu.Lock()
	defer b.mu.Unlock()
	answer, isAnswer := errors.AsType[*gcore.ResponseError](err)
	_, isUnknown := errors.AsType[*gcore.UnknownOutcomeError](err)
	switch {
	case err == nil:
		b.results++
	case isAnswer && answer.Key != nil && !answer.Key.PrivateKey.IsZero():
		b.inErrors++
		key = answer.Key
	case isUnknown:
		b.unknown++
		b.announced[name] = true
	default:
		b.refused++
	}
	if err != nil {
		assertNoCanary(t, "error", err.Error())
	}
	if key != nil {
		signer, err := key.Signer()
		if assert.NoError(t, err) {
			b.private[marshal(signer)] = true
			assertNoSecret(t, key.PrivateKey, fmt.Sprint(err))
		}
	}
}

func (b *books) createOwn(t *testing.T, keys *gcore.SSHKeys, name string, recovered func(string) bool) {
	pair, err := gcore.NewKeyPair(name)
	if !assert.NoError(t, err) {
		return
	}
	key, err := keys.Create(t.Context(), gcore.CreateSSHKeyRequest{Name: name, PublicKey: &pair.PublicKey})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.own++
	switch {
	case err == nil:
		assert.Equal(t, pair.PublicKey, key.PublicKey)
	case recovered(name):
		b.failed++
		t.Errorf("%s failed though the server recovered: %v", name, err)
	default:
		b.givenUp++
	}
	if err != nil {
		assertNoCanary(t, "error", err.Error())
	}
}

// audit goes through the keys that the server has.
func (b *books) audit(server *gcoretest.Server) {
	count := map[string]int{}
	for project := range projects {
		for _, key := range server.Keys(int64(1 + project)) {
			count[key.Name]++
			isPlatform := strings.HasPrefix(key.Name, "platform-")
			if isPlatform && !b.private[key.PublicKey] && !b.announced[key.Name] {
				b.lost++
			}
			switch {
			case count[key.Name] != 2:
			case isPlatform:
				b.doubled++
			default:
				b.twice++
			}
		}
	}
}

// assertKept holds the books to the promise: nothing is lost silently, nothing made twice, and no key of the caller's own
// is given up on while the server can still take it.
func (b *books) assertKept(t *testing.T) {
	t.Helper()
	t.Log("\n" + b.String())
	assert.Zero(t, b.lost, "keys lost silently")
	assert.Zero(t, b.doubled, "keys of the platform made twice")
	assert.Zero(t, b.failed, "creates with an own key that failed though the server recovered")
	assert.NotZero(t, b.results)
	assert.NotZero(t, b.unknown, "without trouble this shows nothing")
}

func TestTenThousandCreatesAtThirtyPercentFaults(t *testing.T) {
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
			log := &lockedBuffer{}
			createMany(t, server, troubledCloud(t, server, server.URL, log), 2500, func(name string) bool {
				_, ok := wentThrough.Load(name)
				return ok
			}).assertKept(t)
			assertNoCanary(t, "log", log.String())
		})
	}
}

// TestCreatesThroughAConnectionThatIsCut puts a proxy between client and server that cuts connections at random bytes,
// on the way there or back.
func TestCreatesThroughAConnectionThatIsCut(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t, gcoretest.WithAPIKey(canaryToken))
	address := startCuttingProxy(t, strings.TrimPrefix(server.URL, "http://"), rand.New(rand.NewPCG(1, 2)))
	log := &lockedBuffer{}
	// A create that reached the server was carried out, so the search for the key has to find it.
	reached := func(name string) bool {
		return slices.ContainsFunc(server.Calls(), func(call gcoretest.Call) bool {
			return call.Operation == "createSSHKey" && call.Name == name
		})
	}
	createMany(t, server, troubledCloud(t, server, "http://"+address, log), 1000, reached).assertKept(t)
	assertNoCanary(t, "log", log.String())
}

// troubledCloud is a client, logging all it does, that does not wait between retries, nor long for an answer.
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

// lockedBuffer is a buffer that many goroutines may write to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
