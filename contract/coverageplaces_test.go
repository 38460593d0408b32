package contract_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// A coverage lists the places of a document that messages can exercise, in words, and which of them they did.
type coverage struct {
	doc    *openapi3.T
	places []string
	seen   map[string]bool
}

// newCoverage lists what a document has: each operation with each response and each error class of its
// examples, each parameter, each schema property, each enum value, each null.
func newCoverage(document string) (*coverage, error) {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(document))
	if err != nil {
		return nil, err
	}
	c := &coverage{doc: doc, seen: map[string]bool{}}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			c.add(op.OperationID)
			for _, p := range parametersOf(item, op) {
				place := parameterPlace(op, p)
				c.add(place + " present")
				if !p.Required {
					c.add(place + " absent")
				}
				c.schema(p.Schema, place)
			}
			if op.RequestBody != nil {
				c.content(op.RequestBody.Value.Content, op.OperationID+" request")
			}
			for status, response := range op.Responses.Map() {
				place := op.OperationID + " " + status
				c.add(place)
				c.content(response.Value.Content, place)
				for name, header := range response.Value.Headers {
					c.add(status + " header " + name + " present")
					if !header.Value.Required {
						c.add(status + " header " + name + " absent")
					}
					c.schema(header.Value.Schema, status+" header "+name)
				}
				for class := range classes(response.Value) {
					c.add(place + " " + class)
				}
			}
		}
	}
	slices.Sort(c.places)
	c.places = slices.Compact(c.places)
	return c, nil
}

func (c *coverage) add(place string) { c.places = append(c.places, place) }

func (c *coverage) content(content openapi3.Content, place string) {
	for _, media := range content {
		c.schema(media.Schema, place)
	}
}

// schema lists the places of a schema. A component has its own name wherever it is used.
func (c *coverage) schema(ref *openapi3.SchemaRef, place string) {
	place = schemaPlace(ref, place)
	for _, value := range ref.Value.Enum {
		c.add(fmt.Sprintf("%s = %v", place, value))
	}
	if ref.Value.Nullable {
		c.add(place + " = null")
	}
	for name, property := range ref.Value.Properties {
		c.add(place + "." + name + " present")
		if !slices.Contains(ref.Value.Required, name) {
			c.add(place + "." + name + " absent")
		}
		c.schema(property, place+"."+name)
	}
	if ref.Value.Items != nil {
		c.add(place + "[]")
		c.schema(ref.Value.Items, place+"[]")
	}
	if additional := ref.Value.AdditionalProperties.Schema; additional != nil {
		c.add(place + ".*")
		c.schema(additional, place+".*")
	}
}

func schemaPlace(ref *openapi3.SchemaRef, place string) string {
	if name, ok := strings.CutPrefix(ref.Ref, "#/components/schemas/"); ok {
		return name
	}
	return place
}

func parameterPlace(op *openapi3.Operation, p *openapi3.Parameter) string {
	return op.OperationID + " " + p.In + " " + p.Name
}

func parametersOf(item *openapi3.PathItem, op *openapi3.Operation) (all []*openapi3.Parameter) {
	for _, ref := range slices.Concat(item.Parameters, op.Parameters) {
		all = append(all, ref.Value)
	}
	return all
}

// classes are the error classes that the examples of a response have.
func classes(response *openapi3.Response) map[string]bool {
	all := map[string]bool{}
	for _, media := range response.Content {
		for _, example := range media.Examples {
			if value, ok := example.Value.Value.(map[string]any); ok && value["exception_class"] != nil {
				all[fmt.Sprint(value["exception_class"])] = true
			}
		}
	}
	return all
}
