package gcore_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// eachLimit runs a case as a parallel subtest for each page size.
func eachLimit(t *testing.T, name string, run func(t *testing.T, limit int)) {
	t.Helper()
	for _, limit := range pageLimits {
		t.Run(fmt.Sprintf("%s, pages of %d", name, limit), func(t *testing.T) {
			t.Parallel()
			run(t, limit)
		})
	}
}

// TestAllReadsEveryKeyInOrder has servers whose pages are not as large as was asked for, with keys that do not change.
func TestAllReadsEveryKeyInOrder(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		keys, maxPage int
		ignoreLimit   bool
	}{
		"no key":                         {keys: 0},
		"one key":                        {keys: 1},
		"two keys":                       {keys: 2},
		"pages as asked for":             {keys: 12},
		"at most 2 of a page":            {keys: 12, maxPage: 2},
		"at most 3 of a page":            {keys: 12, maxPage: 3},
		"at most 100 of a page":          {keys: 250, maxPage: 100},
		"more than was asked for":        {keys: 12, ignoreLimit: true},
		"at most 4, whatever is asked":   {keys: 12, ignoreLimit: true, maxPage: 4},
		"at most 100, whatever is asked": {keys: 250, ignoreLimit: true, maxPage: 100},
	}
	for name, test := range tests {
		eachLimit(t, name, func(t *testing.T, limit int) {
			page := limit
			if test.maxPage > 0 && (test.ignoreLimit || test.maxPage < limit) {
				page = test.maxPage
			}
			m := newListModel(test.keys, page)
			m.maxPage, m.ignoreLimit = test.maxPage, test.ignoreLimit
			got := readAll(t, m, ofPages(limit))
			require.NoError(t, got.ended)
			assert.Empty(t, got.errs)
			require.Len(t, got.ids, test.keys)
			assert.True(t, slices.IsSorted(got.ids), "in the order of the server")
		})
	}
}

// TestAllAndBadItems has lists with items that do not decode. They are reported, and the keys around them are not lost.
func TestAllAndBadItems(t *testing.T) {
	t.Parallel()
	kinds := map[string]string{
		"time does not parse": strings.Replace(listedKey, "2025-06-16T17:05:50Z", "yesterday", 1),
		"a number":            "17",
		"an empty object":     "{}",
		"null":                "null",
	}
	const n = 12 // items, among them the bad ones
	positions := map[string][]int{
		"at the start":         {0},
		"at the end":           {n - 1},
		"second":               {1},
		"third":                {2},
		"fifth":                {4},
		"two alike":            {4, 5},
		"two alike, apart":     {2, 4},
		"one in three":         {2, 5, 8, 11},
		"a page at the start":  {0, 1, 2, 3, 4},
		"a page in the middle": {5, 6, 7, 8, 9},
		"a page at the end":    {7, 8, 9, 10, 11},
		"all":                  {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
	}
	for where, at := range positions {
		eachLimit(t, where, func(t *testing.T, limit int) {
			for kind, raw := range kinds {
				for _, maxPage := range []int{1000, 3} {
					page := min(limit, maxPage)
					m := newListModel(n, page)
					m.maxPage = maxPage
					m.mostRequests *= 4 // a bad item at the start of a page costs steps back
					for _, i := range at {
						m.items[i] = listItem{raw: raw}
					}
					got := readAll(t, m, ofPages(limit))
					assert.NotEmpty(t, got.errs, "the bad items are reported")
					if page == 1000 {
						assert.Len(t, got.ids, n-len(at), "one page holds them all")
					}
					if t.Failed() {
						t.Fatalf("with %s and at most %d of a page", kind, maxPage)
					}
				}
			}
		})
	}
}

// TestAllPastABadItemOfALargePage has one bad item on each side of the edges of pages of 100.
func TestAllPastABadItemOfALargePage(t *testing.T) {
	t.Parallel()
	for _, at := range []int{0, 98, 99, 100, 198, 249} {
		m := newListModel(250, 100)
		m.maxPage = 100
		m.items[at] = listItem{raw: "{}"}
		got := readAll(t, m, gcore.ListSSHKeysParams{})
		require.NotEmpty(t, got.errs, at)
		assert.Len(t, got.ids, 249, at)
	}
}

// TestAllAndCounts has servers whose count contradicts their items.
func TestAllAndCounts(t *testing.T) {
	t.Parallel()
	const n = 12
	always := func(count int64) func(int, int, int, int) int64 {
		return func(int, int, int, int) int64 { return count }
	}
	tests := map[string]struct {
		count    func(request, offset, page, all int) int64
		fails    bool // an error ends the loop
		complete bool // and every key came before it
	}{
		"-1":                      {always(-1), true, false},
		"the smallest":            {always(math.MinInt64), true, false},
		"0 with results":          {always(0), true, false},
		"one less than was seen":  {func(_, offset, page, _ int) int64 { return int64(offset + page - 1) }, true, false},
		"one more than there are": {always(n + 1), true, true},
		"the largest":             {always(math.MaxInt64), true, true},
		"grows with each page":    {func(request, _, _, all int) int64 { return int64(all + request) }, true, true},
		"changes with each page":  {func(request, _, _, all int) int64 { return int64(all + 7*(request%3)) }, false, true},
		"largest, then smallest":  {func(request, _, _, _ int) int64 { return []int64{math.MinInt64, math.MaxInt64}[request%2] }, true, false},
	}
	for name, test := range tests {
		eachLimit(t, name, func(t *testing.T, limit int) {
			m := newListModel(n, limit)
			m.count = test.count
			got := readAll(t, m, ofPages(limit))
			if test.fails {
				require.Error(t, got.ended)
			}
			if test.complete {
				assert.Len(t, got.ids, n)
			}
		})
	}
}

// TestAllEndsWhereAServerDoesNotGoOn has servers that repeat a page, or have none, though they count more.
func TestAllEndsWhereAServerDoesNotGoOn(t *testing.T) {
	t.Parallel()
	const n = 12
	tests := map[string]struct {
		prepare func(m *listModel)
		fails   bool // with pages of any size
	}{
		"the offset is ignored": {func(m *listModel) { m.ignoreOffset = true }, false},
		"the offset, and more counted": {func(m *listModel) {
			m.ignoreOffset, m.count = true, func(int, int, int, int) int64 { return math.MaxInt64 }
		}, true},
		"empty after the first page":  {func(m *listModel) { m.emptyAfter = 1 }, false},
		"empty after the second page": {func(m *listModel) { m.emptyAfter = 2 }, false},
		"empty at once":               {func(m *listModel) { m.items, m.count = nil, func(int, int, int, int) int64 { return n } }, true},
	}
	for name, test := range tests {
		eachLimit(t, name, func(t *testing.T, limit int) {
			m := newListModel(n, limit)
			test.prepare(m)
			got := readAll(t, m, ofPages(limit)) // where keys are missing, it wants an error
			if test.fails {
				require.Error(t, got.ended)
			}
		})
	}
}

// TestAllEndsAtALongID has keys whose ids are so long that a list of them, each of which is kept, would fill the memory.
func TestAllEndsAtALongID(t *testing.T) {
	t.Parallel()
	for size, fails := range map[int]bool{64: false, 65: true, 1 << 16: true} {
		m := newListModel(12, 3)
		id := strings.Repeat("x", size)
		m.items[7] = listItem{id, strings.Replace(listedKey, someID, id, 1)}
		got := readAll(t, m, ofPages(3))
		if !fails {
			require.NoError(t, got.ended, "%d bytes", size)
			assert.Len(t, got.ids, 12)
			continue
		}
		require.ErrorContains(t, got.ended, "longer than 64 bytes", "%d bytes", size)
		assert.Less(t, len(got.ids), 12, "%d bytes", size)
	}
}

// TestAllEndsOnAServerWithoutEnd has a server with new keys on every page.
func TestAllEndsOnAServerWithoutEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("reads millions of keys; run without -short")
	}
	t.Parallel()
	const most = 2_100_000
	var last error
	n := 0
	for _, err := range keysOver(t, endlessModel{}).All(t.Context(), gcore.ListSSHKeysParams{}) {
		last = err
		if n++; n > most {
			break
		}
	}
	require.Error(t, last, "after %d keys", n)
}
