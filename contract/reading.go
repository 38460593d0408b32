package contract

import (
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// A parameter is text, and its schema says which type of value the text is. In an anyOf of an integer and a string, 5 may be
// either: it is read as the first type that fits.

// A reading is how text becomes a value of a schema.
type reading struct {
	schema *openapi3.Schema
	types  []*openapi3.Schema // what typed returns for schema; none if it allows any value
}

var plainTypes = []string{openapi3.TypeString, openapi3.TypeInteger, openapi3.TypeNumber, openapi3.TypeBoolean}

// isPlain reports whether text can be a value of a schema that typed has returned.
func isPlain(schema *openapi3.Schema) bool { return slices.ContainsFunc(plainTypes, schema.Type.Is) }

// arePlain is isPlain for several.
func arePlain(schemas []*openapi3.Schema) bool {
	return !slices.ContainsFunc(schemas, func(s *openapi3.Schema) bool { return !isPlain(s) })
}

// typed returns the schemas that say what type a value of schema has: schema itself, or those that its allOf, anyOf and
// oneOf come down to. A part without a type, such as a description beside a $ref or the null of an anyOf, adds nothing.
func typed(schema *openapi3.Schema) []*openapi3.Schema {
	if !schema.Type.IsEmpty() {
		return []*openapi3.Schema{schema}
	}
	var all []*openapi3.Schema
	for _, parts := range []openapi3.SchemaRefs{schema.AllOf, schema.AnyOf, schema.OneOf} {
		for _, part := range parts {
			all = append(all, typed(part.Value)...)
		}
	}
	return all
}

// value reads text. If it fits the schema in no way, it is read as the first type.
func (r *reading) value(c *check, text string) any {
	switch len(r.types) {
	case 0:
		return text
	case 1:
		return plain(r.types[0], text)
	}
	first := c.integers(r.schema, plain(r.types[0], text))
	for _, t := range r.types {
		if value := c.integers(r.schema, plain(t, text)); c.fits(r.schema, value) {
			return value
		}
	}
	return first
}

// values reads the items of an array.
func (r *reading) values(c *check, texts []string) []any {
	items := make([]any, len(texts))
	for i, text := range texts {
		items[i] = r.value(c, text)
	}
	return items
}

// fits reports whether a value fits a schema.
func (c *check) fits(schema *openapi3.Schema, value any) bool {
	return schema.VisitJSON(value, c.options[1:]...) == nil
}

// plain reads text as the type that the schema asks for, in JSON's notation only (no 007, +1 or T). Text
// that is not of the type stays a string, which the schema then does not allow.
func plain(schema *openapi3.Schema, text string) any {
	switch {
	case schema.Type.Is(openapi3.TypeInteger):
		if isInteger(text) {
			return number(text)
		}
	case schema.Type.Is(openapi3.TypeNumber):
		if isNumber(text) {
			return number(text)
		}
	case schema.Type.Is(openapi3.TypeBoolean):
		if text == "true" || text == "false" {
			return text == "true"
		}
	}
	return text
}
