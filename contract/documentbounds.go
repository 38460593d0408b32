package contract

import (
	"errors"
	"fmt"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v4"
)

// Bounds on a document, so that reading it takes seconds and not all the memory: the largest that are published are within
// them, Gcore's by far.
const (
	maxDocument = 8 << 20
	maxMarks    = 2_000_000 // characters after which a value can start: each takes about 200 bytes of memory
	maxNodes    = 1_000_000 // values, each alias counted as all that it stands for
	maxNames    = 5_000     // of one object: kin-openapi's reader compares each with each
	maxParts    = 10_000    // schemas in the allOf, anyOf, oneOf and not of a schema, and in theirs
)

// bounded refuses a document that would take too long, or too much memory, to read; and one that names a thing twice,
// of which readers of JSON use one and those of YAML none.
func bounded(document []byte) error {
	if len(document) > maxDocument {
		return errors.New("it is longer than 8 MiB")
	}
	marks := 0
	for _, b := range document {
		switch b {
		case ',', ':', '[', '{', '-', '?', '\n':
			marks++
		}
	}
	if marks > maxMarks {
		return errTooManyValues
	}
	var root yaml.Node
	if err := yaml.Unmarshal(document, &root); err != nil {
		return fmt.Errorf("it is neither JSON nor YAML: %w", err)
	}
	_, err := (&nodeCounter{sizes: map[*yaml.Node]int{}}).size(&root)
	return err
}

var errTooManyValues = errors.New("it has more than a million values, with what its YAML aliases stand for")

// A nodeCounter counts nodes as if every alias were what it stands for, without expanding any.
type nodeCounter struct {
	sizes map[*yaml.Node]int // of nodes with an anchor; -1 while it is counted
}

func (c *nodeCounter) size(node *yaml.Node) (int, error) {
	if node.Kind == yaml.AliasNode {
		return c.size(node.Alias)
	}
	if node.Anchor != "" {
		switch size := c.sizes[node]; {
		case size < 0:
			return 0, fmt.Errorf("line %d: a YAML anchor is used within itself", node.Line)
		case size > 0:
			return size, nil
		}
		c.sizes[node] = -1
	}
	if node.Kind == yaml.MappingNode {
		if err := uniqueNames(node); err != nil {
			return 0, err
		}
	}
	size := 1
	for _, child := range node.Content {
		n, err := c.size(child)
		if err != nil {
			return 0, err
		}
		if size += n; size > maxNodes {
			return 0, errTooManyValues
		}
	}
	if node.Anchor != "" {
		c.sizes[node] = size
	}
	return size, nil
}

func uniqueNames(object *yaml.Node) error {
	if len(object.Content)/2 > maxNames {
		return fmt.Errorf("line %d: an object has more than 5,000 names", object.Line)
	}
	lines := make(map[string]int, len(object.Content)/2)
	for i := 0; i < len(object.Content); i += 2 {
		name := object.Content[i]
		if first, twice := lines[name.Value]; twice && name.Kind == yaml.ScalarNode {
			return fmt.Errorf("line %d: %q is there already, in line %d", name.Line, name.Value, first)
		}
		lines[name.Value] = name.Line
	}
	return nil
}

// boundedParts refuses schemas that are made of others without end, or of so many that a check takes too long: twenty
// schemas that each name the next one twice are a million.
func boundedParts(doc *openapi3.T) error {
	parts := map[*openapi3.Schema]int{}
	var count func(pointer string, schema *openapi3.Schema) (int, error)
	count = func(pointer string, schema *openapi3.Schema) (int, error) {
		switch n := parts[schema]; {
		case n < 0:
			return 0, fmt.Errorf("contract: %s: the schema is a part of itself, by its allOf, anyOf, oneOf or not", pointer)
		case n > 0:
			return n, nil
		}
		parts[schema] = -1
		n := 1
		for _, refs := range []openapi3.SchemaRefs{schema.AllOf, schema.AnyOf, schema.OneOf, {schema.Not}} {
			for _, ref := range refs {
				if ref == nil || ref.Value == nil {
					continue // Validate says what is wrong with it, if anything
				}
				more, err := count(pointer, ref.Value)
				if err != nil {
					return 0, err
				}
				if n += more; n > maxParts {
					return 0, fmt.Errorf("contract: %s: the schema has more than 10,000 parts, by its allOf, anyOf, oneOf or not", pointer)
				}
			}
		}
		parts[schema] = n
		return n, nil
	}
	return doc.WalkSchemas(func(pointer string, ref *openapi3.SchemaRef) error {
		if ref.Value == nil {
			return nil
		}
		_, err := count(pointer, ref.Value)
		return err
	})
}
