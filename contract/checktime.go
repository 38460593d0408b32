package contract

import "github.com/getkin/kin-openapi/openapi3"

// kin-openapi compares a value with each schema of an allOf, anyOf and oneOf, and with one that matches twice. Where such
// schemas are within each other, that doubles the time at each level of the value: a body of 300 bytes can take seconds,
// and one of 500 a day. So the comparisons are counted before they are made.

// A body may take so many comparisons of a value with a schema; a million take about a second.
const (
	maxWork         = 1_000_000
	maxWorkPerValue = 20 // on top
)

// isComposed reports whether a document has a schema that is made of others. In others each value is compared once.
func isComposed(doc *openapi3.T) bool {
	found := false
	_ = doc.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		s := ref.Value
		found = found || len(s.AllOf) > 0 || len(s.AnyOf) > 0 || len(s.OneOf) > 0 || s.Not != nil
		return nil
	})
	return found
}

// tooMuchWork reports whether checking what d has read against a schema takes too long.
func tooMuchWork(schema *openapi3.Schema, value any, d *decoder) bool {
	w := &workCounter{limit: maxWork + maxWorkPerValue*d.values}
	work, integers := w.count(schema, value)
	if d.fractions {
		work += integers
	}
	return work > w.limit
}

// A workCounter counts comparisons without making them. Those that it cannot foresee it takes for made.
type workCounter struct {
	limit int
	steps int // of counting itself
}

// count returns how often kin-openapi compares a value, or one within it, with a schema, and how often check.integers
// does: the true numbers or larger ones, as far as the limit.
func (w *workCounter) count(schema *openapi3.Schema, value any) (visits, integers int) {
	if w.steps++; w.steps > w.limit {
		return w.limit + 1, w.limit + 1
	}
	visits, integers = 1, 1
	add := func(ref *openapi3.SchemaRef, value any) {
		v, i := w.count(ref.Value, value)
		visits, integers = visits+v, integers+i
	}
	switch v := value.(type) {
	case []any:
		if schema.Items != nil {
			for _, item := range v {
				add(schema.Items, item)
			}
		}
	case map[string]any:
		for name, member := range v {
			if ref := schema.Properties[name]; ref != nil {
				add(ref, member)
			} else if ref := schema.AdditionalProperties.Schema; ref != nil {
				add(ref, member)
			}
		}
	}
	for _, part := range schema.AllOf {
		add(part, value)
	}
	if schema.Not != nil {
		add(schema.Not, value)
	}
	for _, union := range []openapi3.SchemaRefs{schema.AnyOf, schema.OneOf} {
		if len(union) == 0 {
			continue
		}
		size, largest := w.size(value), 0
		for _, branch := range union {
			if !chosen(schema.Discriminator, branch, value) {
				continue
			}
			v, i := w.count(branch.Value, value)
			largest = max(largest, v)
			visits += v + size // kin-openapi copies the value
			integers += i + 2*v
		}
		visits += largest
	}
	return min(visits, w.limit+1), min(integers, w.limit+1)
}

// size returns how many values there are in a value.
func (w *workCounter) size(value any) int {
	n := 1
	if w.steps++; w.steps > w.limit {
		return n
	}
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			n += w.size(item)
		}
	case map[string]any:
		for _, member := range v {
			n += w.size(member)
		}
	}
	return n
}
