package contract

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
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
	options := c.options
	if items, _ := value.([]any); c.many || len(items) > maxValues {
		options = options[1:]
	}
	if err := schema.VisitJSON(value, options...); err != nil {
		c.translate(part, base, schema, value, err)
	}
}

// translate turns kin-openapi's errors into violations. Their texts quote what was sent, so only the
// place and the keyword are taken from them.
func (c *check) translate(part, base string, schema *openapi3.Schema, value any, err error) {
	var several openapi3.MultiError
	switch e := err.(type) { //nolint:errorlint // a SchemaError wraps others: the outermost says where it is
	case openapi3.MultiError:
		several = e
	case *openapi3.SchemaError:
		// An allOf is broken where one of its schemas is.
		if e.SchemaField != "allOf" || !errors.As(e.Origin, &several) {
			rule, reason := broken(e)
			c.add(part, base+pointer(schema, elements(value, e.JSONPointer())), rule, reason)
		}
	default:
		c.add(part, base, "schema", "does not fit its schema")
	}
	for _, err := range several {
		c.translate(part, base, schema, value, err)
	}
}

// broken returns the rule that a value broke, and the rule in words.
func broken(e *openapi3.SchemaError) (rule, reason string) {
	s := e.Schema
	switch rule := e.SchemaField; rule {
	case "properties": // kin-openapi's word for a name that is not among them
		return "additionalProperties", "has a name that the schema does not have: it has " + names(slices.Collect(maps.Keys(s.Properties)))
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

// maxListed is how many names of the document a message lists.
const maxListed = 20

// names lists names of the document, in alphabetical order.
func names(documented []string) string {
	if len(documented) == 0 {
		return "none"
	}
	slices.Sort(documented)
	if more := len(documented) - maxListed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(documented[:maxListed], ", "), more)
	}
	return "only " + strings.Join(documented, ", ")
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
func pointer(schema *openapi3.Schema, path []element) string {
	var b strings.Builder
	for _, e := range path {
		next, known := step(schema, e)
		switch {
		case !known:
			b.WriteString("/*")
		case e.isIndex:
			b.WriteString("/" + strconv.Itoa(e.index))
		default:
			b.WriteString("/" + escape(e.name))
		}
		schema = next
	}
	return b.String()
}

// An element of a path into a value is the name of a member of an object, or the index of an item of an array. Which of
// them the value says, not the schema: there can be an object where the schema has an array.
type element struct {
	name    string
	index   int
	isIndex bool
}

// elements returns the elements of a path into value. Its last one need not be there: it is a name then.
func elements(value any, path []string) []element {
	all := make([]element, len(path))
	for i, key := range path {
		switch v := value.(type) {
		case []any:
			all[i].index, _ = strconv.Atoi(key)
			all[i].isIndex = true
			value = v[all[i].index]
		case map[string]any:
			all[i].name = key
			value = v[key]
		}
	}
	return all
}

// step returns the schema of what an object has under a name, or an array at an index, and whether
// the schema knows that name. The schema is nil if it has none.
func step(schema *openapi3.Schema, e element) (next *openapi3.Schema, known bool) {
	if schema == nil {
		return nil, false
	}
	if ref := schema.Properties[e.name]; ref != nil && !e.isIndex {
		return ref.Value, true
	}
	for _, parts := range []openapi3.SchemaRefs{schema.AllOf, schema.AnyOf, schema.OneOf} {
		for _, ref := range parts {
			if next, known := step(ref.Value, e); known {
				return next, true
			}
		}
	}
	switch {
	case e.isIndex:
		if schema.Items != nil && schema.Type.Is(openapi3.TypeArray) {
			return schema.Items.Value, true
		}
	case slices.Contains(schema.Required, e.name):
		return nil, true
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
