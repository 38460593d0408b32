package sshkeys_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	sshkeys "github.com/gcore-sshkeys/gcore-sshkeys-go"
)

// kin-openapi does not know uuid4, and checks an example's format only where it knows the format. The
// registration is global, so it may stand in a test only.
const uuid4 = `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`

func init() { openapi3.DefineStringFormatValidator("uuid4", openapi3.NewRegexpFormatValidator(uuid4)) }

// validate returns what is wrong with a document or one of its examples.
func validate(t *testing.T, document string) error {
	t.Helper()
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData([]byte(document))
	require.NoError(t, err)
	if err := doc.Validate(loader.Context,
		openapi3.EnableExamplesValidation(),
		openapi3.EnableSchemaDefaultsValidation(),
		openapi3.EnableSchemaPatternValidation(),
		openapi3.ProhibitExtensionsWithRef()); err != nil {
		return err
	}
	// Validate passes over the examples of headers.
	for _, response := range doc.Components.Responses {
		for name, header := range response.Value.Headers {
			if example := header.Value.Example; example != nil {
				if err := header.Value.Schema.Value.VisitJSON(example); err != nil {
					return fmt.Errorf("the example of header %s: %w", name, err)
				}
			}
		}
	}
	return nil
}

func TestOpenAPIIsValidAndItsExamplesFit(t *testing.T) {
	t.Parallel()
	require.NoError(t, validate(t, sshkeys.OpenAPI), "correct openapi.yaml, then run make generate")
}

// TestAnExampleThatDoesNotFitIsNoticed changes each example, one at a time, so that it breaks its schema.
func TestAnExampleThatDoesNotFitIsNoticed(t *testing.T) {
	t.Parallel()
	var document yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(sshkeys.OpenAPI), &document))
	spoilt := 0
	eachExample(&document, "", func(place string, value *yaml.Node) {
		eachScalar(value, place, func(place string, scalar *yaml.Node) {
			kept := *scalar
			defer func() { *scalar = kept }()
			for _, wrong := range wrongValues(&kept) {
				*scalar = wrong
				data, err := yaml.Marshal(&document)
				require.NoError(t, err)
				assert.Error(t, validate(t, string(data)), "%s: %s in place of %s", place, wrong.Value, kept.Value)
				spoilt++
			}
		})
	})
	assert.Greater(t, spoilt, 50, "there are examples, and each was spoilt")
}

// eachExample calls f with the value of every example and every entry of examples in the document.
func eachExample(node *yaml.Node, place string, f func(place string, value *yaml.Node)) {
	for i, child := range node.Content {
		inside := fmt.Sprintf("%s/%d", place, i)
		if node.Kind == yaml.MappingNode {
			if i%2 == 0 {
				continue
			}
			inside = place + "/" + node.Content[i-1].Value
		}
		switch {
		case strings.HasSuffix(inside, "/example"):
			f(inside, child)
		case strings.HasSuffix(inside, "/examples"):
			for n := 1; n < len(child.Content); n += 2 {
				for v := 1; v < len(child.Content[n].Content); v += 2 {
					if child.Content[n].Content[v-1].Value == "value" {
						f(inside+"/"+child.Content[n-1].Value, child.Content[n].Content[v])
					}
				}
			}
		default:
			eachExample(child, inside, f)
		}
	}
}

// eachScalar calls f with every string, number, truth value and null of an example.
func eachScalar(node *yaml.Node, place string, f func(place string, scalar *yaml.Node)) {
	if node.Kind == yaml.ScalarNode {
		f(place, node)
		return
	}
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 0 {
			continue
		}
		eachScalar(child, fmt.Sprintf("%s/%d", place, i), f)
	}
}

// wrongValues returns values that the schema of an example cannot allow.
func wrongValues(scalar *yaml.Node) []yaml.Node {
	wrong := func(value string) yaml.Node {
		return yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: value}, {Kind: yaml.ScalarNode, Value: value}}}
	}
	values := []yaml.Node{wrong("an object")}
	text := func(value string) yaml.Node {
		return yaml.Node{Kind: yaml.ScalarNode, Value: value, Style: yaml.DoubleQuotedStyle}
	}
	switch {
	case strings.Contains(scalar.Value, "-0672-4911-"): // a UUID, but of version 1
		values = append(values, text(strings.Replace(scalar.Value, "-4911-", "-1911-", 1)))
	case strings.HasSuffix(scalar.Value, ":50Z"):
		values = append(values, text("16 June 2025"))
	case scalar.Value == "ACTIVE" || strings.HasSuffix(scalar.Value, ".asc"):
		values = append(values, text("ANOTHER"))
	case scalar.ShortTag() != "!!str":
		values = append(values, text("words"))
	}
	return values
}

// A reference page puts the examples into its form. An offset beyond the last key lists nothing.
func TestTheExampleOfOffsetListsSomething(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(sshkeys.OpenAPI))
	require.NoError(t, err)
	list := doc.Paths.Value("/cloud/v1/ssh_keys/{project_id}").Get
	assert.InDelta(t, 0, list.Parameters.GetByInAndName("query", "offset").Example, 0)
}
