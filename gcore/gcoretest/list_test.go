package gcoretest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

func TestList(t *testing.T) {
	t.Parallel()
	// Keys by the second they are added at. Two are from the same second, two have one name, and one
	// comes from a clock that was turned back.
	seconds := []int64{10, 20, 20, 15, 30}
	names := []string{"web", "db", "app", "web", "Web-old"}
	srv := gcoretest.NewServer(t, gcoretest.WithClock(func() time.Time {
		now := seconds[0]
		seconds = seconds[1:]
		return time.Unix(now, 0)
	}))
	label := map[string]string{} // by id: name/second
	for _, name := range names {
		key := srv.Add(1, gcore.CreateSSHKeyRequest{Name: name})
		label[key.ID] = fmt.Sprintf("%s/%d", name, key.CreatedAt.Unix())
	}

	oldestFirst := []string{"web/10", "web/15", "db/20", "app/20", "Web-old/30"}
	newestFirst := []string{"Web-old/30", "app/20", "db/20", "web/15", "web/10"}
	tests := []struct {
		query string
		want  []string
		count int64
	}{
		{"", newestFirst, 5},
		{"?order_by=created_at.desc", newestFirst, 5},
		{"?order_by=created_at.asc", oldestFirst, 5},
		{"?order_by=name.asc", []string{"Web-old/30", "app/20", "db/20", "web/10", "web/15"}, 5},
		{"?order_by=name.desc", []string{"web/15", "web/10", "db/20", "app/20", "Web-old/30"}, 5},
		{"?limit=2", newestFirst[:2], 5},
		{"?limit=2&offset=2", newestFirst[2:4], 5},
		{"?limit=2&offset=4", newestFirst[4:], 5},
		{"?offset=5", []string{}, 5},
		{"?offset=9223372036854775807&limit=1000", []string{}, 5},
		{"?name=web", []string{"web/15", "web/10"}, 2},
		{"?name=eb", []string{"Web-old/30", "web/15", "web/10"}, 3},
		{"?name=eb&limit=1&offset=1&order_by=created_at.asc", []string{"web/15"}, 3},
		{"?name=", newestFirst, 5},
		{"?name=nothing", []string{}, 0},
	}
	for _, test := range tests {
		t.Run(test.query, func(t *testing.T) {
			t.Parallel()
			page := list(t, srv, keys+test.query)
			got := []string{}
			for _, key := range page.Results {
				got = append(got, label[key.ID])
			}
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.count, page.Count)
		})
	}
}

func TestListHoldsTenKeysUnlessMoreAreAskedFor(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	for i := range 12 {
		srv.Add(1, gcore.CreateSSHKeyRequest{Name: fmt.Sprint(i)})
	}
	page := list(t, srv, keys)
	assert.Len(t, page.Results, 10)
	assert.Equal(t, int64(12), page.Count)
	assert.Len(t, list(t, srv, keys+"?limit=1000").Results, 12)
}

func TestAProjectThatWasNeverUsedIsEmpty(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	srv.Add(1, gcore.CreateSSHKeyRequest{Name: "mine"})
	resp, body := call(t, srv, http.MethodGet, "/cloud/v1/ssh_keys/2", "")
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.JSONEq(t, `{"count": 0, "results": []}`, body)
	assert.Empty(t, srv.Keys(2))
}

func TestAllPages(t *testing.T) {
	t.Parallel()
	const n = 2345
	srv := gcoretest.NewServer(t)
	for i := range n {
		srv.Add(1, gcore.CreateSSHKeyRequest{Name: fmt.Sprintf("key-%04d", i)})
	}
	order := gcore.SSHKeyOrderNameAsc
	i := 0
	for key, err := range srv.Cloud().SSHKeys(1).All(t.Context(), gcore.ListSSHKeysParams{OrderBy: &order}) {
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("key-%04d", i), key.Name)
		i++
	}
	assert.Equal(t, n, i)
	assert.Len(t, srv.Calls(), 3)
}

// The bill for a suite of 10,000 creates: each is one create and one list by name.
func BenchmarkCreateAndFindAmong10000(b *testing.B) {
	srv, err := gcoretest.Start()
	require.NoError(b, err)
	b.Cleanup(srv.Close)
	for i := range 10_000 {
		srv.Add(1, gcore.CreateSSHKeyRequest{Name: fmt.Sprintf("there-%d", i)})
	}
	project := srv.Cloud().SSHKeys(1)
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			key, err := project.Create(b.Context(), gcore.CreateSSHKeyRequest{Name: "made-here"})
			if err != nil {
				b.Error(err)
				return
			}
			if _, err := project.List(b.Context(), gcore.ListSSHKeysParams{Name: &key.ID}); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// list returns the page at a path with its query.
func list(t *testing.T, srv *gcoretest.Server, path string) gcore.SSHKeyList {
	t.Helper()
	resp, body := call(t, srv, http.MethodGet, path, "")
	require.Equal(t, http.StatusOK, resp.StatusCode, body)
	var page gcore.SSHKeyList
	require.NoError(t, json.Unmarshal([]byte(body), &page))
	return page
}
