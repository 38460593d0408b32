package gcore_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// TestARedirectOfACreateIsDefinite has a wrong base URL: the server asks to send the same request elsewhere.
func TestARedirectOfACreateIsDefinite(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	locations := []string{"/cloud/v1/ssh_keys/2", "http://" + closedPort + "/", "http://x/%zz?token=" + canaryToken, "http://[", ""}
	for _, status := range []int{http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		for kind, publicKey := range map[string]*string{"generated": nil, "uploaded": &pair.PublicKey} {
			t.Run(fmt.Sprint(status, " ", kind), func(t *testing.T) {
				t.Parallel()
				for _, location := range locations {
					var requests atomic.Int64
					cloud := newCloud(t, func(w http.ResponseWriter, _ *http.Request) {
						requests.Add(1)
						if location != "" {
							w.Header().Set("Location", location)
						}
						w.WriteHeader(status)
					})
					_, err := cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "redirected", PublicKey: publicKey})
					assert.EqualValues(t, 1, requests.Load(), "requests")
					_, unknown := errors.AsType[*gcore.UnknownOutcomeError](err)
					require.False(t, unknown, "unknown outcome: %v", err)
					failed, ok := errors.AsType[*gcore.Error](err)
					require.True(t, ok, "%T", err)
					assert.Equal(t, status, failed.StatusCode)
					require.ErrorContains(t, err, "base URL")
					assertNoProxySecret(t, "error", errorTexts(err))
				}
			})
		}
	}
}

// TestA429IsDefiniteWhoeverSentIt has 429 responses that are not in Gcore's error format.
func TestA429IsDefiniteWhoeverSentIt(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	for _, body := range []string{"", "<html>", "{}", `{"exception_class": ""}`, "[", "null"} {
		for _, publicKey := range []*string{nil, &pair.PublicKey} {
			var posts, others atomic.Int64
			cloud := newCloud(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					posts.Add(1)
				} else {
					others.Add(1)
				}
				w.WriteHeader(http.StatusTooManyRequests)
				_, _ = fmt.Fprint(w, body)
			})
			_, err := cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "limited", PublicKey: publicKey})
			require.ErrorIs(t, err, gcore.ErrRateLimited, body)
			_, unknown := errors.AsType[*gcore.UnknownOutcomeError](err)
			assert.False(t, unknown, body)
			assert.Contains(t, err.Error(), "4 attempts", body)
			assert.EqualValues(t, 4, posts.Load(), "POSTs")
			assert.Zero(t, others.Load(), "lookups")
		}
	}
}

// TestOnlyAnErrorOfGcoreIsDefinite has 4xx responses to a create that are not in Gcore's error format, as a proxy can send after
// the request was carried out. The exception_class of Gcore's errors is a text.
func TestOnlyAnErrorOfGcoreIsDefinite(t *testing.T) {
	t.Parallel()
	for class, definite := range map[string]bool{
		`"Forbidden"`: true, `""`: false, `null`: false, `0`: false, `17`: false, `false`: false, `true`: false, `{}`: false, `["E"]`: false,
	} {
		for _, status := range []int{http.StatusBadRequest, http.StatusForbidden, http.StatusConflict} {
			cloud := newErrorCloud(t, canaryToken, status, `{"exception_class": `+class+`}`)
			_, err := cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "generated"})
			_, unknown := errors.AsType[*gcore.UnknownOutcomeError](err)
			assert.Equal(t, !definite, unknown, "%s, status %d: unknown outcome: %T", class, status, err)
		}
	}
}
