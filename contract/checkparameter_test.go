package contract_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

// parameters returns a validator for a GET of /a with parameters.
func parameters(t *testing.T, declared string) *contract.Validator {
	t.Helper()
	v, err := contract.NewFrom([]byte(documentHead + "paths: {/a: {get: {operationId: a, parameters: [" + declared + "], responses: {default: {description: d}}}}}"))
	require.NoError(t, err)
	return v
}

// TestHeadersThatAreNoParameters: OpenAPI 3.0 has other places for these, and says that a parameter of the name is ignored.
func TestHeadersThatAreNoParameters(t *testing.T) {
	t.Parallel()
	v := parameters(t, "{in: header, name: Authorization, required: true, schema: {type: integer}}, {in: header, name: content-type, required: true, schema: {type: integer}}, "+
		"{in: header, name: ACCEPT, required: true, schema: {}}, {in: query, name: Accept, schema: {type: integer}}")
	r := httptest.NewRequest(http.MethodGet, "/a?Accept=x", nil)
	assert.Equal(t, []string{"a: query /Accept must be of type integer (type)"}, broken(t, v.CheckRequest(r)))

	v, err := contract.NewFrom([]byte(documentHead + "paths: {/a: {get: {operationId: a, responses: {'200': {description: d, headers: {content-type: {required: true, schema: {type: integer}}, Accept: {required: true, schema: {type: integer}}}}}}}}"))
	require.NoError(t, err)
	assert.Equal(t, []string{"a: header /Accept is missing (required)"}, broken(t, v.CheckResponse(r, &http.Response{StatusCode: http.StatusOK})))
}

// TestALongListTakesLittleMemory is not parallel: it looks at how much memory the process allocates.
func TestALongListTakesLittleMemory(t *testing.T) {
	list := "schema: {type: array, maxItems: 10, items: {type: integer}}"
	for name, c := range map[string]struct {
		parameter, query string
		want             []string
	}{
		"with commas":    {"{in: query, name: p, explode: false, " + list + "}", "p=" + strings.Repeat("x,", 200_000), []string{"a: query /p must have at most 10 items (maxItems)"}},
		"too many":       {"{in: query, name: p, explode: false, " + list + "}", "p=" + strings.Repeat("x,", 500_000), []string{"a: query /p has too many items to check (maxItems)"}},
		"few too many":   {"{in: query, name: p, explode: false, " + list + "}", "p=x" + strings.Repeat(",1", 10), []string{"a: query /p must have at most 10 items (maxItems)", "a: query /p/0 must be of type integer (type)"}},
		"of either type": {"{in: query, name: p, explode: false, schema: {type: array, items: {oneOf: [{type: integer}, {type: boolean}]}}}", "p=1" + strings.Repeat(",x", 300_000), []string{"a: query /p has too many items to check (maxItems)"}},
	} {
		v := parameters(t, c.parameter)
		r := httptest.NewRequest(http.MethodGet, "/a?"+c.query, nil)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := v.CheckRequest(r)
		runtime.ReadMemStats(&after)
		assert.Equal(t, c.want, broken(t, err), name)
		assert.Less(t, (after.TotalAlloc-before.TotalAlloc)>>20, uint64(100), "%s: MiB of memory, garbage included", name)
	}
}

// TestListsInHeaders: RFC 9110 allows spaces around the items of a list, and several lines for one.
func TestListsInHeaders(t *testing.T) {
	t.Parallel()
	list := parameters(t, "{in: header, name: X-Ids, required: true, schema: {type: array, maxItems: 3, items: {type: integer}}}")
	single := parameters(t, "{in: header, name: X-Ids, schema: {type: integer}}")
	query := parameters(t, "{in: query, name: p, explode: false, schema: {type: array, items: {type: integer}}}")
	for _, c := range []struct {
		v    *contract.Validator
		sent []string
		want []string
	}{
		{list, []string{"1,2"}, nil},
		{list, []string{"1, 2\t,3"}, nil},
		{list, []string{"1", "2, 3"}, nil},
		{list, []string{""}, nil},
		{list, []string{"1 2"}, []string{"a: header /X-Ids/0 must be of type integer (type)"}},
		{list, []string{"1,,2"}, []string{"a: header /X-Ids/1 must be of type integer (type)"}},
		{list, []string{"1,2", "3,4"}, []string{"a: header /X-Ids must have at most 3 items (maxItems)"}},
		{list, nil, []string{"a: header /X-Ids is missing (required)"}},
		{single, []string{"1", "2"}, []string{"a: header /X-Ids is given more than once (repeatedParameter)"}},
	} {
		r := httptest.NewRequest(http.MethodGet, "/a", nil)
		r.Header["X-Ids"] = c.sent
		assert.Equal(t, c.want, broken(t, c.v.CheckRequest(r)), "%q", c.sent)
	}
	r := httptest.NewRequest(http.MethodGet, "/a?p=1,+2", nil)
	assert.Equal(t, []string{"a: query /p/1 must be of type integer (type)"}, broken(t, query.CheckRequest(r)), "only of headers")
}

// TestEmptyValuesOfParameters: clients write an empty array as p=, which is also an array of one empty string.
func TestEmptyValuesOfParameters(t *testing.T) {
	t.Parallel()
	const notInteger = "a: query /p must be of type integer (type)"
	for _, c := range []struct {
		parameter, query string
		want             []string
	}{
		{"schema: {type: array, items: {type: integer}}", "p=", nil},
		{"schema: {type: array, items: {type: integer}}", "p", nil},
		{"explode: false, schema: {type: array, items: {type: integer}}", "p=", nil},
		{"schema: {type: array, minItems: 1, items: {type: integer}}", "p=", []string{"a: query /p must have at least 1 item (minItems)"}},
		{"schema: {type: array, items: {type: string, minLength: 1}}", "p=", nil},
		{"schema: {type: array, minItems: 1, maxItems: 1, items: {type: string}}", "p=", nil},
		{"schema: {type: array, maxItems: 0, items: {type: string}}", "p=", []string{"a: query /p must have at most 0 items (maxItems)"}},
		{"schema: {type: array, items: {type: integer}}", "p=&p=1", []string{"a: query /p/0 must be of type integer (type)"}},
		{"schema: {type: integer}", "p=", []string{notInteger}},
		{"allowEmptyValue: false, schema: {type: integer}", "p=", []string{notInteger}},
		{"allowEmptyValue: true, schema: {type: integer}", "p=", nil},
		{"allowEmptyValue: true, schema: {type: boolean}", "p", nil},
		{"allowEmptyValue: true, schema: {type: integer}", "p=x", []string{notInteger}},
		{"allowEmptyValue: true, schema: {type: array, minItems: 1, items: {type: integer}}", "p=", nil},
		{"allowEmptyValue: true, schema: {type: integer}", "p=&p=", []string{"a: query /p is given more than once (repeatedParameter)", notInteger}},
	} {
		v := parameters(t, "{in: query, name: p, "+c.parameter+"}")
		assert.Equal(t, c.want, broken(t, v.CheckRequest(httptest.NewRequest(http.MethodGet, "/a?"+c.query, nil))), c.parameter+" "+c.query)
	}
}
