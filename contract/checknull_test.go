package contract_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

// TestDocumentsWithNullAreRefused: null says nothing that could be checked, and must not end the program either.
func TestDocumentsWithNullAreRefused(t *testing.T) {
	t.Parallel()
	get := func(rest string) string { return "paths: {/a: {get: {operationId: a, " + rest + "}}}" }
	const responses = ", responses: {default: {description: d}}"
	for _, c := range []struct{ document, want string }{
		{get("responses: {'200': {description: d, content: {application/json: null}}}"), "contract: GET /a: response 200: the body of application/json has no schema to check"},
		{get("responses: {'200': {description: d, content: {application/json: }}}"), "has no schema to check"},
		{get("responses: {'200': {description: d, content: {application/json: {schema: null}}}}"), "has no schema to check"},
		{get("requestBody: {content: {application/json: null}}" + responses), "contract: GET /a: the body of application/json has no schema to check"},
		{get("requestBody: null" + responses), ""},
		{get("responses: {'200': {description: d, headers: {X-A: null}}}"), "contract: "},
		{get("responses: {'200': null}"), "contract: "},
		{get("parameters: [null]" + responses), "contract: "},
		{get("parameters: [{in: query, name: q, schema: null}]" + responses), "contract: "},
		{get("parameters: [{in: query, name: q, schema: {type: array, items: null}}]" + responses), "contract: "},
		{get("parameters: [{in: query, name: q, schema: {allOf: [null]}}]" + responses), "contract: "},
		{get("security: [null]" + responses), ""},
		{get("security: [{nope: []}]" + responses), "contract: "},
		{get("security: [{nope: []}]" + responses + "}}}\ncomponents: {securitySchemes: {nope: null"), "contract: "},
		{"servers: [null]\npaths: {}", "contract: "},
	} {
		var err error
		assert.NotPanics(t, func() { _, err = contract.NewFrom([]byte(documentHead + c.document)) }, c.document)
		if c.want == "" {
			assert.NoError(t, err, c.document)
			continue
		}
		if !assert.Error(t, err, c.document) {
			continue
		}
		assert.True(t, strings.HasPrefix(err.Error(), "contract: "), err.Error())
		assert.ErrorContains(t, err, c.want, c.document)
	}
}

func TestAPathWithoutOperationsIsNone(t *testing.T) {
	t.Parallel()
	const none = "path belongs to no operation (path)"
	for item, want := range map[string]string{
		"null": none, "{}": none, "{get: null}": none, "{description: d}": none,
		"{get: null, put: {operationId: p, responses: {default: {description: d}}}}": "path /a takes only the methods PUT (method)",
	} {
		v, err := contract.NewFrom([]byte(documentHead + "paths: {/a: " + item + "}"))
		require.NoError(t, err)
		assert.Equal(t, []string{want}, broken(t, v.CheckRequest(httptest.NewRequest(http.MethodGet, "/a", nil))), item)
	}
}
