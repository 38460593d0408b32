package contract

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// An integer has to be written without a fraction and an exponent. JSON Schema and kin-openapi accept 1.0 and 1e0 as integers,
// but typed clients do not decode them as an int64.

// integers returns a copy of value in which notInteger, which kin-openapi rejects, replaces each number that schema accepts as an
// integer and that is not written as one.
func (c *check) integers(schema *openapi3.Schema, value any) any {
	switch v := value.(type) {
	case json.Number:
		if schema.Type.Is(openapi3.TypeInteger) && v != unreadable {
			return notInteger
		}
	case []any:
		if schema.Items != nil {
			items := make([]any, len(v))
			for i, item := range v {
				items[i] = c.integers(schema.Items.Value, item)
			}
			value = items
		}
	case map[string]any:
		members := make(map[string]any, len(v))
		for name, member := range v {
			if ref := schema.Properties[name]; ref != nil {
				member = c.integers(ref.Value, member)
			} else if ref := schema.AdditionalProperties.Schema; ref != nil {
				member = c.integers(ref.Value, member)
			}
			members[name] = member
		}
		value = members
	}
	for _, part := range schema.AllOf {
		value = c.integers(part.Value, value)
	}
	value = c.unionIntegers(schema.Discriminator, schema.AnyOf, value)
	return c.unionIntegers(schema.Discriminator, schema.OneOf, value)
}

// unionIntegers is integers for an anyOf or a oneOf: a number may be written as any one of the branches takes it.
func (c *check) unionIntegers(by *openapi3.Discriminator, union openapi3.SchemaRefs, value any) any {
	refused, found := value, false
	for _, branch := range union {
		if !chosen(by, branch, value) {
			continue
		}
		strict := c.integers(branch.Value, value)
		if c.fits(branch.Value, strict) {
			return value
		}
		if !found && c.fits(branch.Value, value) {
			refused, found = strict, true
		}
	}
	return refused
}

// chosen reports whether kin-openapi compares a value with a branch of a union: with a discriminator, only with the one
// that the value names.
func chosen(by *openapi3.Discriminator, branch *openapi3.SchemaRef, value any) bool {
	object, ok := value.(map[string]any)
	if by == nil || !ok {
		return true
	}
	name, _ := object[by.PropertyName].(string)
	ref := by.Mapping[name].Ref
	return ref == "" || branch.Ref == ref || branch.Ref == "#/components/schemas/"+ref
}

// Numbers that no schema takes but the empty one: kin-openapi cannot read them, and says that their type is wrong.
const (
	unreadable = json.Number("1e999") // stands for a number that a float64 cannot hold
	notInteger = json.Number("1e998") // stands for 1.0 where there must be an integer
)

// number returns a JSON number as the float64 that kin-openapi works with, as a json.Number if it is an integer that is
// written with a fraction or an exponent, or as unreadable.
func number(text string) any {
	if isInteger(text) {
		return integer(text)
	}
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil, math.Abs(f) >= 1<<52 && hasFraction(text): // from 2^52 on, every float64 is an integer
		return unreadable
	case f == math.Trunc(f):
		same, _ := json.Marshal(f) // 1 and 1.0 are equal where items must be unique
		return json.Number(same)
	}
	return f
}

// integer returns the float64 of an integer. At the limits of int64, where rounding would change whether the integer is in
// its range, it returns the next float64 on the right side.
func integer(text string) any {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return unreadable
	}
	if math.Abs(f) == 1<<63 {
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			return math.Nextafter(f, 2*f)
		}
		return math.Nextafter(f, 0)
	}
	return f
}

// isNumber reports whether text is a JSON number and nothing else.
func isNumber(text string) bool {
	return text != "" && strings.Trim(text, "+-.0123456789eE") == "" && json.Valid([]byte(text))
}

// isInteger reports whether text is a JSON number without fraction and exponent.
func isInteger(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	return digits == "0" || digits != "" && digits[0] != '0' && strings.Trim(digits, "0123456789") == ""
}

// hasFraction reports whether the value of a JSON number is not an integer, however it is written.
func hasFraction(text string) bool {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	shift, _ := strconv.Atoi(exponent)
	digits := whole + fraction
	zeros := len(digits) - len(strings.TrimRight(digits, "0"))
	return len(fraction)-zeros > shift
}
