package sshkeys_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	sshkeys "github.com/gcore-sshkeys/gcore-sshkeys-go"
)

// For a oneOf or an anyOf that is directly in a body or a parameter, the generator writes a struct without exported fields or
// methods: its value cannot be read or set, and it marshals to {}. For a component it writes methods.

// inlineUnions returns the places of a document where such a union stands, and what to do.
func inlineUnions(t *testing.T, document string) []string {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(document))
	require.NoError(t, err)
	w := &unionWalk{}
	for name, ref := range doc.Components.Parameters {
		w.parameter(ref, "components/parameters/"+name)
	}
	for name, ref := range doc.Components.RequestBodies {
		w.content(ref.Value.Content, "components/requestBodies/"+name)
	}
	for name, ref := range doc.Components.Responses {
		w.response(ref, "components/responses/"+name)
	}
	for path, item := range doc.Paths.Map() {
		for _, ref := range item.Parameters {
			w.parameter(ref, path)
		}
		for _, op := range item.Operations() {
			for _, ref := range op.Parameters {
				w.parameter(ref, op.OperationID)
			}
			if op.RequestBody != nil && op.RequestBody.Ref == "" {
				w.content(op.RequestBody.Value.Content, op.OperationID+" request")
			}
			for status, ref := range op.Responses.Map() {
				w.response(ref, op.OperationID+" "+status)
			}
		}
	}
	slices.Sort(w.found)
	return w.found
}

// A unionWalk collects the unions in what stands in one place of the document, down to the next reference.
type unionWalk struct{ found []string }

func (w *unionWalk) parameter(ref *openapi3.ParameterRef, place string) {
	if ref.Ref == "" {
		w.schema(ref.Value.Schema, place+" parameter "+ref.Value.Name)
	}
}

func (w *unionWalk) response(ref *openapi3.ResponseRef, place string) {
	if ref.Ref == "" {
		w.content(ref.Value.Content, place)
	}
}

func (w *unionWalk) content(content openapi3.Content, place string) {
	for _, media := range content {
		w.schema(media.Schema, place)
	}
}

func (w *unionWalk) schema(ref *openapi3.SchemaRef, place string) {
	if ref == nil || ref.Ref != "" {
		return
	}
	s := ref.Value
	if len(s.OneOf)+len(s.AnyOf) > 0 {
		w.found = append(w.found, place+": name this oneOf or anyOf under components/schemas, and refer to it")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		w.schema(s.Properties[name], place+"."+name)
	}
	w.schema(s.Items, place+"[]")
	w.schema(s.AdditionalProperties.Schema, place+".*")
	for i, part := range s.AllOf {
		w.schema(part, fmt.Sprintf("%s allOf %d", place, i))
	}
}

func TestUnionsAreNamed(t *testing.T) {
	t.Parallel()
	assert.Empty(t, inlineUnions(t, sshkeys.OpenAPI))
}

func TestAnInlineUnionIsNoticed(t *testing.T) {
	t.Parallel()
	const union = "{oneOf: [{type: string}, {type: boolean}]}"
	for _, c := range []struct{ old, new, place string }{
		{`schema:
              $ref: "#/components/schemas/CreateSSHKeyRequest"`, "schema: " + union, "createSSHKey request"},
		{`schema:
                $ref: "#/components/schemas/CreatedSSHKey"`, "schema: {anyOf: [{type: string}, {type: boolean}]}", "createSSHKey 201"},
		{`schema:
                $ref: "#/components/schemas/SSHKeyList"`, "schema: {type: object, properties: {results: {type: array, items: " + union + "}}}", "listSSHKeys 200.results[]"},
		{`schema:
                $ref: "#/components/schemas/SSHKeyList"`, "schema: {type: object, additionalProperties: " + union + "}", "listSSHKeys 200.*"},
		{`schema:
                $ref: "#/components/schemas/SSHKeyList"`, "schema: {allOf: [{type: object}, {type: object, properties: {a: " + union + "}}]}", "listSSHKeys 200 allOf 1.a"},
		{`schema:
            $ref: "#/components/schemas/SSHKeyOrder"`, "schema: " + union, "listSSHKeys parameter order_by"},
		{`schema:
        type: string
        format: uuid4`, "schema: " + union, "components/parameters/SSHKeyID parameter ssh_key_id"},
		{`No key has this id`, "No key has this id", ""},
	} {
		require.Equal(t, 1, strings.Count(sshkeys.OpenAPI, c.old), c.old)
		document := strings.Replace(sshkeys.OpenAPI, c.old, c.new, 1)
		var want []string
		if c.place != "" {
			want = []string{c.place + ": name this oneOf or anyOf under components/schemas, and refer to it"}
		}
		assert.Equal(t, want, inlineUnions(t, document), c.new)
	}
}
