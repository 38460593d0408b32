//go:build unix

package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// importFaults are those of a bad day: the key is added, or not, or later, and the response is lost.
var importFaults = []gcoretest.Fault{
	{Break: gcoretest.DropBeforeHeaders},
	{Break: gcoretest.DropInBody, At: 20},
	{Commit: gcoretest.CommitNever, Break: gcoretest.DropBeforeHeaders},
	{Commit: gcoretest.CommitAfterList, Break: gcoretest.DropBeforeHeaders},
	{Commit: gcoretest.CommitNever, Status: 503},
	{Status: 503},
	{Status: 502},
	{Commit: gcoretest.CommitNever, Status: 500},
	{Commit: gcoretest.CommitNever, Status: 429},
	{HideFor: 1, Break: gcoretest.DropBeforeHeaders},
}

// TestThousandKeysUnderFaults imports 1,000 keys while 5 % of the requests fail, kills the import, interrupts it, and lets it end.
func TestThousandKeysUnderFaults(t *testing.T) {
	const n = 1000
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			var created atomic.Int64
			var at atomic.Pointer[func(int64)] // what happens when a create arrives
			choose := gcoretest.RandomFaults(seed, 0.05, importFaults...)
			server := withServer(t, gcoretest.WithFaults(func(call gcoretest.Call) gcoretest.Fault {
				if call.Operation == "createSSHKey" {
					if f := at.Load(); f != nil {
						(*f)(created.Add(1))
					}
				}
				return choose(call)
			}))
			lines := newLines(t, n)
			write0600(t, "keys", lines...)

			// Each run has a listener of its own. To close it waits for the requests that a killed process has left.
			listen := func() (end func()) {
				front := httptest.NewServer(server.Handler)
				t.Setenv("GCORE_BASE_URL", front.URL)
				return front.Close
			}

			// Between runs everything is carried out, and what a list left out is listed: a run cannot know of a key that its list
			// does not show.
			catchUp := func() {
				server.CommitPending()
				_, err := server.Cloud().SSHKeys(1).List(t.Context(), gcore.ListSSHKeysParams{})
				require.NoError(t, err)
			}

			// The first run is killed: what it had sent is carried out all the same.
			end := listen()
			p := newProcess(t, "import", "keys")
			require.NoError(t, p.Start())
			at.Store(new(func(nth int64) {
				if nth == n/4 {
					_ = p.Process.Kill()
				}
			}))
			require.Error(t, p.Wait())
			end()
			at.Store(nil)
			catchUp()
			killed := len(server.Keys(1))
			assert.Less(t, killed, n/2)

			// Ctrl-C ends the second one.
			created.Store(0)
			end = listen()
			p = newProcess(t, "import", "keys")
			require.NoError(t, p.Start())
			at.Store(new(func(nth int64) {
				if nth == n/4 {
					_ = p.Process.Signal(os.Interrupt)
				}
			}))
			require.Error(t, p.Wait())
			end()
			at.Store(nil)
			assert.Contains(t, []int{130, statusUnknown}, p.ProcessState.ExitCode(), p.stderr.String())
			assert.Regexp(t, `keys left: run the same command again`, p.stderr.String())
			assert.NotContains(t, p.stderr.String(), "retrying in")
			catchUp()
			interrupted := len(server.Keys(1))
			assert.Greater(t, interrupted, killed)
			assert.Less(t, interrupted, n)

			defer listen()()
			for range 3 { // a request can meet a fault at each of its attempts, which is one line's failure
				p = newProcess(t, "import", "keys")
				if p.status() == 0 {
					break
				}
				catchUp()
			}
			assert.Zero(t, p.ProcessState.ExitCode(), p.stderr.String())
			want, got := blobs(lines), keysOn(server)
			slices.Sort(want)
			slices.Sort(got)
			assert.Equal(t, want, got, "each key once")
			names := map[string]bool{}
			for _, key := range server.Keys(1) {
				assert.False(t, names[key.Name], "%s twice", key.Name)
				names[key.Name] = true
			}

			sent := posts(server)
			p = newProcess(t, "import", "keys")
			assert.Zero(t, p.status(), p.stderr.String())
			assert.Equal(t, sent, posts(server))
			assert.True(t, strings.HasSuffix(p.stderr.String(), fmt.Sprintf("%d there already\n", n)), p.stderr.String()) // perhaps after a retry of the list
		})
	}
}

// BenchmarkImport imports 1,000 keys into a server that is 20 ms away, and reports the time as a multiple of 1,000/8 round trips.
func BenchmarkImport(b *testing.B) {
	const n, away = 1000, 20 * time.Millisecond
	lines := strings.Join(newLines(b, n), "\n")
	for b.Loop() {
		b.StopTimer()
		server := gcoretest.NewServer(b, gcoretest.WithFaults(func(gcoretest.Call) gcoretest.Fault {
			time.Sleep(away)
			return gcoretest.Fault{}
		}))
		b.Setenv("GCORE_API_KEY", server.APIKey)
		b.Setenv("GCORE_BASE_URL", server.URL)
		b.Setenv("GCORE_CLOUD_PROJECT_ID", "1")
		b.StartTimer()
		var out strings.Builder
		require.NoError(b, execute(context.Background(), []string{"import", "-"}, strings.NewReader(lines), &out, &out))
		b.StopTimer()
		require.Len(b, server.Keys(1), n)
		server.Close()
		b.StartTimer()
	}
	ideal := away * n / inParallel
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(ideal), "×ideal")
}
