package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

type (
	object = map[string]any
	list   = []any
)

// document is an OpenAPI document as plain data. It is not validated: whatever is wrong with the
// hundreds of operations that are not ours must not hide what happened to ours.
type document struct {
	root object
	// refSiblings says that keywords beside a $ref count, as in OpenAPI 3.1, where 3.0 ignores them.
	refSiblings bool
}

// parse reads a document in JSON or YAML.
func parse(data []byte) (document, error) {
	var decoded any
	// JSON is not always YAML: an escaped character outside the basic plane is a pair of escapes there.
	if err := json.Unmarshal(data, &decoded); err != nil {
		// A key given twice somewhere is not this program's concern.
		if err := yaml.Load(data, &decoded, yaml.WithUniqueKeys(false)); err != nil {
			return document{}, fmt.Errorf("neither JSON nor YAML: %w", err)
		}
	}
	root := as[object](plain(decoded))
	version := as[string](root["openapi"])
	if version == "" {
		return document{}, errors.New("not an OpenAPI document: it has no openapi version")
	}
	return document{root, !strings.HasPrefix(version, "3.0")}, nil
}

// plain makes every key of decoded YAML a string; unquoted status codes are numbers.
func plain(value any) any {
	switch v := value.(type) {
	case map[any]any:
		m := make(object, len(v))
		for key, value := range v {
			m[fmt.Sprint(key)] = plain(value)
		}
		return m
	case object:
		for key, value := range v {
			v[key] = plain(value)
		}
	case list:
		for i, value := range v {
			v[i] = plain(value)
		}
	}
	return value
}

// resolve returns the object that value is or refers to, and the references it went through. It fails on
// one of seen, which is a circle.
func (d document) resolve(value any, seen ...string) (object, []string, error) {
	node, ok := value.(object)
	if !ok {
		return nil, nil, fmt.Errorf("%s is no object", text(value))
	}
	ref, ok := node["$ref"].(string)
	if !ok {
		return node, nil, nil
	}
	if slices.Contains(seen, ref) {
		return nil, nil, fmt.Errorf("%s refers to itself", ref)
	}
	target, err := d.at(ref)
	if err != nil {
		return nil, nil, err
	}
	resolved, refs, err := d.resolve(target, append(slices.Clone(seen), ref)...)
	if err != nil {
		return nil, nil, err
	}
	if d.refSiblings {
		resolved = maps.Clone(resolved)
		maps.Copy(resolved, node)
		delete(resolved, "$ref")
	}
	return resolved, append(refs, ref), nil
}

// at returns the value that a reference into the document points at.
func (d document) at(ref string) (any, error) {
	pointer, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil, fmt.Errorf("%s points out of the document", ref)
	}
	var value any = d.root
	for step := range strings.SplitSeq(pointer, "/") {
		if unescaped, err := url.PathUnescape(step); err == nil {
			step = unescaped
		}
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		if value, ok = as[object](value)[step]; !ok {
			return nil, fmt.Errorf("%s points at nothing", ref)
		}
	}
	return value, nil
}

// as returns the value if it is a T, and nothing otherwise: what is not of the expected kind says nothing
// that this program could read.
func as[T any](value any) T {
	v, _ := value.(T)
	return v
}

// text writes a value as JSON, so that 10 and 10.0, or JSON and YAML, come out the same.
func text(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(data)
}
