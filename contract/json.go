package contract

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// json checks a body against a schema.
func (c *check) json(schema *openapi3.Schema, data []byte) {
	switch {
	case len(data) == 0:
		c.add(partBody, "", "json", "is empty")
	case !utf8.Valid(data):
		c.add(partBody, "", "json", "is not UTF-8, as JSON must be")
	case !json.Valid(data):
		c.add(partBody, "", "json", "is not JSON: one value and nothing after it")
	case len(data) > maxChecked && countValues(data) > maxChecked:
		c.add(partBody, "", "maxBody", "has more than 250,000 values")
	default:
		d := decoder{data: string(data)}
		value := d.value()
		if d.deepest > maxDepth {
			c.add(partBody, "", "maxBody", "is nested more than 200 levels deep")
			return
		}
		for _, path := range d.twice {
			c.add(partBody, pointer(schema, path), "duplicateName", "is in its object more than once")
		}
		if c.composed && tooMuchWork(schema, value, &d) {
			c.add(partBody, "", "maxBody", "takes too long to check against its schemas")
			return
		}
		c.many = d.values > maxValues
		if d.fractions {
			value = c.integers(schema, value)
		}
		c.schema(partBody, "", schema, value)
	}
}

// The errors for a few megabytes of invalid values would take gigabytes, so their number is bounded.
const (
	// maxValues is how many values a body or a list may have for all its violations to be listed, and not only
	// the first. A full page of 1,000 keys has 9,000.
	maxValues = 20_000
	// maxChecked is how many values a body may have to be checked at all: 8 MiB can hold millions, and each takes up to
	// 300 bytes of memory.
	maxChecked = 250_000
	// maxDepth is how many arrays and objects may be within each other: each violation has a path as long as it is deep.
	maxDepth = 200
	// maxTwice is how many repeated names are listed.
	maxTwice = 100
)

// countValues returns how many values there are in data, which is valid JSON. It may count an empty array or object twice.
func countValues(data []byte) int {
	n := 1
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			i += textLen(data[i:]) - 1
		case ',', '[', '{':
			n++
		}
	}
	return n
}

// A decoder reads JSON that is known to be valid. encoding/json would keep only the last of the
// values that an object has under one name, or take three times as long token by token.
type decoder struct {
	data   string    // its parts share its memory
	at     int       // the next byte
	path   []element // to the value at it
	twice  [][]element
	values int

	deepest   int  // how many arrays and objects are within each other
	fractions bool // whether there is a number that may not stand for an integer
}

// next passes over white space and returns the byte after it.
func (d *decoder) next() byte {
	for {
		switch c := d.data[d.at]; c {
		case ' ', '\t', '\r', '\n':
			d.at++
		default:
			return c
		}
	}
}

func (d *decoder) value() any {
	d.values++
	switch d.next() {
	case '{':
		return d.object()
	case '[':
		return d.array()
	case '"':
		return d.text()
	}
	start := d.at
	for d.at < len(d.data) && strings.IndexByte(" \t\r\n,]}", d.data[d.at]) < 0 {
		d.at++
	}
	switch word := d.data[start:d.at]; word {
	case "null":
		return nil
	case "true", "false":
		return word == "true"
	default:
		read := number(word)
		if _, ok := read.(json.Number); ok {
			d.fractions = true
		}
		return read
	}
}

func (d *decoder) object() map[string]any {
	d.deepest = max(d.deepest, len(d.path)+1)
	members := map[string]any{}
	for d.into('}') {
		name := d.text()
		d.next()
		d.at++ // the colon
		d.path = append(d.path, element{name: name})
		if _, there := members[name]; there && len(d.twice) < maxTwice {
			d.twice = append(d.twice, slices.Clone(d.path))
		}
		members[name] = d.value()
		d.path = d.path[:len(d.path)-1]
	}
	return members
}

func (d *decoder) array() []any {
	d.deepest = max(d.deepest, len(d.path)+1)
	items := []any{}
	for d.into(']') {
		d.path = append(d.path, element{index: len(items), isIndex: true})
		items = append(items, d.value())
		d.path = d.path[:len(d.path)-1]
	}
	return items
}

// into goes to the next member of an object or array, past the bracket or comma before it. It
// returns false, and goes past the closing bracket, if there is no further one.
func (d *decoder) into(closing byte) bool {
	if d.next() != closing {
		d.at++
		if d.next() != closing {
			return true
		}
	}
	d.at++
	return false
}

func (d *decoder) text() string {
	start, escaped := d.at, false
	for d.at++; d.data[d.at] != '"'; d.at++ {
		if d.data[d.at] == '\\' {
			escaped = true
			d.at++
		}
	}
	d.at++
	if !escaped {
		return d.data[start+1 : d.at-1]
	}
	var text string
	_ = json.Unmarshal([]byte(d.data[start:d.at]), &text) // it is valid
	return text
}
