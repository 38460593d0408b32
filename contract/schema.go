package contract

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// The options of kin-openapi: MultiErrors comes first, so that it can be left out. No option sets
// defaults, so checking changes no value.
var (
	requestOptions = []openapi3.SchemaValidationOption{
		openapi3.MultiErrors(), openapi3.VisitAsRequest(),
		openapi3.WithStringFormatValidators(stringFormats),
		openapi3.WithIntegerFormatValidators(integerFormats), openapi3.WithNumberFormatValidators(numberFormats),
	}
	responseOptions = []openapi3.SchemaValidationOption{
		openapi3.MultiErrors(), openapi3.VisitAsResponse(),
		openapi3.WithStringFormatValidators(stringFormats),
		openapi3.WithIntegerFormatValidators(integerFormats), openapi3.WithNumberFormatValidators(numberFormats),
	}
)

// schema checks a value against a schema. base is the pointer to the value.
func (c *check) schema(part, base string, schema *openapi3.Schema, value any) {
	if err := schema.VisitJSON(value, c.options...); err != nil {
		c.translate(part, base, schema, err)
	}
}

// translate turns kin-openapi's errors into violations. Their texts quote what was sent, so only the
// place and the keyword are taken from them.
func (c *check) translate(part, base string, schema *openapi3.Schema, err error) {
	var several openapi3.MultiError
	switch e := err.(type) { //nolint:errorlint // a SchemaError wraps others: the outermost says where it is
	case openapi3.MultiError:
		several = e
	case *openapi3.SchemaError:
		// An allOf is broken where one of its schemas is.
		if e.SchemaField != "allOf" || !errors.As(e.Origin, &several) {
			rule, reason := broken(e)
			c.add(part, base+pointer(schema, e.JSONPointer()), rule, reason)
		}
	default:
		c.add(part, base, "schema", "does not fit its schema")
	}
	for _, err := range several {
		c.translate(part, base, schema, err)
	}
}

// broken returns the rule that a value broke, and the rule in words.
func broken(e *openapi3.SchemaError) (rule, reason string) {
	s := e.Schema
	switch rule := e.SchemaField; rule {
	case "properties": // kin-openapi's word for a name that is not among them
		return "additionalProperties", "has a name that the schema does not have"
	case "type":
		if e.Value == unreadable {
			return rule, "must be a number that a float64 can hold"
		}
		return rule, "must be of type " + strings.Join(s.Type.Slice(), " or ")
	case "nullable":
		return rule, "must not be null"
	case "required":
		return rule, missing
	case "enum":
		return rule, "must be one of " + enum(s.Enum)
	case "format":
		return rule, "must have the format " + s.Format
	case "pattern":
		return rule, "must match " + s.Pattern
	case "minLength":
		return rule, "must have at least " + count(s.MinLength, "character")
	case "maxLength":
		return rule, "must have at most " + count(*s.MaxLength, "character")
	case "minimum":
		return rule, fmt.Sprintf("must be at least %v", *s.Min)
	case "maximum":
		return rule, fmt.Sprintf("must be at most %v", *s.Max)
	case "exclusiveMinimum":
		return rule, fmt.Sprintf("must be more than %v", *s.Min)
	case "exclusiveMaximum":
		return rule, fmt.Sprintf("must be less than %v", *s.Max)
	case "multipleOf":
		return rule, fmt.Sprintf("must be a multiple of %v", *s.MultipleOf)
	case "minItems":
		return rule, "must have at least " + count(s.MinItems, "item")
	case "maxItems":
		return rule, "must have at most " + count(*s.MaxItems, "item")
	case "uniqueItems":
		return rule, "must not have an item twice"
	case "minProperties":
		return rule, "must have at least " + count(s.MinProps, "property")
	case "maxProperties":
		return rule, "must have at most " + count(*s.MaxProps, "property")
	case "readOnly":
		return rule, "must not be in a request"
	case "writeOnly":
		return rule, "must not be in a response"
	default: // oneOf, anyOf, not, discriminator
		return rule, "does not fit its schema"
	}
}

// enum lists the documented values.
func enum(values []any) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprint(v)
	}
	return strings.Join(words, ", ")
}

// pointer returns the JSON pointer of a path into a value of a schema, with * for each name that the
// schema does not have: such a name came with the message, and can be a secret in the wrong place.
func pointer(schema *openapi3.Schema, path []string) string {
	var b strings.Builder
	for _, key := range path {
		next, known := step(schema, key)
		if !known {
			key = "*"
		}
		b.WriteString("/" + escape(key))
		schema = next
	}
	return b.String()
}

// step returns the schema of what an object has under a name, or an array at an index, and whether
// the schema knows that name. The schema is nil if it has none.
func step(schema *openapi3.Schema, key string) (next *openapi3.Schema, known bool) {
	if schema == nil {
		return nil, false
	}
	if ref := schema.Properties[key]; ref != nil {
		return ref.Value, true
	}
	for _, parts := range []openapi3.SchemaRefs{schema.AllOf, schema.AnyOf, schema.OneOf} {
		for _, ref := range parts {
			if next, known := step(ref.Value, key); known {
				return next, true
			}
		}
	}
	switch {
	case slices.Contains(schema.Required, key):
		return nil, true
	case schema.Items != nil && schema.Type.Is(openapi3.TypeArray):
		return schema.Items.Value, true
	case schema.AdditionalProperties.Schema != nil:
		return schema.AdditionalProperties.Schema.Value, false
	}
	return nil, false
}

// escape writes a name as a part of a JSON pointer.
func escape(name string) string {
	return escaper.Replace(name)
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1")
