package gcore_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/optest"
)

// createFault is one way in which a create fails. The zero value is none.
type createFault struct {
	name      string
	refused   bool // no connection comes about
	fault     gcoretest.Fault
	committed bool // the key was added, so a lookup finds it
	definite  bool // the failure proves that no key was added
}

var createFaults = []createFault{
	{name: "429", fault: gcoretest.Fault{Commit: gcoretest.CommitNever, Status: 429}, definite: true},
	{name: "503", fault: gcoretest.Fault{Commit: gcoretest.CommitNever, Status: 503}},
	{name: "500", fault: gcoretest.Fault{Commit: gcoretest.CommitNever, Status: 500}},
	{name: "408", fault: gcoretest.Fault{Commit: gcoretest.CommitNever, Status: 408}},
	{name: "dropped before commit", fault: gcoretest.Fault{Commit: gcoretest.CommitNever, Break: gcoretest.DropBeforeHeaders}},
	{name: "dropped after commit", fault: gcoretest.Fault{Break: gcoretest.DropBeforeHeaders}, committed: true},
	{name: "HTML 404", fault: htmlPage(404)},
	{name: "HTML 200", fault: htmlPage(200)},
	{name: "refused", refused: true, definite: true},
}

// htmlPage is the response of a proxy in front of a server that did nothing.
func htmlPage(status int) gcoretest.Fault {
	fault := gcoretest.ProxyPage(status)
	fault.Commit = gcoretest.CommitNever
	return fault
}

// faultHeader tells the server which fault a create meets.
const faultHeader = "X-Test-Fault"

// newFaultyServer returns a server that looks for the fault in the header.
func newFaultyServer(t *testing.T) *gcoretest.Server {
	t.Helper()
	return gcoretest.NewServer(t, gcoretest.WithAPIKey(canaryToken), gcoretest.WithFaults(func(call gcoretest.Call) gcoretest.Fault {
		for _, f := range createFaults {
			if f.name == call.Header.Get(faultHeader) {
				return f.fault
			}
		}
		return gcoretest.Fault{}
	}))
}

// meeting returns a transport whose creates meet the faults, one each, and how many creates came to it.
func meeting(next http.RoundTripper, faults []createFault) (http.RoundTripper, *int) {
	attempts := new(int)
	return wrapper(func(req *http.Request) (*http.Response, error) {
		if req.Method != http.MethodPost {
			return next.RoundTrip(req)
		}
		*attempts++
		if *attempts > len(faults) {
			return next.RoundTrip(req)
		}
		faulty := req.Clone(req.Context())
		if f := faults[*attempts-1]; f.refused {
			faulty.URL.Host = closedPort
		} else {
			faulty.Header.Set(faultHeader, f.name)
		}
		return next.RoundTrip(faulty)
	}), attempts
}

// sequences returns pairs of faults, pairs repeated up to five faults, and triples repeated so.
func sequences(triples bool) (all [][]createFault) {
	for _, a := range createFaults {
		for _, b := range createFaults {
			all = append(all, []createFault{a, b}, []createFault{a, b, a, b, a})
			for _, c := range createFaults {
				if triples {
					all = append(all, []createFault{a, b, c, a, b})
				}
			}
		}
	}
	return all
}

// TestAnUploadedKeyCreateKeepsItsBudget has creates meet every pair and triple of faults. A create goes on until the key is
// there or the budget is used up, and sends no POST more. Triples are left out of short runs.
func TestAnUploadedKeyCreateKeepsItsBudget(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	for maxRetries, budget := range map[int]int{-1: 1, 1: 2, 3: 4} {
		t.Run(fmt.Sprint("MaxRetries ", maxRetries), func(t *testing.T) {
			t.Parallel()
			server, transport := newFaultyServer(t), newTransport(t)
			for project, faults := range sequences(maxRetries == 3 && !testing.Short()) {
				sender, attempts := meeting(transport, faults)
				keys := cloudThrough(t, server.URL, sender, func(c *gcore.Config) { c.MaxRetries = maxRetries }).SSHKeys(int64(1 + project))
				key, err := keys.Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "uploaded", PublicKey: &pair.PublicKey})

				met := faults[:min(len(faults), budget)]
				if committed := slices.IndexFunc(met, func(f createFault) bool { return f.committed }); committed >= 0 {
					met = met[:committed]
				}
				var names []string
				for _, f := range faults {
					names = append(names, f.name)
				}
				where := strings.Join(names, ", ")
				require.Equal(t, min(len(met)+1, budget), *attempts, "attempts at %s", where)
				if len(met) < budget {
					require.NoError(t, err, where)
					require.Equal(t, pair.PublicKey, key.PublicKey, where)
					require.Len(t, server.Keys(int64(1+project)), 1, where)
					continue
				}
				require.Error(t, err, where)
				_, unknown := errors.AsType[*gcore.UnknownOutcomeError](err)
				maybe := slices.ContainsFunc(met, func(f createFault) bool { return !f.definite })
				require.Equal(t, maybe, unknown, "%s: %T", where, err)
			}
		})
	}
}

// TestAnOutageSaysHowToGoOn has servers that fail until the retries and the lookups are over.
func TestAnOutageSaysHowToGoOn(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	unavailable := newHTTPServer(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }).URL
	outages := map[string]struct {
		before, after string // the server at the first request, and at the others
		unknown       bool
	}{
		"unavailable":                   {unavailable, unavailable, true},
		"unreachable":                   {"http://" + closedPort, "http://" + closedPort, false},
		"unavailable, then unreachable": {unavailable, "http://" + closedPort, true},
		"unreachable, then unavailable": {"http://" + closedPort, unavailable, true},
	}
	for name, outage := range outages {
		for _, maxRetries := range []int{-1, 1, 3} {
			if maxRetries < 0 && outage.before != outage.after {
				continue // there is no second request that would matter
			}
			transport := newTransport(t)
			requests, posts := 0, 0
			cloud := cloudThrough(t, outage.before, wrapper(func(req *http.Request) (*http.Response, error) {
				if req.Method == http.MethodPost {
					posts++
				}
				if requests++; requests > 1 {
					req = req.Clone(req.Context())
					req.URL.Host = strings.TrimPrefix(outage.after, "http://")
				}
				return transport.RoundTrip(req)
			}), func(c *gcore.Config) { c.MaxRetries = maxRetries })
			_, err := cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "uploaded", PublicKey: &pair.PublicKey})
			where := fmt.Sprint(name, ", MaxRetries ", maxRetries)
			require.Error(t, err, where)
			assert.Contains(t, err.Error(), "same public key", where)
			_, unknown := errors.AsType[*gcore.UnknownOutcomeError](err)
			assert.Equal(t, outage.unknown, unknown, where)
			assert.LessOrEqual(t, posts, max(maxRetries, 0)+1, "%s: POSTs", where)
			if posts > 1 {
				assert.Contains(t, err.Error(), fmt.Sprint(posts, " attempts"), where)
			}
		}
	}
}

// TestErrorsSayHowManyAttempts has every operation fail at each attempt.
func TestErrorsSayHowManyAttempts(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	for _, op := range optest.All() {
		operation, call := op.ID, operations()[op.ID]
		if operation == "createSSHKey" {
			call = func(ctx context.Context, cloud *gcore.Cloud) error {
				_, err := cloud.SSHKeys(1).Create(ctx, gcore.CreateSSHKeyRequest{Name: "uploaded", PublicKey: &pair.PublicKey})
				return err
			}
		}
		for _, f := range createFaults {
			retried := slices.Contains([]string{"429", "503", "500", "dropped before commit"}, f.name) || operation == "createSSHKey"
			if !retried || f.committed || f.refused {
				continue
			}
			server := gcoretest.NewServer(t)
			server.Inject(operation, slices.Repeat([]gcoretest.Fault{f.fault}, 4)...)
			err := call(t.Context(), server.Cloud())
			require.Error(t, err, "%s %s", operation, f.name)
			assert.Contains(t, err.Error(), "4 attempts", "%s %s", operation, f.name)
		}
		err := call(t.Context(), cloudThrough(t, "http://"+closedPort, newTransport(t)))
		require.Error(t, err, operation)
		assert.Contains(t, err.Error(), "4 attempts", "%s refused", operation)
	}
}

// TestARetriedDeleteThatFindsNothing has a key that an earlier attempt has deleted. Other DELETEs than deleteSSHKey must
// keep their status.
func TestARetriedDeleteThatFindsNothing(t *testing.T) {
	t.Parallel()
	const otherPath = "/cloud/v1/volumes/1/" + someID
	for _, first := range []int{500, 502, 503, 504, 0} { // 0 is a lost connection
		var requests atomic.Int64
		cloud := newCloud(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			switch odd := requests.Add(1)%2 == 1; {
			case odd && first == 0:
				panic(http.ErrAbortHandler)
			case odd:
				w.WriteHeader(first)
			default:
				w.WriteHeader(http.StatusNotFound)
				_, _ = fmt.Fprint(w, `{"exception_class": "NotFoundError", "message": "SSH key not found"}`)
			}
		})
		require.NoError(t, cloud.SSHKeys(1).Delete(t.Context(), someID), first)
		resp, err := cloud.API().DeleteSSHKeyWithResponse(t.Context(), 1, someID)
		require.NoError(t, err, first)
		assert.Equal(t, http.StatusNoContent, resp.StatusCode(), first)
		resp, err = cloud.API().DeleteSSHKeyWithResponse(t.Context(), 1, someID, func(_ context.Context, req *http.Request) error {
			req.URL.Path = otherPath
			return nil
		})
		require.NoError(t, err, first)
		assert.Equal(t, http.StatusNotFound, resp.StatusCode(), "%d: another operation", first)
		assert.EqualValues(t, 6, requests.Load(), first)
	}
}
