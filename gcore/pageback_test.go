package gcore_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// idsOf returns the ids of the keys that All yields, shortened to the numbers of a listModel, and its last error.
func idsOf(t *testing.T, transport http.RoundTripper, params gcore.ListSSHKeysParams) (numbers []string, last error) {
	t.Helper()
	for key, err := range keysOver(t, transport).All(t.Context(), params) {
		if last = err; err == nil {
			numbers = append(numbers, key.ID[7:8])
		}
	}
	return numbers, last
}

// TestAllWithAnOffsetSkipsWhatIsBeforeIt has a deletion that makes All go back to before its offset.
func TestAllWithAnOffsetSkipsWhatIsBeforeIt(t *testing.T) {
	t.Parallel()
	m := newListModel(6, 2)
	m.change = func(m *listModel) { m.remove(func(i int, _ listItem) bool { return i == 0 && m.requests == 2 }) }
	got, err := idsOf(t, m, gcore.ListSSHKeysParams{Limit: new(int64(2)), Offset: new(int64(2))})
	require.NoError(t, err)
	assert.Equal(t, []string{"2", "3", "4", "5"}, got)
}

// TestAllYieldsNewKeysThatItMeets has a key added just before the last one of a page, with which the next page begins.
func TestAllYieldsNewKeysThatItMeets(t *testing.T) {
	t.Parallel()
	m := newListModel(6, 3)
	m.change = func(m *listModel) {
		if m.requests == 2 {
			m.insert(2, 1)
		}
	}
	got, err := idsOf(t, m, ofPages(3))
	require.NoError(t, err)
	assert.Equal(t, []string{"0", "1", "2", "6", "3", "4", "5"}, got)
}

// TestAllGivesUp has a server whose keys are others at every request. All goes back to the start, or to 10,000 keys before.
func TestAllGivesUp(t *testing.T) {
	t.Parallel()
	for offset, want := range map[int64][]string{5: {"5", "6", "0"}, 50_000: {"50000", "50001", "49992", "49902", "49002", "40002"}} {
		var offsets []string
		_, err := idsOf(t, wrapper(func(req *http.Request) (*http.Response, error) {
			offsets = append(offsets, req.URL.Query().Get("offset"))
			var items []string
			for i := range 2 {
				items = append(items, changed(t, listedKey, map[string]any{"id": fmt.Sprintf("%04x%04x%s", len(offsets), i, someID[8:])}))
			}
			return jsonResponse(req, http.StatusOK, fmt.Sprintf(`{"count": 99999, "results": [%s]}`, strings.Join(items, ","))), nil
		}), gcore.ListSSHKeysParams{Limit: new(int64(2)), Offset: &offset})
		require.ErrorContains(t, err, "no page shows where the list goes on")
		assert.Equal(t, want, offsets)
	}
}
