package optest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

var all = sync.OnceValue(func() []Operation {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(OpenAPI()))
	if err != nil {
		panic(err)
	}
	operations := slices.Clone(table)
	for path, item := range doc.Paths.Map() {
		for method, spec := range item.Operations() {
			i := slices.IndexFunc(operations, func(op Operation) bool { return op.ID == spec.OperationID })
			if i < 0 {
				panic(fmt.Sprintf("openapi.yaml has an operation %s: add it to the table in internal/optest/optest.go", spec.OperationID))
			}
			if err := operations[i].read(path, method, item, spec); err != nil {
				panic(fmt.Sprintf("%s: %v", spec.OperationID, err))
			}
		}
	}
	for _, op := range operations {
		if op.Spec == nil {
			panic(fmt.Sprintf("openapi.yaml has no operation %s: take it out of the table in internal/optest/optest.go", op.ID))
		}
	}
	return operations
})

// OpenAPI returns openapi.yaml, which is in a folder above the test. The root package has it too, but a library that imports
// that package depends on the code generator.
func OpenAPI() string {
	for folder := "."; len(folder) < 100; folder = filepath.Join(folder, "..") {
		if data, err := os.ReadFile(filepath.Join(folder, "openapi.yaml")); err == nil {
			return string(data)
		}
	}
	panic("no folder above this one holds openapi.yaml")
}

// read fills in what openapi.yaml says.
func (op *Operation) read(path, method string, item *openapi3.PathItem, spec *openapi3.Operation) (err error) {
	op.Path, op.Method, op.Spec = path, method, new(*spec)
	op.Spec.Parameters = slices.Concat(item.Parameters, spec.Parameters)
	target := path
	for _, p := range op.Spec.Parameters {
		target = strings.ReplaceAll(target, "{"+p.Value.Name+"}", fmt.Sprint(p.Value.Example))
	}
	var sent string
	if spec.RequestBody != nil {
		sent = example(spec.RequestBody.Value.Content)
	}
	if op.Example, err = op.Request(target, sent); err != nil {
		return err
	}
	status := slices.Min(slices.Collect(maps.Keys(spec.Responses.Map()))) // 2xx is the least
	op.Body = example(spec.Responses.Value(status).Value.Content)
	op.Status, err = strconv.Atoi(status)
	return err
}

// example returns the first example of a JSON body, or one made of the examples of its properties.
func example(content openapi3.Content) string {
	media := content.Get("application/json")
	if media == nil {
		return ""
	}
	value := exampleOf(media.Schema.Value)
	if len(media.Examples) > 0 {
		value = media.Examples[slices.Min(slices.Collect(maps.Keys(media.Examples)))].Value.Value
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // as the API has it
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func exampleOf(schema *openapi3.Schema) any {
	switch {
	case schema.Example != nil:
		return schema.Example
	case schema.Items != nil:
		return []any{exampleOf(schema.Items.Value)}
	}
	object := map[string]any{}
	for name, property := range schema.Properties {
		object[name] = exampleOf(property.Value)
	}
	return object
}
