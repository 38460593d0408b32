package gcoretest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// TestTheStoreAgainstAModel compares the sorted store with one that sorts at each list.
func TestTheStoreAgainstAModel(t *testing.T) {
	t.Parallel()
	type modelKey struct {
		key    gcore.SSHKey
		hidden int
	}
	dice := rand.New(rand.NewPCG(1, 2))
	var s store
	var model []*modelKey // in the order of arrival
	names := []string{"a", "ab", "b", "ba", "c"}
	at := time.Date(2025, 6, 16, 17, 5, 50, 0, time.UTC)
	modelList := func(name string, order gcore.SSHKeyOrder, offset, limit int) ([]string, int) {
		var found []*modelKey
		for _, k := range model {
			switch {
			case !strings.Contains(k.key.Name, name):
			case k.hidden > 0:
				k.hidden--
			default:
				found = append(found, k)
			}
		}
		slices.SortStableFunc(found, func(a, b *modelKey) int { return a.key.CreatedAt.Compare(*b.key.CreatedAt) })
		if strings.HasPrefix(string(order), "name") {
			slices.SortStableFunc(found, func(a, b *modelKey) int { return cmp.Compare(a.key.Name, b.key.Name) })
		}
		if strings.HasSuffix(string(order), "desc") {
			slices.Reverse(found)
		}
		ids := []string{}
		for _, k := range found[min(offset, len(found)):min(offset+limit, len(found))] {
			ids = append(ids, k.key.ID)
		}
		return ids, len(found)
	}

	for i := range 3_000 {
		switch dice.IntN(6) {
		case 0, 1: // add
			createdAt := at.Add(time.Duration(dice.IntN(20)) * time.Second)
			key := gcore.SSHKey{ID: fmt.Sprint(i), Name: names[dice.IntN(len(names))], ProjectID: new(int64(7)), CreatedAt: &createdAt}
			hidden := max(0, dice.IntN(6)-3)
			unique := dice.IntN(3) == 0
			taken := slices.ContainsFunc(model, func(k *modelKey) bool { return k.key.Name == key.Name })
			err := s.add(key, hidden, unique)
			if unique && taken {
				require.ErrorIs(t, err, errNameTaken)
				break
			}
			require.NoError(t, err)
			require.Error(t, s.add(key, 0, false), "its id is taken now")
			model = append(model, &modelKey{key, hidden})
		case 2: // delete
			if len(model) == 0 {
				break
			}
			at := dice.IntN(len(model))
			key := model[at].key
			require.False(t, s.delete(8, key.ID), "another project")
			require.True(t, s.delete(7, key.ID))
			require.False(t, s.delete(7, key.ID))
			require.Equal(t, key.Name, s.nameOf(key.ID))
			model = slices.Delete(model, at, at+1)
		default: // list
			orders := []gcore.SSHKeyOrder{
				gcore.SSHKeyOrderCreatedAtAsc, gcore.SSHKeyOrderCreatedAtDesc, gcore.SSHKeyOrderNameAsc, gcore.SSHKeyOrderNameDesc,
			}
			name, order := []string{"", "a", "b", "none"}[dice.IntN(4)], orders[dice.IntN(4)]
			offset, limit := dice.IntN(len(model)+2), 1+dice.IntN(10)
			ids, count := modelList(name, order, offset, limit)
			page, got := s.list(7, name, order, int64(offset), int64(limit))
			gotIDs := []string{}
			for _, text := range page {
				var key gcore.SSHKey
				require.NoError(t, json.Unmarshal(text, &key))
				gotIDs = append(gotIDs, key.ID)
			}
			require.Equal(t, ids, gotIDs, "%q %s %d %d", name, order, offset, limit)
			require.Equal(t, int64(count), got)
		}
		require.Len(t, s.all(7), len(model))
	}
}

func TestNamesOfDeletedKeysAreBounded(t *testing.T) {
	t.Parallel()
	var names deletedNames
	for i := range maxDeletedNames + 5 {
		names.add(fmt.Sprint(i), "k")
	}
	assert.Len(t, names.names, maxDeletedNames)
	assert.Empty(t, names.names["4"])
	assert.Equal(t, "k", names.names["5"])
}

// BenchmarkStore shows that a create, a get and a page cost the same however many keys there are.
func BenchmarkStore(b *testing.B) {
	newKey := func(i int) gcore.SSHKey {
		createdAt := time.Unix(int64(i/100), 0)
		return gcore.SSHKey{ID: fmt.Sprint("id-", i), Name: fmt.Sprint("key-", i*7919%1_000_003), ProjectID: new(int64(1)), CreatedAt: &createdAt}
	}
	for _, n := range []int{100, 10_000, 100_000} {
		var s store
		for i := range n {
			require.NoError(b, s.add(newKey(i), 0, false))
		}
		b.Run(fmt.Sprintf("create and delete among %d", n), func(b *testing.B) {
			key := newKey(n)
			for b.Loop() {
				if s.add(key, 0, false) != nil || !s.delete(1, key.ID) {
					b.Fatal("not added, or not deleted")
				}
			}
		})
		b.Run(fmt.Sprintf("get among %d", n), func(b *testing.B) {
			for b.Loop() {
				if s.get(1, "id-50") == nil {
					b.Fatal("not found")
				}
			}
		})
		b.Run(fmt.Sprintf("page among %d", n), func(b *testing.B) {
			for b.Loop() {
				if page, _ := s.list(1, "", gcore.SSHKeyOrderNameDesc, int64(n/2), 10); len(page) != 10 {
					b.Fatal("no page")
				}
			}
		})
	}
}
