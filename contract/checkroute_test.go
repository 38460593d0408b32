package contract_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

func TestAStatusHasThreeDigits(t *testing.T) {
	t.Parallel()
	v, err := contract.NewFrom([]byte(documentHead + "paths: {/a: {get: {operationId: a, responses: {2XX: {description: d}, default: {description: d}}}}}"))
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodGet, "/a", nil)
	for _, status := range []int{200, 299, 404, 999} {
		assert.NoError(t, v.CheckResponse(r, &http.Response{StatusCode: status}), status)
	}
	for _, status := range []int{-2, 0, 2, 20, 2001, 29_999} {
		assert.Equal(t, []string{"a: status is not documented, and is none that HTTP has registered (status)"}, broken(t, v.CheckResponse(r, &http.Response{StatusCode: status})), status)
	}
}

func TestAParameterIsInAPathOnce(t *testing.T) {
	t.Parallel()
	_, err := contract.NewFrom([]byte(documentHead + "paths: {'/a/{id}/{id}': {get: {operationId: a, parameters: [{in: path, name: id, required: true, schema: {type: integer}}], responses: {default: {description: d}}}}}"))
	assert.EqualError(t, err, "contract: path /a/{id}/{id}: the parameter id is in it twice")
}

func TestAnEmptyPathIsASlash(t *testing.T) {
	t.Parallel()
	v, err := contract.NewFrom([]byte(documentHead + "paths: {/: {get: {operationId: root, responses: {default: {description: d}}}}, /a: " + anyResponse + "}"))
	require.NoError(t, err)
	for address, want := range map[string]string{"http://h": "root", "http://h?x=1": "root", "http://h/": "root", "http://h//": "", "": "root", "http://h/a": "a"} {
		u, err := url.Parse(address)
		require.NoError(t, err)
		id, _ := v.Operation(&http.Request{URL: u})
		assert.Equal(t, want, id, address)
	}
}
