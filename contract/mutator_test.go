package contract_test

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

// Every keyword that kin-openapi knows has mutants or is silent, so that an operation with new ones needs no line in the
// mutator.
func TestEveryKeywordHasMutants(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, part := range []struct {
		of   any
		walk func(m *mutator, node *yaml.Node)
	}{
		{openapi3.T{}, (*mutator).document},
		{openapi3.Components{}, func(m *mutator, node *yaml.Node) { m.components(node, "") }},
		{openapi3.PathItem{}, func(m *mutator, node *yaml.Node) { m.path(parse("{/a: {}}"), "", "/a", node) }},
		{openapi3.Operation{}, func(m *mutator, node *yaml.Node) { m.operation(node, "") }},
		{openapi3.Parameter{}, func(m *mutator, node *yaml.Node) { m.parameter(node, "") }},
		{openapi3.Header{}, func(m *mutator, node *yaml.Node) { m.header(node, "") }},
		{openapi3.RequestBody{}, func(m *mutator, node *yaml.Node) { m.requestBody(node, "") }},
		{openapi3.Response{}, func(m *mutator, node *yaml.Node) { m.response(node, "") }},
		{openapi3.MediaType{}, func(m *mutator, node *yaml.Node) { m.media(node, "") }},
		{openapi3.Schema{}, func(m *mutator, node *yaml.Node) { m.schema(node, "") }},
		{openapi3.SecurityScheme{}, func(m *mutator, node *yaml.Node) { m.securityScheme(node, "") }},
	} {
		fields := reflect.TypeOf(part.of)
		for field := range keywords(fields) {
			key, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			known[key] = true
			m := &mutator{}
			require.NoError(t, yaml.Unmarshal([]byte(key+": "+sample(fields.Name()+" "+key, field.Type)), &m.root))
			part.walk(m, m.root.Content[0])
			of := func(made mutant) bool { return strings.Contains(made.name+"/", "/"+key) }
			assert.Equal(t, !isSilent(key), slices.ContainsFunc(m.made, of), "%s of %s", key, fields.Name())
		}
	}
	for _, key := range silent {
		assert.True(t, known[key], "%s is no keyword", key)
	}
}

// keywords yields the fields of a part of a document that are keywords, those of embedded parts too.
func keywords(part reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for _, field := range reflect.VisibleFields(part) {
			key, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			if key != "" && key != "-" && !yield(field) {
				return
			}
		}
	}
}

// sample returns a value of a keyword, in YAML, which is given with the part of a document that it stands in.
func sample(place string, kind reflect.Type) string {
	_, key, _ := strings.Cut(place, " ")
	special := map[string]string{
		"content": "{a/b: {schema: {type: string}}}", "headers": "{X-A: {schema: {type: string}}}", "responses": "{'200': {description: A}}",
		"paths": "{/a: {get: {operationId: a, responses: {'200': {description: A}}}}}", "securitySchemes": "{a: {type: http}}",
		"oneOf": "[{type: string}, {type: integer}]", "anyOf": "[{type: string}, {type: integer}]", "allOf": "[{type: string}]",
		"parameters": "[{name: a, in: query}]", "servers": "[{url: 'https://example.com'}]", "schemas": "{A: {type: string}}",
		"type": "string", "enum": "[a, b]", "additionalProperties": "{type: string}",
	}[key]
	if place == "Components parameters" {
		special = "{a: {name: a, in: query}}"
	}
	if slices.Contains(methods, key) {
		special = "{operationId: a, responses: {'200': {description: A}}}"
	}
	for kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	plain := map[reflect.Kind]string{reflect.String: "text", reflect.Bool: "true", reflect.Uint64: "5", reflect.Float64: "5", reflect.Slice: "[a, b]", reflect.Interface: "a"}[kind.Kind()]
	return cmp.Or(special, plain, "{a: {type: string}}")
}

// What the mutator makes of keywords that openapi.yaml does not have: each is another document, and has its own name.
func TestMutantsOfOtherKeywords(t *testing.T) {
	t.Parallel()
	document := strings.Replace(openAPI, "        - name: offset\n", `        - name: tags
          in: query
          style: form
          explode: false
          schema: {type: array, maxItems: 3, items: {anyOf: [{type: number, minimum: 0.5, exclusiveMinimum: true}, {type: string, format: ipv4}]}}
          x-note: no message can break this
        - name: offset
`, 1)
	mutants, err := mutate(document)
	require.NoError(t, err)
	at := "/paths/~1cloud~1v1~1ssh_keys~1{project_id}/get/parameters/1"
	names := map[string]bool{}
	for _, m := range mutants {
		assert.False(t, names[m.name], m.name)
		names[m.name] = true
		assert.NotEqual(t, document, m.document, m.name)
		assert.NotContains(t, m.name, "x-note")
	}
	for _, want := range []string{
		"/style dropped", `/style: "form2"`, "/explode dropped", "/explode: true", "/schema/maxItems: 4", "/schema/items/anyOf dropped",
		"/schema/items/anyOf renamed oneOf", "/schema/items/anyOf/0 dropped", "/schema/items/anyOf/0/minimum: 1.5", "/schema/items/anyOf/0/minimum: -0.5",
		"/schema/items/anyOf/0/exclusiveMinimum dropped", "/schema/items/anyOf/1/format: ipv6",
	} {
		assert.True(t, names[at+want], want)
	}
}
