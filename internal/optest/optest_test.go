package optest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/optest"
)

// TestTheRowsCallTheirOperations has a server that responds with the example of each operation, and looks at what arrives.
func TestTheRowsCallTheirOperations(t *testing.T) {
	t.Parallel()
	for _, op := range optest.All() {
		var sent []string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			assert.NoError(t, err)
			got, err := op.Request(r.RequestURI, string(body))
			assert.NoError(t, err, "%s calls %s", op.ID, r.URL)
			assert.Equal(t, op.Method, r.Method, op.ID)
			if op.Example.Body != "" {
				assert.JSONEq(t, op.Example.Body, got.Body, op.ID)
				got.Body = op.Example.Body
			}
			assert.Equal(t, op.Example, got, op.ID)
			sent = append(sent, op.ID)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(op.Status)
			_, _ = io.WriteString(w, op.Body)
		}))
		cloud, err := gcore.NewCloud(gcore.Config{APIKey: "1234$abcdef", BaseURL: server.URL, MaxRetries: -1})
		require.NoError(t, err)
		_, err = op.Facade(t.Context(), cloud, op.Example)
		require.NoError(t, err, op.ID)
		resp, err := op.API(t.Context(), cloud.API(), op.Example)
		require.NoError(t, err, op.ID)
		assert.Equal(t, op.Status, resp.StatusCode(), op.ID)
		assert.Equal(t, op.Body, string(resp.GetBody()), op.ID)
		assert.Len(t, sent, 2, op.ID)
		server.Close()
	}
}

// TestEveryMethodOfSSHKeysIsInTheTable: what the table does not have, few tests call. The others are made of its methods.
func TestEveryMethodOfSSHKeysIsInTheTable(t *testing.T) {
	t.Parallel()
	others := []string{"All", "Ensure", "FindByName", "FindByPublicKey"}
	for method := range reflect.TypeFor[*gcore.SSHKeys]().Methods() {
		inTable := slices.ContainsFunc(optest.All(), func(op optest.Operation) bool {
			return strings.TrimSuffix(op.ID, "s") == strings.ToLower(method.Name)+"SSHKey"
		})
		assert.NotEqual(t, inTable, slices.Contains(others, method.Name), "SSHKeys.%s: add it to the table in optest.go", method.Name)
	}
}

func TestARequestOfAnotherOperation(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"/cloud/v1/ssh_keys/1/a/b", "/cloud/v2/ssh_keys/1", "/cloud/v1/ssh_keys/x", "%zz"} {
		_, err := optest.All()[0].Request(target, "")
		assert.Error(t, err, target)
	}
}
