package contract_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A mutant is openapi.yaml with one thing changed.
type mutant struct {
	name     string // the place as a JSON pointer, and the change
	document string
}

// mutate returns every mutant of a document. It walks the document by its structure, so that what is
// added to openapi.yaml gets its mutants too. Keywords that no message can break are not changed.
func mutate(document string) ([]mutant, error) {
	m := &mutator{}
	if err := yaml.Unmarshal([]byte(document), &m.root); err != nil {
		return nil, err
	}
	m.document(m.root.Content[0])
	return m.made, nil
}

// silent are the keywords that say nothing of a message: words for people, and what is for others than a client and its
// server (an encoding is for bodies that are not JSON, a link for a guide, a callback for a server of the user's). So do
// extensions. An example says something where it has an error class.
var silent = []string{
	"callbacks", "deprecated", "description", "encoding", "example", "examples", "externalDocs", "info", "links", "summary", "tags", "title", "xml",
	"allowReserved", // a reserved character means the same with and without its escape
}

func isSilent(key string) bool { return slices.Contains(silent, key) || strings.HasPrefix(key, "x-") }

// other changes a keyword that has no changes of its own here: it leaves it out, or part of it, or changes its value.
func (m *mutator) other(node *yaml.Node, at, key string, value *yaml.Node) {
	if isSilent(key) {
		return
	}
	m.drop(node, at, key)
	inside := at + "/" + pointerKey(key)
	switch value.Kind {
	case yaml.SequenceNode:
		for i := range value.Content {
			m.change(value, fmt.Sprintf("%s/%d dropped", inside, i), func(n *yaml.Node) { n.Content = slices.Delete(n.Content, i, i+1) })
		}
	case yaml.MappingNode:
		values(value, func(key string, of *yaml.Node) { m.other(value, inside, key, of) })
	case yaml.ScalarNode:
		for _, other := range otherScalars(value.Value) {
			m.set(node, at, key, other)
		}
	}
}

// otherScalars returns values near a value, in YAML.
func otherScalars(value string) []string {
	number, err := strconv.ParseFloat(value, 64)
	switch {
	case value == "true" || value == "false":
		return []string{strconv.FormatBool(value == "false")}
	case err == nil:
		return []string{strconv.FormatFloat(number-1, 'f', -1, 64), strconv.FormatFloat(number+1, 'f', -1, 64)}
	}
	return []string{strconv.Quote(value + "2")}
}

// A mutator walks a document, changes one node at a time, notes what the document is then, and changes
// the node back.
type mutator struct {
	root yaml.Node
	made []mutant
}

// change notes the document as edit makes it. edit may change node itself, and not what is below it.
func (m *mutator) change(node *yaml.Node, name string, edit func(*yaml.Node)) {
	kept := *node
	node.Content = slices.Clone(node.Content)
	edit(node)
	text, err := yaml.Marshal(&m.root)
	if err != nil {
		panic(err)
	}
	m.made = append(m.made, mutant{name, string(text)})
	*node = kept
}

// set gives a key another value, in YAML, or adds it.
func (m *mutator) set(node *yaml.Node, at, key, value string) {
	m.change(node, fmt.Sprintf("%s/%s: %s", at, pointerKey(key), value), func(n *yaml.Node) { put(n, key, parse(value)) })
}

// drop leaves a key out.
func (m *mutator) drop(node *yaml.Node, at, key string) {
	m.change(node, fmt.Sprintf("%s/%s dropped", at, pointerKey(key)), func(n *yaml.Node) { remove(n, key) })
}

// rename gives a value another key.
func (m *mutator) rename(node *yaml.Node, at, key, to string) {
	m.change(node, fmt.Sprintf("%s/%s renamed %s", at, pointerKey(key), to), func(n *yaml.Node) { rename(n, key, to) })
}

// values calls visit with each key and value of a mapping. Other nodes have none.
func values(node *yaml.Node, visit func(key string, value *yaml.Node)) {
	if node.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i < len(node.Content); i += 2 {
		visit(node.Content[i].Value, node.Content[i+1])
	}
}

func keys(node *yaml.Node) (all []string) {
	values(node, func(key string, _ *yaml.Node) { all = append(all, key) })
	return all
}

// get returns what a mapping has under a key, or nil.
func get(node *yaml.Node, path ...string) *yaml.Node {
	for _, key := range path {
		if node == nil {
			return nil
		}
		var found *yaml.Node
		values(node, func(k string, value *yaml.Node) {
			if k == key {
				found = value
			}
		})
		node = found
	}
	return node
}

// text returns the scalar that a mapping has under a key, or "".
func text(node *yaml.Node, key string) string {
	if value := get(node, key); value != nil {
		return value.Value
	}
	return ""
}

// items returns the values of a list of scalars.
func items(node *yaml.Node) (all []string) {
	if node != nil {
		for _, item := range node.Content {
			all = append(all, item.Value)
		}
	}
	return all
}

func put(node *yaml.Node, key string, value *yaml.Node) {
	if i := slices.Index(keys(node), key); i >= 0 {
		node.Content[2*i+1] = value
		return
	}
	node.Content = append(node.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, value)
}

func remove(node *yaml.Node, key string) {
	i := slices.Index(keys(node), key)
	node.Content = slices.Delete(node.Content, 2*i, 2*i+2)
}

func rename(node *yaml.Node, key, to string) {
	i := slices.Index(keys(node), key)
	node.Content[2*i] = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: to}
}

// parse returns a value given in YAML.
func parse(value string) *yaml.Node {
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(value), &document); err != nil {
		panic(err)
	}
	return document.Content[0]
}

// copied returns a node that has nothing in common with the first.
func copied(node *yaml.Node) *yaml.Node {
	c := *node
	c.Content = make([]*yaml.Node, len(node.Content))
	for i, child := range node.Content {
		c.Content[i] = copied(child)
	}
	return &c
}

func pointerKey(key string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }
