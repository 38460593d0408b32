package contract_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

func TestOperation(t *testing.T) {
	t.Parallel()
	project := map[string]string{"project_id": "1"}
	key := map[string]string{"project_id": "1", "ssh_key_id": keyID}
	for _, c := range []struct {
		method, path string
		id           string
		params       map[string]string
	}{
		{"POST", onePath, "createSSHKey", project},
		{"GET", onePath, "listSSHKeys", project},
		{"", onePath, "listSSHKeys", project},
		{"GET", onePath + "?limit=2#fragment", "listSSHKeys", project},
		{"GET", keyPath, "getSSHKey", key},
		{"PATCH", keyPath, "updateSSHKey", key},
		{"DELETE", keyPath, "deleteSSHKey", key},

		// Whether the values are right is another question.
		{"GET", "/cloud/v1/ssh_keys/x", "listSSHKeys", map[string]string{"project_id": "x"}},
		{"GET", "/cloud/v1/ssh_keys/a%2Fb", "listSSHKeys", map[string]string{"project_id": "a/b"}},
		{"GET", "/cloud/v1/ssh_keys/a%2fb/c%20d%25", "getSSHKey", map[string]string{"project_id": "a/b", "ssh_key_id": "c d%"}},
		{"GET", "/cloud/v1/ssh_keys/a+b", "listSSHKeys", map[string]string{"project_id": "a+b"}},
		{"GET", "/cloud/v1/ssh%5Fkeys/%31", "listSSHKeys", project},

		{"HEAD", onePath, "", nil},
		{"OPTIONS", onePath, "", nil},
		{"PUT", onePath, "", nil},
		{"get", onePath, "", nil},
		{"BREW", onePath, "", nil},
		{"GET", onePath + "/", "", nil},
		{"GET", keyPath + "/", "", nil},
		{"GET", keyPath + "/more", "", nil},
		{"GET", "/cloud/v1/ssh_keys", "", nil},
		{"POST", "/cloud/v1/ssh_keys/", "", nil},
		{"GET", "/cloud/v1/ssh_keys//" + keyID, "", nil},
		{"GET", "/cloud%2Fv1/ssh_keys/1", "", nil},
		{"GET", "//cloud/v1/ssh_keys/1", "", nil},
		{"GET", "/CLOUD/v1/ssh_keys/1", "", nil},
		{"GET", "/cloud/v1/../v1/ssh_keys/1", "", nil},
		{"GET", "/base" + onePath, "", nil},
		{"GET", "/", "", nil},
		{"GET", "", "", nil},
	} {
		r := request(t, "GET", "", "")
		r.Method = c.method
		var err error
		r.URL, err = url.Parse("http://127.0.0.1" + c.path)
		require.NoError(t, err)
		id, params := validator.Operation(r)
		assert.Equal(t, c.id, id, "%s %s", c.method, c.path)
		assert.Equal(t, c.params, params, "%s %s", c.method, c.path)
	}
	id, params := validator.Operation(&http.Request{})
	assert.Empty(t, id)
	assert.Nil(t, params)
}

// The path of a server in the document may stand before the paths.
func TestOperationOfADocumentWithABasePath(t *testing.T) {
	t.Parallel()
	v, err := contract.NewFromDocument(other) // its server is https://api.example.com/v1
	require.NoError(t, err)
	id, params := v.Operation(request(t, "GET", "/things/new", ""))
	assert.Equal(t, "getNew", id, "a text goes before a parameter")
	assert.Nil(t, params)
	id, _ = v.Operation(request(t, "GET", "/v1/things/new", ""))
	assert.Equal(t, "getNew", id)
	id, _ = v.Operation(request(t, "GET", "/v2/things/new", ""))
	assert.Empty(t, id)
	for _, base := range []string{"", "/v1"} {
		id, params = v.Operation(request(t, "GET", base+"/things/a%2Fb", ""))
		assert.Equal(t, "getThing", id)
		assert.Equal(t, map[string]string{"id": "a/b"}, params)
	}
	assert.Equal(t, slices.Compact(v.Operations()), v.Operations(), "each id once")
	assert.Contains(t, v.Operations(), "getThing")
}

func TestOperationAllocatesLittle(t *testing.T) {
	r := request(t, "GET", keyPath, "")
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { validator.Operation(r) }), 3.0, "the segments and the map")
}
