package gcoretest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// FuzzServer sends queries and bodies. The server must not panic, and its own responses must keep the contract: otherwise it responds
// with 500.
func FuzzServer(f *testing.F) {
	for _, body := range []string{`{"name": "a"}`, `{"name": "a", "public_key": "ssh-ed25519 AAAA"}`, `{"shared_in_project": true, "x": 1e999}`, "[", ""} {
		for _, query := range []string{"", "limit=1&offset=0&name=a&order_by=name.asc", "order_by=", "limit=%31"} {
			f.Add(query, body)
		}
	}
	f.Fuzz(func(t *testing.T, query, body string) {
		srv, err := gcoretest.NewUnstarted(gcoretest.WithAnyAPIKey())
		require.NoError(t, err)
		defer srv.Close()
		key := srv.Add(1, gcore.CreateSSHKeyRequest{Name: "a"})
		for _, request := range []struct{ method, path, body string }{
			{http.MethodGet, keys, ""}, {http.MethodPost, keys, body}, {http.MethodPatch, keys + "/" + key.ID, body},
		} {
			r := httptest.NewRequest(request.method, request.path, strings.NewReader(request.body))
			r.URL.RawQuery = query
			r.Header.Set("Authorization", "apikey any")
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			srv.Handler.ServeHTTP(w, r)
			assert.NotEqual(t, http.StatusInternalServerError, w.Code, w.Body)
		}
	})
}
