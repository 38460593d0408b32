package contract_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

// schemaDocument returns a document whose one operation takes a schema, given as flow YAML, as its request body.
func schemaDocument(schema string) string {
	return `
openapi: 3.0.3
info: {title: One schema, version: "1"}
paths:
  /things:
    post:
      operationId: postThing
      requestBody: {required: true, content: {application/json: {schema: ` + schema + `}}}
      responses: {"204": {description: Done}}
components:
  schemas:
    Whole: {type: object, required: [kind], properties: {kind: {type: string, enum: [whole]}, size: {type: integer}}}
    Part: {type: object, required: [kind], properties: {kind: {type: string, enum: [part]}, size: {type: number}}}
    Any: {type: object, properties: {size: {type: number}}}
    Tree: {type: object, properties: {size: {type: integer}, next: {$ref: "#/components/schemas/Tree"}}}
`
}

// bodyViolations returns what a validator says of a body to the operation of schemaDocument, one violation a line.
func bodyViolations(t *testing.T, v *contract.Validator, body string) []string {
	t.Helper()
	lines := broken(t, v.CheckRequest(request(t, "POST", "/things", body)))
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "postThing: body ")
	}
	return lines
}

func TestIntegersAreWrittenAsIntegers(t *testing.T) {
	t.Parallel()
	const notInteger = " must be of type integer (type)"
	for _, c := range []struct {
		schema, body string
		want         []string
	}{
		{`{type: integer}`, `1`, nil},
		{`{type: integer}`, `-0`, nil},
		{`{type: integer}`, `1.0`, []string{strings.TrimSpace(notInteger)}},
		{`{type: integer}`, `1e3`, []string{strings.TrimSpace(notInteger)}},
		{`{type: integer, minimum: 5}`, `1.0`, []string{strings.TrimSpace(notInteger)}},
		{`{type: integer, format: int64}`, `9223372036854775807`, nil},
		{`{type: integer, format: int64}`, `9223372036854775808`, []string{"must have the format int64 (format)"}},
		{`{type: integer, format: int64}`, `-9223372036854775808`, nil},
		{`{type: integer, format: int64}`, `-9223372036854775809`, []string{"must have the format int64 (format)"}},
		{`{type: integer, enum: [9007199254740993]}`, `9007199254740993`, nil},

		// A number may be written in any way, and its bounds hold exactly.
		{`{type: number, minimum: 1, maximum: 1, multipleOf: 1, enum: [1]}`, `1.0`, nil},
		{`{type: number, exclusiveMinimum: true, minimum: 0}`, `0.0`, []string{"must be more than 0 (exclusiveMinimum)"}},
		{`{type: number}`, `1e300`, nil},
		{`{type: number}`, `4503599627370496.0`, nil},
		{`{type: number}`, `4503599627370495.5`, nil},
		{`{type: number}`, `45035996273704960e-1`, nil},
		{`{type: number}`, `4503599627370496.5`, []string{"must be a number that a float64 can hold (type)"}},
		{`{type: number}`, `-45035996273704965E-1`, []string{"must be a number that a float64 can hold (type)"}},
		{`{type: number}`, `1e309`, []string{"must be a number that a float64 can hold (type)"}},
		{`{type: array, uniqueItems: true, items: {type: number}}`, `[1, 1.0]`, []string{"must not have an item twice (uniqueItems)"}},
		{`{}`, `[1.0, {"a": 1e0}]`, nil},

		// Wherever the schema says integer.
		{`{type: array, items: {type: integer}}`, `[1, 2.0, 3e0]`, []string{"/1" + notInteger, "/2" + notInteger}},
		{`{type: object, additionalProperties: {type: integer}}`, `{"a": 1.0, "b": 1}`, []string{"/*" + notInteger}},
		{`{type: object, additionalProperties: {type: number}, properties: {a: {type: integer}}}`, `{"a": 1.0, "b": 1.0}`, []string{"/a" + notInteger}},
		{`{allOf: [{$ref: "#/components/schemas/Whole"}]}`, `{"kind": "whole", "size": 1.0}`, []string{"/size" + notInteger}},
		{`{$ref: "#/components/schemas/Tree"}`, `{"size": 1, "next": {"next": {"size": 1.0}}}`, []string{"/next/next/size" + notInteger}},

		// In a union, if the branch that the value fits says so.
		{`{anyOf: [{type: integer}, {type: string}]}`, `1.0`, []string{"does not fit its schema (anyOf)"}},
		{`{anyOf: [{type: integer}, {type: number}]}`, `1.0`, nil},
		{`{oneOf: [{$ref: "#/components/schemas/Whole"}, {$ref: "#/components/schemas/Part"}]}`, `{"kind": "part", "size": 1.0}`, nil},
		{`{oneOf: [{$ref: "#/components/schemas/Whole"}, {$ref: "#/components/schemas/Part"}]}`, `{"kind": "whole", "size": 1}`, nil},
		{`{oneOf: [{$ref: "#/components/schemas/Whole"}, {$ref: "#/components/schemas/Part"}]}`, `{"kind": "whole", "size": 1.0}`, []string{"does not fit its schema (oneOf)"}},
		{`{type: array, items: {oneOf: [{$ref: "#/components/schemas/Whole"}, {$ref: "#/components/schemas/Part"}]}}`,
			`[{"kind": "part", "size": 2.0}, {"kind": "whole", "size": 1.0}]`, []string{"/1 does not fit its schema (oneOf)"}},
		// With a discriminator, the value names its branch: that another would take it does not help.
		{`{anyOf: [{$ref: "#/components/schemas/Whole"}, {$ref: "#/components/schemas/Any"}], discriminator: {propertyName: kind, mapping: {whole: "#/components/schemas/Whole", any: Any}}}`,
			`{"kind": "whole", "size": 1.0}`, []string{"does not fit its schema (anyOf)"}},
		{`{anyOf: [{$ref: "#/components/schemas/Whole"}, {$ref: "#/components/schemas/Any"}], discriminator: {propertyName: kind, mapping: {whole: "#/components/schemas/Whole", any: Any}}}`,
			`{"kind": "any", "size": 1.0}`, nil},
	} {
		t.Run(c.schema+" "+c.body, func(t *testing.T) {
			t.Parallel()
			v, err := contract.NewFromDocument(schemaDocument(c.schema))
			require.NoError(t, err)
			assert.Equal(t, c.want, bodyViolations(t, v, c.body))
		})
	}
}
