package contract_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

// TestMessagesNameWhatTheDocumentHas: up to 20 names, in alphabetical order, whatever order the document has.
func TestMessagesNameWhatTheDocumentHas(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	for i := range 23 {
		fmt.Fprintf(&many, "p%02d: {},", i)
	}
	for members, want := range map[string]string{
		"":                    "none",
		"owner: {}, kind: {}": "only kind, owner",
		many.String():         "p00, p01, p02, p03, p04, p05, p06, p07, p08, p09, p10, p11, p12, p13, p14, p15, p16, p17, p18, p19 and 3 more",
	} {
		v, err := contract.NewFromDocument(schemaDocument("{type: object, additionalProperties: false, properties: {" + members + "}}"))
		require.NoError(t, err)
		assert.Equal(t, []string{"has a name that the schema does not have: it has " + want + " (additionalProperties)"}, bodyViolations(t, v, `{"`+canary+`":1}`))
	}
	v := parameters(t, "{in: query, name: tags, schema: {type: string}}, {in: query, name: limit, schema: {type: string}}")
	assert.Equal(t, []string{"a: query has 1 parameter that the contract does not have: it takes only limit, tags (unknownParameter)"},
		broken(t, v.CheckRequest(httptest.NewRequest(http.MethodGet, "/a?"+canary, nil))))
}
