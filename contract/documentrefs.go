package contract

import (
	"errors"
	"net/url"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxVisits is how many values a document may have if each reference is followed to what it refers to, and on from there,
// each target once per reference. kin-openapi does that when it reads and validates a document, a million in about a
// quarter of a second.
const maxVisits = 20_000_000

var errTooManyReferences = errors.New("its references lead to more than 20 million values, each counted as often as it is referred to")

// boundedReferences refuses a document whose references take too long to follow.
func boundedReferences(root *yaml.Node) error {
	if len(root.Content) == 0 {
		return nil
	}
	r := &referenceCounter{root: root.Content[0], targets: map[string]*target{}, names: map[*yaml.Node]map[string]*yaml.Node{}}
	visits := 0
	for _, ref := range r.within(r.root).refs {
		n := r.reach(ref)
		if visits += n; visits > maxVisits || r.steps > maxVisits {
			return errTooManyReferences
		}
	}
	return nil
}

type referenceCounter struct {
	root    *yaml.Node
	targets map[string]*target                   // by reference
	names   map[*yaml.Node]map[string]*yaml.Node // the members of the objects that were looked into
	steps   int                                  // of counting itself
}

// A target is what a reference refers to.
type target struct {
	size    int // in values, its references not followed
	refs    []string
	reached int // what reach returns; 0 until then
}

// within returns what there is in a node.
func (r *referenceCounter) within(node *yaml.Node) *target {
	t := &target{}
	var walk func(*yaml.Node)
	walk = func(node *yaml.Node) {
		if node.Kind == yaml.AliasNode {
			node = node.Alias
		}
		t.size++
		r.steps++
		for i, child := range node.Content {
			if node.Kind == yaml.MappingNode && i%2 == 1 && node.Content[i-1].Value == "$ref" && strings.HasPrefix(child.Value, "#") {
				t.refs = append(t.refs, child.Value)
			}
			if r.steps <= maxVisits {
				walk(child)
			}
		}
	}
	walk(node)
	return t
}

// reach returns how many values a reference leads to, directly or not, each counted once.
func (r *referenceCounter) reach(ref string) int {
	first := r.target(ref)
	if first.reached > 0 {
		return first.reached
	}
	seen, open := map[string]bool{ref: true}, []string{ref}
	for len(open) > 0 && r.steps <= maxVisits {
		t := r.target(open[len(open)-1])
		open = open[:len(open)-1]
		first.reached += t.size
		r.steps += len(t.refs)
		for _, next := range t.refs {
			if !seen[next] {
				seen[next] = true
				open = append(open, next)
			}
		}
	}
	return first.reached
}

// target returns what a reference refers to. The loader says so if that is nothing.
func (r *referenceCounter) target(ref string) *target {
	if r.targets[ref] == nil {
		node := r.root
		for name := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			if plain, err := url.PathUnescape(name); err == nil {
				name = plain
			}
			if node = r.member(node, unescaper.Replace(name)); node == nil {
				node = &yaml.Node{}
				break
			}
		}
		r.targets[ref] = r.within(node)
	}
	return r.targets[ref]
}

var unescaper = strings.NewReplacer("~1", "/", "~0", "~")

// member returns what an object has under a name, or an array at an index; nil if that is nothing.
func (r *referenceCounter) member(node *yaml.Node, name string) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node.Kind == yaml.SequenceNode {
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(node.Content) {
			return node.Content[i]
		}
	}
	if node.Kind != yaml.MappingNode {
		return nil
	}
	if r.names[node] == nil {
		members := make(map[string]*yaml.Node, len(node.Content)/2)
		for i := 0; i+1 < len(node.Content); i += 2 {
			members[node.Content[i].Value] = node.Content[i+1]
		}
		r.names[node] = members
		r.steps += len(members)
	}
	return r.names[node][name]
}
