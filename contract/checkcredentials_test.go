package contract_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

// TestCredentialsOfAnotherAPIHaveNoShape: that an Authorization header is "apikey" and a token is Gcore's rule. A document
// cannot say it, so it does not hold for another API.
func TestCredentialsOfAnotherAPIHaveNoShape(t *testing.T) {
	t.Parallel()
	const document = documentHead + "paths: {/a: {get: {operationId: a, security: [{key: []}], responses: {default: {description: d}}}}}\n" +
		"components: {securitySchemes: {key: {type: apiKey, in: header, name: authorization}}}\n"
	other, err := contract.NewFrom([]byte(document))
	require.NoError(t, err)
	gcores, err := contract.NewGcores(document)
	require.NoError(t, err)
	const shape = `a: header /Authorization must be the word "apikey", one space and a token (security)`
	missing := []string{"a: header /Authorization is missing (security)"}
	twice := []string{"a: header /Authorization is given more than once (security)"}
	for _, c := range []struct {
		sent          []string
		other, gcores []string
	}{
		{[]string{"apikey 1$a"}, nil, nil},
		{[]string{"Token abcdef"}, nil, []string{shape}},
		{[]string{"Bearer abcdef"}, nil, []string{shape}},
		{[]string{"abc def"}, nil, []string{shape}},
		{[]string{""}, []string{"a: header /Authorization must not be empty (security)"}, []string{shape}},
		{nil, missing, missing},
		{[]string{"apikey 1$a", "apikey 1$a"}, twice, twice},
	} {
		r := request(t, http.MethodGet, "/a", "")
		r.Header["Authorization"] = c.sent
		assert.Equal(t, c.other, broken(t, other.CheckRequest(r)), c.sent)
		assert.Equal(t, c.gcores, broken(t, gcores.CheckRequest(r)), c.sent)
	}
}
