package contract_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// What a schema can be changed to.

// otherTypes are what a type is changed to. The keywords that belong to the old type go with it.
var otherTypes = map[string][]string{
	"string":  {"integer", "boolean", "object"},
	"integer": {"number", "string"},
	"number":  {"integer", "string"},
	"boolean": {"string", "integer"},
	"object":  {"string"},
	"array":   {"string", "object"},
}

var otherFormats = map[string][]string{
	"uuid4":     {"uuid", "date-time"},
	"uuid":      {"uuid4"},
	"date-time": {"date", "uuid4"},
	"date":      {"date-time"},
	"int64":     {"int32"},
	"int32":     {"int64"},

	"byte":            {"uuid"},
	"email":           {"uri"},
	"uri":             {"email"},
	"ipv4":            {"ipv6", "ipvanyaddress", "ipv4interface"},
	"ipv6":            {"ipv4", "ipvanyaddress"},
	"ipvanyaddress":   {"ipv4", "ipv6", "ipvanyinterface"},
	"ipvanynetwork":   {"ipvanyaddress", "ipvanyinterface"},
	"ipvanyinterface": {"ipvanyaddress", "ipvanynetwork", "ipv4interface"},
	"ipv4interface":   {"ipv4", "ipvanyinterface"},
}

// moreOf are constraints that a schema of a type can be given where it has none.
var moreOf = map[string]map[string]string{
	"string":  {"minLength": "1", "maxLength": "255", "pattern": `"^[!-~ ]+$"`, "enum": "[my-ssh-key]"},
	"integer": {"minimum": "1", "maximum": "2147483647", "multipleOf": "2", "exclusiveMinimum": "true"},
	"number":  {"minimum": "1", "maximum": "2147483647", "multipleOf": "2", "exclusiveMinimum": "true"},
	"array":   {"minItems": "1", "maxItems": "1", "uniqueItems": "true"},
	"object":  {"minProperties": "1", "maxProperties": "1", "additionalProperties": "false"},
	"boolean": {"enum": "[true]"},
}

var defaultOf = map[string][]string{"string": {"my-ssh-key"}, "integer": {"5"}, "number": {"5.5"}, "boolean": {"true", "false"}}

func (m *mutator) schema(schema *yaml.Node, at string) {
	if m.reference(schema, at, "schemas") {
		return
	}
	kind := text(schema, "type")
	if get(schema, "nullable") == nil {
		m.set(schema, at, "nullable", "true")
	}
	if get(schema, "default") == nil && get(schema, "enum") == nil && get(schema, "format") == nil {
		for _, value := range defaultOf[kind] {
			m.set(schema, at, "default", value)
		}
	}
	for _, keyword := range slices.Sorted(maps.Keys(moreOf[kind])) {
		if get(schema, keyword) == nil && canConstrain(schema, keyword) {
			m.set(schema, at, keyword, moreOf[kind][keyword])
		}
	}
	values(schema, func(key string, value *yaml.Node) { m.keyword(schema, at, key, value) })
}

// canConstrain reports whether a further constraint can make a difference beside those there are.
func canConstrain(schema *yaml.Node, keyword string) bool {
	switch keyword {
	case "minLength", "maxLength", "pattern":
		return get(schema, "format") == nil && get(schema, "enum") == nil
	case "exclusiveMinimum":
		return get(schema, "minimum") != nil
	case "minProperties":
		return get(schema, "required") == nil
	}
	return true
}

func (m *mutator) keyword(schema *yaml.Node, at, key string, value *yaml.Node) {
	switch key {
	case "type":
		m.retype(schema, at, value.Value)
	case "format":
		m.drop(schema, at, key)
		for _, other := range otherFormats[value.Value] {
			m.set(schema, at, key, other)
		}
	case "enum":
		m.drop(schema, at, key)
		m.enum(schema, at, items(value))
	case "default":
		m.drop(schema, at, key)
		m.set(schema, at, key, m.otherDefault(schema, value))
	case "nullable":
		m.drop(schema, at, key)
	case "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minimum", "maximum":
		if value.Value == "0" && !strings.HasSuffix(key, "imum") {
			m.drop(schema, at, key) // and there is none below
			m.set(schema, at, key, "1")
			return
		}
		m.other(schema, at, key, value)
	case "pattern", "uniqueItems", "exclusiveMinimum", "exclusiveMaximum", "readOnly", "writeOnly":
		m.drop(schema, at, key)
	case "oneOf", "anyOf", "allOf":
		m.parts(schema, at, key, value)
	case "not":
		m.drop(schema, at, key)
		m.schema(value, at+"/"+key)
	case "required":
		m.required(schema, at, items(value))
	case "properties":
		m.properties(schema, at, value)
	case "items":
		m.schema(value, at+"/items")
	case "additionalProperties":
		m.additionalProperties(schema, at, value)
	default:
		m.other(schema, at, key, value)
	}
}

// parts changes an allOf, anyOf or oneOf, and what is in it.
func (m *mutator) parts(schema *yaml.Node, at, key string, parts *yaml.Node) {
	m.drop(schema, at, key)
	for _, other := range []string{"oneOf", "anyOf", "allOf"} {
		if get(schema, other) == nil && len(parts.Content) > 1 {
			m.rename(schema, at, key, other)
		}
	}
	for i, part := range parts.Content {
		at := fmt.Sprintf("%s/%s/%d", at, key, i)
		m.change(parts, at+" dropped", func(n *yaml.Node) { n.Content = slices.Delete(n.Content, i, i+1) })
		m.schema(part, at)
	}
}

func (m *mutator) retype(schema *yaml.Node, at, old string) {
	for _, kind := range otherTypes[old] {
		m.change(schema, at+"/type: "+kind, func(n *yaml.Node) {
			for _, key := range keys(n) {
				keep := []string{"description", "nullable", "minimum", "maximum"}
				if old != "integer" && old != "number" {
					keep = keep[:2]
				}
				if !slices.Contains(keep, key) {
					remove(n, key)
				}
			}
			put(n, "type", parse(kind))
		})
	}
	m.change(schema, at+"/type dropped", func(n *yaml.Node) {
		remove(n, "type")
		if get(n, "format") != nil {
			remove(n, "format") // which needs a type
		}
	})
}

func (m *mutator) enum(schema *yaml.Node, at string, known []string) {
	list := func(values []string) string { return "[" + strings.Join(values, ", ") + "]" }
	for i := range known {
		m.set(schema, at, "enum", list(slices.Delete(slices.Clone(known), i, i+1)))
	}
	m.set(schema, at, "enum", list(append(slices.Clone(known), "UNKNOWN")))
	m.set(schema, at, "enum", list(append(slices.Clone(known), strings.ToLower(known[0])+"x")))
}

// otherDefault returns a value that fits the schema and is not its default.
func (m *mutator) otherDefault(schema, value *yaml.Node) string {
	for _, member := range items(get(schema, "enum")) {
		if member != value.Value {
			return member
		}
	}
	switch n, err := strconv.Atoi(value.Value); {
	case err == nil:
		return strconv.Itoa(n + 1)
	case value.Value == "true":
		return "false"
	case value.Value == "false":
		return "true"
	}
	return "another"
}

func (m *mutator) required(schema *yaml.Node, at string, names []string) {
	for i, name := range names {
		m.change(schema, at+"/required without "+name, func(n *yaml.Node) {
			put(n, "required", list(slices.Delete(slices.Clone(names), i, i+1)))
			if len(names) == 1 {
				remove(n, "required")
			}
		})
	}
}

func (m *mutator) properties(schema *yaml.Node, at string, properties *yaml.Node) {
	required := items(get(schema, "required"))
	m.change(properties, at+"/properties/later added", func(n *yaml.Node) { put(n, "later", parse("{type: string}")) })
	values(properties, func(name string, property *yaml.Node) {
		if !slices.Contains(required, name) {
			m.change(schema, at+"/required with "+name, func(n *yaml.Node) { put(n, "required", list(append(slices.Clone(required), name))) })
		}
		at := at + "/properties"
		m.drop(properties, at, name)
		m.rename(properties, at, name, name+"_2")
		if i := slices.Index(required, name); i >= 0 {
			m.change(schema, at+"/"+name+" renamed, as required too", func(n *yaml.Node) {
				renamed := copied(properties)
				rename(renamed, name, name+"_2")
				put(n, "properties", renamed)
				others := slices.Clone(required)
				others[i] = name + "_2"
				put(n, "required", list(others))
			})
			m.change(schema, at+"/"+name+" dropped, as required too", func(n *yaml.Node) {
				rest := copied(properties)
				remove(rest, name)
				put(n, "properties", rest)
				put(n, "required", list(slices.Delete(slices.Clone(required), i, i+1)))
				if len(required) == 1 {
					remove(n, "required")
				}
			})
		}
		m.schema(property, at+"/"+name)
	})
}

func (m *mutator) additionalProperties(schema *yaml.Node, at string, value *yaml.Node) {
	m.drop(schema, at, "additionalProperties")
	for _, other := range []string{"true", "false", "{type: string}"} {
		if value.Value != other {
			m.set(schema, at, "additionalProperties", other)
		}
	}
	if value.Kind == yaml.MappingNode {
		m.schema(value, at+"/additionalProperties")
	}
}

// list returns a list of strings as a node.
func list(texts []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode}
	for _, text := range texts {
		n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text})
	}
	return n
}
