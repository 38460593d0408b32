package contract_test

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// What parameters, request bodies and responses can be changed to.

func (m *mutator) parameters(parameters *yaml.Node, at string) {
	for i, parameter := range parameters.Content {
		m.change(parameters, fmt.Sprintf("%s/%d dropped", at, i), func(n *yaml.Node) { n.Content = slices.Delete(n.Content, i, i+1) })
		m.parameter(parameter, fmt.Sprintf("%s/%d", at, i))
	}
}

func (m *mutator) parameter(parameter *yaml.Node, at string) {
	if m.reference(parameter, at, "parameters") {
		return
	}
	m.presence(parameter, at)
	if text(parameter, "in") == "query" && text(get(parameter, "schema"), "type") == "array" && get(parameter, "explode") == nil {
		m.set(parameter, at, "explode", "false")
	}
	values(parameter, func(key string, value *yaml.Node) {
		switch key {
		case "name":
			m.set(parameter, at, key, value.Value+"2")
			m.set(parameter, at, key, strings.ToUpper(value.Value))
		case "in":
			for _, in := range []string{"query", "header", "path", "cookie"} {
				if in != value.Value {
					m.set(parameter, at, key, in)
				}
			}
		default:
			m.member(parameter, at, key, value)
		}
	})
}

// member changes what a parameter, header, request body or media type has.
func (m *mutator) member(node *yaml.Node, at, key string, value *yaml.Node) {
	switch key {
	case "required": // see presence
	case "schema":
		m.schema(value, at+"/"+key)
	case "content":
		m.content(value, at+"/"+key)
	default:
		m.other(node, at, key, value)
	}
}

// presence changes whether a parameter, header or request body must be there.
func (m *mutator) presence(node *yaml.Node, at string) {
	if text(node, "required") == "true" {
		m.set(node, at, "required", "false")
		m.drop(node, at, "required")
	} else {
		m.set(node, at, "required", "true")
	}
}

// reference points a $ref to each other component of its kind. It reports whether node is one.
func (m *mutator) reference(node *yaml.Node, at, kind string) bool {
	target := text(node, "$ref")
	if target == "" {
		return false
	}
	prefix := "#/components/" + kind + "/"
	for _, name := range keys(get(m.root.Content[0], "components", kind)) {
		if prefix+name != target {
			m.set(node, at, "$ref", fmt.Sprintf("%q", prefix+name))
		}
	}
	return true
}

func (m *mutator) requestBody(body *yaml.Node, at string) {
	if m.reference(body, at, "requestBodies") {
		return
	}
	m.presence(body, at)
	values(body, func(key string, value *yaml.Node) { m.member(body, at, key, value) })
}

func (m *mutator) responses(responses *yaml.Node, at string) {
	documented := keys(responses)
	for _, status := range documented {
		m.drop(responses, at, status)
		for _, other := range []string{"202", "404", "418", "409"} {
			if !slices.Contains(documented, other) {
				m.rename(responses, at, status, other)
			}
		}
	}
	for _, status := range []string{"200", "201", "202", "204", "301", "302", "304", "405", "409", "422", "502", "503", "504", "1XX", "2XX", "3XX", "4XX", "5XX", "default"} {
		if !slices.Contains(documented, status) {
			m.set(responses, at, status, "{description: Added}")
			m.set(responses, at, status, "{description: Added, content: {application/json: {schema: {}}}}")
		}
	}
	values(responses, func(status string, response *yaml.Node) { m.response(response, at+"/"+status) })
}

func (m *mutator) response(response *yaml.Node, at string) {
	if m.reference(response, at, "responses") {
		return
	}
	bodiless := strings.HasSuffix(at, "/204") || strings.HasSuffix(at, "/304") // in HTTP, whatever a document says
	if get(response, "content") == nil && !bodiless {
		m.set(response, at, "content", "{application/json: {schema: {type: object}}}")
		m.set(response, at, "content", "{application/json: {schema: {}}}")
	}
	m.set(response, at, "headers", "{X-Later: {required: true, schema: {type: string}}}")
	values(response, func(key string, value *yaml.Node) {
		switch key {
		case "content":
			m.drop(response, at, key)
			m.content(value, at+"/"+key)
		case "headers":
			at := at + "/" + key
			values(value, func(name string, header *yaml.Node) {
				m.drop(value, at, name)
				m.rename(value, at, name, name+"-2")
				m.header(header, at+"/"+name)
			})
		default:
			m.other(response, at, key, value)
		}
	})
}

func (m *mutator) header(header *yaml.Node, at string) {
	if m.reference(header, at, "headers") {
		return
	}
	m.presence(header, at)
	values(header, func(key string, value *yaml.Node) { m.member(header, at, key, value) })
}

func (m *mutator) content(content *yaml.Node, at string) {
	values(content, func(mediaType string, value *yaml.Node) {
		m.rename(content, at, mediaType, "application/problem+json")
		m.rename(content, at, mediaType, "application/vnd.api+json")
		m.rename(content, at, mediaType, "text/plain")
		m.change(content, at+" application/problem+json added", func(n *yaml.Node) { put(n, "application/problem+json", copied(value)) })
		m.media(value, at+"/"+pointerKey(mediaType))
	})
}

func (m *mutator) media(media *yaml.Node, at string) {
	values(media, func(key string, value *yaml.Node) {
		if key == "examples" {
			m.examples(value, at+"/"+key)
		} else {
			m.member(media, at, key, value)
		}
	})
}

// examples changes the one thing that is said of errors nowhere but in examples: their class.
func (m *mutator) examples(examples *yaml.Node, at string) {
	values(examples, func(name string, example *yaml.Node) {
		if value := get(example, "value"); text(value, "exception_class") != "" {
			m.set(value, at+"/"+name+"/value", "exception_class", "OtherError")
		}
	})
}
