package gcore_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// losing is a transport that loses the response to every create, and responds to other requests with what list returns.
func losing(list func(posts int) (items []string)) wrapper {
	posts := 0
	return func(req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodPost {
			posts++
			_, _ = io.Copy(io.Discard, req.Body)
			return nil, io.ErrUnexpectedEOF
		}
		items := list(posts)
		return jsonResponse(req, http.StatusOK, fmt.Sprintf(`{"count": %d, "results": [%s]}`, len(items), strings.Join(items, ","))), nil
	}
}

// TestTheTextOfAnUnknownOutcomeIsSafe has lists with candidates whose ids are not ids, and with many candidates.
func TestTheTextOfAnUnknownOutcomeIsSafe(t *testing.T) {
	t.Parallel()
	private, _ := newCreatedKey(t)
	var many []string
	for i := range 999 {
		many = append(many, fmt.Sprintf("%08x%s", i, someID[8:]))
	}
	for name, ids := range map[string][]string{
		"API key":     {canaryToken},
		"private key": {private.Reveal()},
		"long id":     {strings.Repeat("x", 1<<20)},
		"many keys":   many,
		"ten keys":    many[:10],
		"no keys":     nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var items []string
			for _, id := range ids {
				items = append(items, changed(t, listedKey, map[string]any{"id": id, "name": "generated"}))
			}
			keys := keysOver(t, losing(func(int) []string { return items }))
			_, err := keys.Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "generated"})
			unknown, ok := errors.AsType[*gcore.UnknownOutcomeError](err)
			require.True(t, ok, "%T", err)
			assert.Len(t, unknown.Candidates, len(ids))
			assert.Less(t, len(err.Error()), mostText, "bytes of text")
			assert.False(t, newSecrets(private).in(err.Error()), "the text shows a secret")
			assert.Equal(t, min(len(ids), 10), strings.Count(err.Error(), "created 2025-06-16T17:05:50Z"), "candidates in the text")
			assert.Equal(t, len(ids) > 10, strings.Contains(err.Error(), fmt.Sprintf("And %d more. ", len(ids)-10)))
			assert.Equal(t, len(ids) == 0, strings.Contains(err.Error(), "shows no such key"))
		})
	}
}

// TestTheWarningOfDuplicatesShowsNoSecret has a list that holds an uploaded key twice, once with a secret as its id.
func TestTheWarningOfDuplicatesShowsNoSecret(t *testing.T) {
	t.Parallel()
	item := func(id string) string {
		return changed(t, listedKey, map[string]any{"id": id, "name": "uploaded", "public_key": uploadedKey})
	}
	log := &textBuffer{}
	transport := losing(func(posts int) []string {
		if posts == 1 {
			return nil
		}
		return []string{item(someID), item(canaryToken)}
	})
	request := gcore.CreateSSHKeyRequest{Name: "uploaded", PublicKey: new(uploadedKey)}
	key, err := cloudThrough(t, anyURL, transport, logTo(log)).SSHKeys(1).Create(t.Context(), request)
	require.NoError(t, err)
	assert.Equal(t, someID, key.ID)
	text := log.take()
	assert.Contains(t, text, "more than once")
	assert.Contains(t, text, someID)
	assertNoCanary(t, "log", text)
}

// TestBackoffIsToldHowManyRetriesThereWere has every create lost, and looks in between that find nothing.
func TestBackoffIsToldHowManyRetriesThereWere(t *testing.T) {
	t.Parallel()
	var told []int
	config := gcore.Config{APIKey: canaryToken, MaxRetries: 2, HTTPClient: &http.Client{Transport: losing(func(int) []string { return nil })}}
	config.Backoff = func(retries int, _ time.Duration) time.Duration {
		told = append(told, retries)
		return 0
	}
	cloud, err := gcore.NewCloud(config)
	require.NoError(t, err)
	_, err = cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "uploaded", PublicKey: new(uploadedKey)})
	require.Error(t, err)
	look := []int{0, 1} // the waits between three looks
	assert.Equal(t, slices.Concat(look, []int{0}, look, []int{1}, look), told)
}

// TestALongBackoffLeavesTimeToLook waits between the looks for a key so long that they would not all fit into the time for one.
func TestALongBackoffLeavesTimeToLook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		transport := losing(func(int) []string {
			if looks++; looks < 3 { // the list lags behind
				return nil
			}
			return []string{ // the first is of another create
				changed(t, listedKey, map[string]any{"id": anotherID, "name": "other", "public_key": uploadedKey}),
				changed(t, listedKey, map[string]any{"name": "uploaded", "public_key": uploadedKey}),
			}
		})
		cloud, err := gcore.NewCloud(gcore.Config{
			APIKey: canaryToken, HTTPClient: &http.Client{Transport: wrapper(func(req *http.Request) (*http.Response, error) {
				if err := req.Context().Err(); err != nil {
					return nil, err
				}
				return transport(req)
			})},
			Backoff: func(int, time.Duration) time.Duration { return 20 * time.Second }, MaxRetries: -1,
		})
		require.NoError(t, err)
		start := time.Now()
		key, err := cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "uploaded", PublicKey: new(uploadedKey)})
		require.NoError(t, err)
		assert.Equal(t, someID, key.ID)
		assert.Equal(t, 3, looks)
		assert.Equal(t, 40*time.Second, time.Since(start), "waits")
	})
}
