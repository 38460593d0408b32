package contract_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// A tally is the places of a document that messages can exercise, in words, and which of them did.
type tally struct {
	doc    *openapi3.T
	places []string
	seen   map[string]bool
}

// newTally lists what a document has: each operation with each response and each error class of its
// examples, each parameter, each schema property, each enum value, each null.
func newTally(document string) (*tally, error) {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(document))
	if err != nil {
		return nil, err
	}
	t := &tally{doc: doc, seen: map[string]bool{}}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			t.add(op.OperationID)
			for _, p := range parametersOf(item, op) {
				place := parameterPlace(op, p)
				t.add(place + " present")
				if !p.Required {
					t.add(place + " absent")
				}
				t.schema(p.Schema, place)
			}
			if op.RequestBody != nil {
				t.content(op.RequestBody.Value.Content, op.OperationID+" request")
			}
			for status, response := range op.Responses.Map() {
				place := op.OperationID + " " + status
				t.add(place)
				t.content(response.Value.Content, place)
				for name, header := range response.Value.Headers {
					t.add(status + " header " + name + " present")
					if !header.Value.Required {
						t.add(status + " header " + name + " absent")
					}
					t.schema(header.Value.Schema, status+" header "+name)
				}
				for class := range classes(response.Value) {
					t.add(place + " " + class)
				}
			}
		}
	}
	slices.Sort(t.places)
	t.places = slices.Compact(t.places)
	return t, nil
}

func (t *tally) add(place string) { t.places = append(t.places, place) }

func (t *tally) content(content openapi3.Content, place string) {
	for _, media := range content {
		t.schema(media.Schema, place)
	}
}

// schema lists the places of a schema. A component goes by its own name wherever it is used.
func (t *tally) schema(ref *openapi3.SchemaRef, place string) {
	place = schemaPlace(ref, place)
	for _, value := range ref.Value.Enum {
		t.add(fmt.Sprintf("%s = %v", place, value))
	}
	if ref.Value.Nullable {
		t.add(place + " = null")
	}
	for name, property := range ref.Value.Properties {
		t.add(place + "." + name + " present")
		if !slices.Contains(ref.Value.Required, name) {
			t.add(place + "." + name + " absent")
		}
		t.schema(property, place+"."+name)
	}
	if ref.Value.Items != nil {
		t.add(place + "[]")
		t.schema(ref.Value.Items, place+"[]")
	}
	if additional := ref.Value.AdditionalProperties.Schema; additional != nil {
		t.add(place + ".*")
		t.schema(additional, place+".*")
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
