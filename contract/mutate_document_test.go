package contract_test

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// What each part of an OpenAPI document but its schemas can be changed to.

var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

func (m *mutator) document(doc *yaml.Node) {
	values(doc, func(key string, value *yaml.Node) {
		at := "/" + key
		switch key {
		case "openapi":
			m.set(doc, "", key, "3.1.0")
		case "servers":
			m.drop(doc, "", key)
			for i, server := range value.Content {
				at := fmt.Sprintf("%s/%d", at, i)
				m.set(server, at, "url", "https://api.gcore.com/cloud")
				m.set(server, at, "url", "https://api.example.com")
				m.set(server, at, "url", "http://api.gcore.com")
			}
		case "security":
			m.drop(doc, "", key)
			m.set(doc, "", key, "[]")
			m.set(doc, "", key, "[{}, {apiKey: []}]")
		case "paths":
			m.pathParameters(doc, keys(value))
			values(value, func(path string, item *yaml.Node) { m.path(value, at, path, item) })
		case "components":
			m.components(value, at)
		default:
			m.other(doc, "", key, value)
		}
	})
}

// pathParameters renames each parameter of a path, in all paths and where it is declared: one without
// the other is no valid document.
func (m *mutator) pathParameters(doc *yaml.Node, paths []string) {
	renamed := map[string]bool{}
	for segment := range strings.SplitSeq(strings.Join(paths, "/"), "/") {
		name := strings.Trim(segment, "{}")
		if name == segment || renamed[name] {
			continue
		}
		renamed[name] = true
		m.change(doc, "/paths parameter "+name+" renamed", func(n *yaml.Node) {
			for i, part := range n.Content {
				n.Content[i] = copied(part)
				renameParameter(n.Content[i], name, name+"_2")
			}
		})
	}
}

func renameParameter(node *yaml.Node, name, to string) {
	if text(node, "in") == "path" && text(node, "name") == name {
		put(node, "name", parse(to))
	}
	for _, path := range keys(node) {
		if strings.Contains(path, "{"+name+"}") {
			rename(node, path, strings.ReplaceAll(path, "{"+name+"}", "{"+to+"}"))
		}
	}
	for _, child := range node.Content {
		renameParameter(child, name, to)
	}
}

func (m *mutator) components(components *yaml.Node, at string) {
	walks := map[string]func(*yaml.Node, string){
		"schemas": m.schema, "parameters": m.parameter, "headers": m.header, "requestBodies": m.requestBody,
		"responses": m.response, "securitySchemes": m.securityScheme,
	}
	values(components, func(kind string, all *yaml.Node) {
		walk := walks[kind]
		if walk == nil {
			m.other(components, at, kind, all)
			return
		}
		values(all, func(name string, component *yaml.Node) { walk(component, at+"/"+kind+"/"+name) })
	})
}

func (m *mutator) securityScheme(scheme *yaml.Node, at string) {
	values(scheme, func(key string, value *yaml.Node) {
		switch key {
		case "name":
			m.set(scheme, at, key, "X-Api-Key")
		case "in":
			m.set(scheme, at, key, "query")
			m.set(scheme, at, key, "cookie")
		case "type":
			m.set(scheme, at, key, "http")
		default:
			m.other(scheme, at, key, value)
		}
	})
}

func (m *mutator) path(paths *yaml.Node, at, path string, item *yaml.Node) {
	m.drop(paths, at, path)
	m.rename(paths, at, path, path+"/")
	for segment := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if strings.HasPrefix(segment, "{") {
			continue
		}
		m.rename(paths, at, path, strings.Replace(path, "/"+segment, "/"+segment+"2", 1))
		m.rename(paths, at, path, strings.Replace(path, "/"+segment, "", 1))
	}
	for _, added := range []string{strings.Replace(path, "/v1/", "/v2/", 1), path + "/more"} {
		m.change(paths, at+"/"+pointerKey(added)+" added", func(n *yaml.Node) {
			twin := copied(item)
			for _, operation := range twin.Content {
				if id := get(operation, "operationId"); id != nil {
					id.Value += "Too"
				}
			}
			put(n, added, twin)
		})
	}
	at += "/" + pointerKey(path)
	var first *yaml.Node
	for _, method := range methods {
		if operation := get(item, method); operation != nil && first == nil {
			first = operation
		}
	}
	for _, free := range methods {
		if get(item, free) != nil || first == nil {
			continue
		}
		m.change(item, at+"/"+free+" added", func(n *yaml.Node) {
			twin := copied(first)
			get(twin, "operationId").Value += "Too"
			put(n, free, twin)
		})
		for _, used := range methods {
			if get(item, used) != nil {
				m.rename(item, at, used, free)
			}
		}
	}
	values(item, func(key string, value *yaml.Node) {
		switch {
		case key == "parameters":
			m.parameters(value, at+"/"+key)
		case slices.Contains(methods, key):
			m.drop(item, at, key)
			m.operation(value, at+"/"+key)
		default:
			m.other(item, at, key, value)
		}
	})
}

func (m *mutator) operation(operation *yaml.Node, at string) {
	for _, security := range []string{"[]", "[{}]", "[{}, {apiKey: []}]"} {
		m.set(operation, at, "security", security)
	}
	for _, added := range []string{"{name: later, in: query, schema: {type: string}}", "{name: later, in: query, required: true, schema: {type: string}}", "{name: X-Later, in: header, required: true, schema: {type: string}}"} {
		m.change(operation, at+"/parameters added "+added, func(n *yaml.Node) {
			all := &yaml.Node{Kind: yaml.SequenceNode}
			if own := get(n, "parameters"); own != nil {
				all.Content = slices.Clone(own.Content)
			}
			all.Content = append(all.Content, parse(added))
			put(n, "parameters", all)
		})
	}
	if get(operation, "requestBody") == nil {
		m.set(operation, at, "requestBody", "{content: {application/json: {schema: {type: object}}}}")
	}
	values(operation, func(key string, value *yaml.Node) {
		switch key {
		case "operationId":
			m.set(operation, at, key, value.Value+"2")
		case "parameters":
			m.parameters(value, at+"/"+key)
		case "requestBody":
			m.drop(operation, at, key)
			m.requestBody(value, at+"/"+key)
		case "responses":
			m.responses(value, at+"/"+key)
		default:
			m.other(operation, at, key, value)
		}
	})
}
