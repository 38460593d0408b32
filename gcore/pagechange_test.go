package gcore_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// TestAllWhileKeysChange adds or deletes keys before each of the first pages after the first.
func TestAllWhileKeysChange(t *testing.T) {
	t.Parallel()
	const n = 12
	position := func(m *listModel) int { // the first item after the last one that was in a page
		for i := len(m.items); i > 0; i-- {
			if m.served[m.items[i-1].id] {
				return i
			}
		}
		return 0
	}
	removeAt := func(m *listModel, from, to int) {
		m.remove(func(i int, _ listItem) bool { return i >= from && i < to })
	}
	tests := map[string]func(m *listModel){
		"one added at the front":         func(m *listModel) { m.insert(0, 1) },
		"three added at the front":       func(m *listModel) { m.insert(0, 3) },
		"one added in the middle":        func(m *listModel) { m.insert(len(m.items)/2, 1) },
		"one added at the position":      func(m *listModel) { m.insert(position(m), 1) },
		"one added before the last read": func(m *listModel) { m.insert(max(position(m)-1, 0), 1) },
		"one added at the back":          func(m *listModel) { m.insert(len(m.items), 1) },
		"the first deleted":              func(m *listModel) { removeAt(m, 0, 1) },
		"the first three deleted":        func(m *listModel) { removeAt(m, 0, 3) },
		"the last read deleted":          func(m *listModel) { removeAt(m, position(m)-1, position(m)) },
		"the last two read deleted":      func(m *listModel) { removeAt(m, position(m)-2, position(m)) },
		"the next deleted":               func(m *listModel) { removeAt(m, position(m), position(m)+1) },
		"the last deleted":               func(m *listModel) { removeAt(m, len(m.items)-1, len(m.items)) },
		"all that were read deleted":     func(m *listModel) { m.remove(func(_ int, item listItem) bool { return m.served[item.id] }) },
		"all others deleted":             func(m *listModel) { m.remove(func(_ int, item listItem) bool { return !m.served[item.id] }) },
		"all deleted":                    func(m *listModel) { removeAt(m, 0, len(m.items)) },
		"all replaced":                   func(m *listModel) { removeAt(m, 0, len(m.items)); m.insert(0, n) },
		"one moved past the position":    func(m *listModel) { removeAt(m, 0, 1); m.insert(len(m.items), 1) },
		"all that were read replaced": func(m *listModel) {
			m.remove(func(_ int, item listItem) bool { return m.served[item.id] })
			m.insert(0, 5)
		},
	}
	for name, change := range tests {
		eachLimit(t, name, func(t *testing.T, limit int) {
			for _, maxPage := range []int{1000, 3} {
				for _, times := range []int{1, 4} {
					page := min(limit, maxPage)
					m := newListModel(n, page)
					m.maxPage = maxPage
					m.mostRequests = 4 * mostRequests(4*n, page)
					m.change = func(m *listModel) {
						if m.requests <= 1+times {
							change(m)
						}
					}
					if readAll(t, m, ofPages(limit)); t.Failed() {
						t.Fatalf("with %d changes and at most %d of a page", times, maxPage)
					}
				}
			}
		})
	}
}

// TestAllWhileKeysChangeAtRandom adds and deletes keys before each page, wherever the dice say; then the same in a list in
// which some items are bad, and all alike.
func TestAllWhileKeysChangeAtRandom(t *testing.T) {
	t.Parallel()
	seeds := 250
	if testing.Short() {
		seeds = 25
	}
	for _, limit := range []int{1, 2, 3, 5} {
		for _, bad := range []bool{false, true} {
			t.Run(fmt.Sprintf("pages of %d, bad items: %t", limit, bad), func(t *testing.T) {
				t.Parallel()
				whole := 0
				for seed := range uint64(seeds) {
					dice := rand.New(rand.NewPCG(seed, uint64(limit)))
					m := newListModel(1+dice.IntN(40), limit)
					m.mostRequests *= 5
					m.change = func(m *listModel) {
						for range dice.IntN(3) {
							if at := dice.IntN(len(m.items) + 1); m.made < 80 && dice.IntN(2) == 0 {
								m.insert(at, 1)
							} else {
								m.remove(func(i int, _ listItem) bool { return i == at })
							}
						}
					}
					if bad {
						for range 1 + len(m.items)/5 {
							m.items[dice.IntN(len(m.items))] = listItem{raw: "null"}
						}
					}
					if got := readAll(t, m, ofPages(limit)); got.ended == nil {
						whole++
					}
					if t.Failed() {
						t.Fatalf("with seed %d", seed)
					}
				}
				assert.True(t, bad || whole > seeds/2, "an error is the exception: %d of %d loops ended without one", whole, seeds)
			})
		}
	}
}

// TestAllLeavesTheCallersParametersAlone reads the same sequence twice, with parameters that must stay as they are.
func TestAllLeavesTheCallersParametersAlone(t *testing.T) {
	t.Parallel()
	for _, limit := range pageLimits {
		m := newListModel(12, limit)
		m.mostRequests *= 2
		params := gcore.ListSSHKeysParams{Limit: new(int64(limit)), Offset: new(int64(3))}
		keys := keysOver(t, m).All(context.WithoutCancel(t.Context()), params)
		for range 2 {
			n := 0
			for _, err := range keys {
				require.NoError(t, err)
				n++
			}
			assert.Equal(t, 9, n, "with pages of %d", limit)
		}
		assert.EqualValues(t, limit, *params.Limit)
		assert.EqualValues(t, 3, *params.Offset)
	}
}

// TestAllStartsAtAnOffset yields nothing that stands before the caller's Offset, though pages start one item early.
func TestAllStartsAtAnOffset(t *testing.T) {
	t.Parallel()
	const n = 7
	for _, offset := range []int64{0, 1, 3, n - 1, n, 100, math.MaxInt64} {
		eachLimit(t, fmt.Sprintf("offset %d", offset), func(t *testing.T, limit int) {
			m := newListModel(n, limit)
			for i := range min(offset, n) { // what the caller passes over need not be yielded
				m.items[i].id = ""
			}
			params := ofPages(limit)
			params.Offset = &offset
			got := readAll(t, m, params)
			require.NoError(t, got.ended)
			require.Len(t, got.ids, n-int(min(offset, n)))
			for i, id := range got.ids {
				assert.Equal(t, m.items[int(offset)+i].id, id)
			}
		})
	}
	t.Run("and a count without end", func(t *testing.T) {
		t.Parallel()
		m := newListModel(n, 2)
		m.ignoreOffset, m.count = true, func(int, int, int, int) int64 { return math.MaxInt64 }
		params := ofPages(2)
		params.Offset = new(int64(math.MaxInt64 - 1))
		require.Error(t, readAll(t, m, params).ended)
	})
}

// TestAllFetchesNoPageTooMuch leaves the loop, or cancels the context, after the first page.
func TestAllFetchesNoPageTooMuch(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 2, 3, 5} {
		m := newListModel(12, limit)
		n := 0
		for _, err := range keysOver(t, m).All(t.Context(), ofPages(limit)) {
			require.NoError(t, err)
			if n++; n == limit {
				break
			}
		}
		assert.Equal(t, 1, m.requests, "with pages of %d, after a break", limit)

		m = newListModel(12, limit)
		ctx, cancel := context.WithCancel(t.Context())
		var last error
		n = 0
		for _, err := range keysOver(t, m).All(ctx, ofPages(limit)) {
			last = err
			if n++; n == limit {
				cancel()
			}
		}
		cancel()
		require.ErrorIs(t, last, context.Canceled)
		assert.Equal(t, limit+1, n)
		assert.Equal(t, 1, m.requests, "with pages of %d, after a cancellation", limit)
	}
}

// TestDeletingInTheLoop is why keys are collected first: see SSHKeys.All.
func TestDeletingInTheLoop(t *testing.T) {
	t.Parallel()
	for _, offset := range []int64{0, 2} {
		server := gcoretest.NewServer(t)
		for i := range 30 {
			server.Add(1, gcore.CreateSSHKeyRequest{Name: fmt.Sprint("key ", i)})
		}
		var failed error
		keys := server.Cloud().SSHKeys(1)
		for key, err := range keys.All(t.Context(), gcore.ListSSHKeysParams{Limit: new(int64(10)), Offset: &offset}) {
			if failed = err; err == nil {
				require.NoError(t, keys.Delete(t.Context(), key.ID))
			}
		}
		if offset == 0 {
			require.NoError(t, failed)
			assert.Empty(t, server.Keys(1))
		} else {
			require.ErrorContains(t, failed, "keys were deleted meanwhile")
		}
	}
}
