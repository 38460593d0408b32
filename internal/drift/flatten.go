package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Keywords that say nothing about what goes over the wire.
var wordsOnly = []string{"title", "description", "example", "examples", "externalDocs", "$comment", "discriminator", "xml"}

// flatten returns a schema without references and in one spelling, since OpenAPI 3.0 and 3.1 have
// different words for "or null", for open bounds and for a single value. It also returns the references
// it went through, and fails on those of seen.
func (d document) flatten(value any, seen ...string) (object, []string, error) {
	if allowed, ok := value.(bool); ok {
		return object{"anything": allowed}, nil, nil
	}
	schema, refs, err := d.resolve(value, seen...)
	if err != nil {
		return nil, nil, err
	}
	schema = maps.Clone(schema)
	maps.DeleteFunc(schema, func(keyword string, _ any) bool {
		return slices.Contains(wordsOnly, keyword) || strings.HasPrefix(keyword, "x-")
	})
	for _, part := range parts(schema) {
		inner, more, err := d.flatten(part, append(slices.Clone(seen), refs...)...)
		if err != nil {
			return nil, nil, err
		}
		refs = append(refs, more...)
		merge(schema, inner)
	}
	nullableFromType(schema)
	if schema["type"] == nil && schema["properties"] != nil {
		schema["type"] = "object"
	}
	enumFromConst(schema)
	whole := schema["type"] == "integer"
	closeBound(schema, whole, "exclusiveMinimum", "minimum", 1)
	closeBound(schema, whole, "exclusiveMaximum", "maximum", -1)
	// A number's format says which type a program may choose, not what may be sent.
	if whole || schema["type"] == "number" {
		delete(schema, "format")
	}
	if schema["nullable"] != true {
		delete(schema, "nullable")
	}
	return schema, refs, nil
}

// parts takes out of a schema the schemas that hold in any case: those of allOf, and the one of a union
// that is left when null is taken out.
func parts(schema object) list {
	always := as[list](schema["allOf"])
	delete(schema, "allOf")
	for _, union := range []string{"anyOf", "oneOf"} {
		branches := as[list](schema[union])
		if len(branches) == 0 {
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(branches), func(branch any) bool {
			return as[object](branch)["type"] == "null"
		})
		if len(rest) < len(branches) {
			schema["nullable"] = true
		}
		schema[union] = rest
		if len(rest) <= 1 {
			always = append(slices.Clone(always), rest...)
			delete(schema, union)
		}
	}
	return always
}

// merge adds the keywords of part to schema, which keeps its own.
func merge(schema, part object) {
	for keyword, value := range part {
		own, taken := schema[keyword]
		switch {
		case !taken:
			schema[keyword] = value
		case keyword == "properties":
			both := maps.Clone(as[object](value))
			maps.Copy(both, as[object](own))
			schema[keyword] = both
		case keyword == "required":
			schema[keyword] = slices.Concat(as[list](own), as[list](value))
		}
	}
}

// nullableFromType spells a type that may be null the way OpenAPI 3.0 does.
func nullableFromType(schema object) {
	types, ok := schema["type"].(list)
	if !ok {
		return
	}
	rest := slices.DeleteFunc(slices.Clone(types), func(t any) bool { return t == "null" })
	if len(rest) < len(types) {
		schema["nullable"] = true
	}
	schema["type"] = rest
	if len(rest) == 1 {
		schema["type"] = rest[0]
	}
}

// enumFromConst makes a const an enum of one, and puts the values of an enum in order.
func enumFromConst(schema object) {
	if value, ok := schema["const"]; ok {
		schema["enum"] = list{value}
		delete(schema, "const")
	}
	if values, ok := schema["enum"].(list); ok {
		values = slices.DeleteFunc(slices.Clone(values), func(v any) bool { return v == nil && schema["nullable"] == true })
		slices.SortFunc(values, func(a, b any) int { return cmp.Compare(text(a), text(b)) })
		schema["enum"] = values
	}
}

// closeBound turns an open bound of whole numbers into the closed one a step further in. The open bound is
// a number in OpenAPI 3.1, and a flag beside the closed one in 3.0.
func closeBound(schema object, whole bool, open, closed string, step float64) {
	bound, ok := number(schema[open])
	if schema[open] == true {
		bound, ok = number(schema[closed])
	}
	if schema[open] == false {
		delete(schema, open)
	}
	if ok && whole {
		delete(schema, open)
		schema[closed] = bound + step
	}
}

func number(value any) (float64, bool) {
	switch v := value.(type) {
	case int:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}
