package gcore_test

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// pageLimits are the page sizes that each paging case runs with.
var pageLimits = []int{1, 2, 3, 5, 1000}

// listModel is an http.RoundTripper that responds to listSSHKeys from a slice, in the slice's order. It honours limit and offset
// unless a field says otherwise.
type listModel struct {
	maxPage      int // the most items of a page, or 0
	ignoreLimit  bool
	ignoreOffset bool
	emptyAfter   int                                        // pages after this number are empty, or 0
	count        func(request, offset, page, all int) int64 // nil: the number of items
	change       func(m *listModel)                         // called before each request after the first
	mostRequests int                                        // further requests are refused with 403

	mu         sync.Mutex
	items      []listItem
	made       int             // keys so far
	requests   int             // requests so far
	atStart    map[string]bool // ids of the keys at the first request
	throughout map[string]bool // those that were not deleted since
	served     map[string]bool // ids that were in a page
}

// listItem is one item of a list. A bad item, which is no key, has no id.
type listItem struct{ id, raw string }

// newListModel returns a server of n keys, whose number of requests is bounded for pages of the given size.
func newListModel(n, page int) *listModel {
	m := &listModel{atStart: map[string]bool{}, throughout: map[string]bool{}, served: map[string]bool{}}
	m.mostRequests = mostRequests(n, page)
	m.insert(0, n)
	return m
}

// mostRequests is the bound for reading n keys in pages of the given size. Each page after the first starts one item
// early, and 16 pages without a new key end the loop. 9 are left for steps back.
func mostRequests(n, page int) int {
	return 1 + (n+page)/(max(page, 2)-1) + 16 + 9
}

// insert adds n new keys at a position.
func (m *listModel) insert(at, n int) {
	for i := range n {
		id := fmt.Sprintf("%08d%s", m.made, someID[8:])
		m.items = slices.Insert(m.items, at+i, listItem{id, strings.Replace(listedKey, someID, id, 1)})
		m.made++
	}
}

// remove deletes the items that match.
func (m *listModel) remove(match func(i int, item listItem) bool) {
	var kept []listItem
	for i, item := range m.items {
		if match(i, item) {
			delete(m.throughout, item.id)
		} else {
			kept = append(kept, item)
		}
	}
	m.items = kept
}

func (m *listModel) RoundTrip(req *http.Request) (*http.Response, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests++
	switch {
	case m.requests > m.mostRequests:
		return jsonResponse(req, http.StatusForbidden, `{"exception_class": "Forbidden", "message": "too many requests of a loop"}`), nil
	case m.requests > 1 && m.change != nil:
		m.change(m)
	case m.requests == 1:
		for _, item := range m.items {
			if item.id != "" {
				m.atStart[item.id], m.throughout[item.id] = true, true
			}
		}
	}
	query := req.URL.Query()
	offset, limit := queryInt(query, "offset", 0), queryInt(query, "limit", 10)
	from, to := 0, len(m.items)
	if !m.ignoreOffset {
		from = min(offset, to)
	}
	if !m.ignoreLimit {
		to = from + min(limit, to-from)
	}
	if m.maxPage > 0 {
		to = min(to, from+m.maxPage)
	}
	if m.emptyAfter > 0 && m.requests > m.emptyAfter {
		to = from
	}
	var page []string
	for _, item := range m.items[from:to] {
		page = append(page, item.raw)
		m.served[item.id] = true
	}
	count := int64(len(m.items))
	if m.count != nil {
		count = m.count(m.requests, offset, len(page), len(m.items))
	}
	return jsonResponse(req, http.StatusOK, fmt.Sprintf(`{"count": %d, "results": [%s]}`, count, strings.Join(page, ", "))), nil
}

func queryInt(query url.Values, name string, otherwise int) int {
	if !query.Has(name) {
		return otherwise
	}
	n, err := strconv.Atoi(query.Get(name))
	if err != nil || n < 0 {
		return otherwise
	}
	return n
}

// jsonResponse is a response with a JSON body.
func jsonResponse(req *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader([]byte(body))),
		ContentLength: int64(len(body)), Request: req,
	}
}

// keysOver returns the keys of project 1 behind a transport, with retries that do not wait.
func keysOver(t testing.TB, transport http.RoundTripper) *gcore.SSHKeys {
	t.Helper()
	cloud, err := gcore.NewCloud(noWaiting(gcore.Config{APIKey: canaryToken, HTTPClient: &http.Client{Transport: transport}}))
	require.NoError(t, err)
	return cloud.SSHKeys(1)
}

// reading is what a loop over All got.
type reading struct {
	ids   []string
	errs  []error
	ended error // the error that ended the loop: nothing came after it
}

// readAll reads every key. It fails the test unless each key that was there from the first request to the last is yielded
// exactly once, or an error ended the loop; and if a key is yielded twice or that never was there; and if there were too
// many requests.
func readAll(t *testing.T, m *listModel, params gcore.ListSSHKeysParams) reading {
	t.Helper()
	var got reading
	yielded := map[string]int{}
	for key, err := range keysOver(t, m).All(t.Context(), params) {
		got.ended = err
		if err != nil {
			got.errs = append(got.errs, err)
			continue
		}
		got.ids = append(got.ids, key.ID)
		yielded[key.ID]++
		if !assert.Less(t, len(got.ids), 10_000, "keys without end") {
			break
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	assert.LessOrEqual(t, m.requests, m.mostRequests, "requests")
	twice, missed, unknown := 0, 0, 0
	for id, times := range yielded {
		if times > 1 {
			twice++
		}
		if !m.served[id] {
			unknown++
		}
	}
	for id := range m.throughout {
		if yielded[id] == 0 {
			missed++
		}
	}
	assert.Zero(t, twice, "keys that were yielded more than once")
	assert.Zero(t, unknown, "keys that no page held")
	if got.ended == nil {
		assert.Zero(t, missed, "keys that were there throughout and not yielded, of %d, and no error", len(m.throughout))
	}
	return got
}

// ofPages are the parameters for pages of a size.
func ofPages(limit int) gcore.ListSSHKeysParams {
	return gcore.ListSSHKeysParams{Limit: new(int64(limit))}
}

// endlessModel makes up as many new keys as it is asked for, for ever.
type endlessModel struct{}

func (endlessModel) RoundTrip(req *http.Request) (*http.Response, error) {
	query := req.URL.Query()
	offset, limit := queryInt(query, "offset", 0), queryInt(query, "limit", 10)
	before, after, _ := strings.Cut(listedKey, someID[:8])
	var page strings.Builder
	for i := offset; i < offset+limit; i++ {
		if i > offset {
			page.WriteByte(',')
		}
		fmt.Fprintf(&page, "%s%08x%s", before, i, after)
	}
	return jsonResponse(req, http.StatusOK, fmt.Sprintf(`{"count": %d, "results": [%s]}`, int64(math.MaxInt64), page.String())), nil
}
