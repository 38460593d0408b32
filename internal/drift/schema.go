package main

import (
	"maps"
	"slices"
	"strings"
)

// Keywords whose value is what holds without them.
var implied = map[string]string{
	"deprecated": "false", "readOnly": "false", "writeOnly": "false", "uniqueItems": "false",
	"minLength": "0", "minItems": "0", "minProperties": "0",
}

// schema adds what a schema says to found, below place. A keyword it does not know is a fact like any
// other, so that nothing new goes unnoticed. outer holds the references it is inside of.
func (d document) schema(found factSet, place string, value any, outer []string) {
	schema, refs, err := d.flatten(value)
	if err != nil {
		found[place+deeper+"schema"] = "unreadable: " + err.Error()
		return
	}
	if slices.ContainsFunc(refs, func(ref string) bool { return slices.Contains(outer, ref) }) {
		found[place+deeper+"type"] = "that of a place above"
		return
	}
	outer = append(slices.Clone(outer), refs...)

	for keyword, value := range schema {
		switch keyword {
		case "properties":
			for name, property := range as[object](value) {
				inside := place + deeper + name
				found[inside] = "optional"
				if slices.Contains(as[list](schema["required"]), any(name)) {
					found[inside] = "required"
				}
				d.schema(found, inside, property, outer)
			}
		case "required": // Said with each property.
		case "items":
			d.schema(found, place+deeper+"each item", value, outer)
		case "additionalProperties", "unevaluatedProperties":
			switch other := value.(type) {
			case bool:
				if !other {
					found[place+deeper+"other properties"] = "not allowed"
				}
			case object:
				if len(other) > 0 {
					d.schema(found, place+deeper+"other properties", other, outer)
				}
			}
		case "anyOf", "oneOf":
			found[place+deeper+keyword] = d.alternatives(as[list](value), outer)
		case "type", "format", "pattern":
			found[place+deeper+keyword] = text(value)
			if words, ok := value.(string); ok {
				found[place+deeper+keyword] = words
			}
		default:
			if said := text(value); said != implied[keyword] {
				found[place+deeper+keyword] = said
			}
		}
	}
}

// alternatives writes the branches of a union so that their order and names make no difference.
func (d document) alternatives(branches list, outer []string) string {
	var words []string
	for _, branch := range branches {
		inside := factSet{}
		d.schema(inside, "", branch, outer)
		var said []string
		for _, place := range slices.Sorted(maps.Keys(inside)) {
			said = append(said, strings.TrimPrefix(place, deeper)+" "+inside[place])
		}
		words = append(words, "("+strings.Join(said, ", ")+")")
	}
	return anyOf(words)
}
