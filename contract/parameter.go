package contract

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// A parameter is a documented part of a path, a query or a header.
type parameter struct {
	name     string
	part     string
	pointer  string
	segment  int // its place in the path, if it is there
	required bool
	schema   *openapi3.Schema
	list     bool // an array
	explode  bool // an array whose items come as one parameter each, not with commas between them
}

func newParameter(p *openapi3.Parameter) (*parameter, error) {
	if p.Schema == nil {
		return nil, fmt.Errorf("it has no schema to check")
	}
	method, err := p.SerializationMethod()
	if err != nil {
		return nil, err
	}
	if method.Style != openapi3.SerializationSimple && method.Style != openapi3.SerializationForm {
		return nil, fmt.Errorf("the style %s is not checked here", method.Style)
	}
	compiled := &parameter{name: p.Name, part: p.In, required: p.Required, schema: p.Schema.Value}
	if p.In == openapi3.ParameterInHeader {
		compiled.name = http.CanonicalHeaderKey(p.Name)
	}
	compiled.pointer = "/" + escape(compiled.name)
	item := compiled.schema
	if item.Type.Is(openapi3.TypeArray) && item.Items != nil {
		compiled.list = true
		compiled.explode = p.In == openapi3.ParameterInQuery && method.Explode
		item = item.Items.Value
	}
	plain := []string{openapi3.TypeString, openapi3.TypeInteger, openapi3.TypeNumber, openapi3.TypeBoolean}
	if !slices.ContainsFunc(plain, item.Type.Is) {
		return nil, fmt.Errorf("its schema is not of a plain type, nor an array of one: that is not checked here")
	}
	return compiled, nil
}

// path checks the parameters in the path.
func (c *check) path(op *operation, segments []string) {
	for _, p := range op.inPath {
		c.parameter(p, segments[p.segment:p.segment+1])
	}
}

// query checks the query against the parameters that the operation has there.
func (c *check) query(op *operation, raw string) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		c.add(partQuery, "", "encoding", "is not well-formed")
	}
	unknown := len(values)
	for _, p := range op.inQuery {
		got, sent := values[p.name]
		if sent {
			unknown--
		}
		c.parameter(p, got)
	}
	if unknown > 0 {
		c.add(partQuery, "", "unknownParameter",
			fmt.Sprintf("has %s that the contract does not have", count(unknown, "parameter")))
	}
}

// headers checks the documented headers. Others are not the contract's business.
func (c *check) headers(documented []*parameter, header http.Header) {
	for _, p := range documented {
		c.parameter(p, header[p.name])
	}
}

// parameter checks what was sent for a parameter: nothing, a value, or too many of them.
func (c *check) parameter(p *parameter, sent []string) {
	switch {
	case len(sent) == 0:
		if p.required {
			c.add(p.part, p.pointer, "required", missing)
		}
		return
	case len(sent) > 1 && !p.explode:
		c.add(p.part, p.pointer, "repeatedParameter", "is given more than once")
	}
	if !p.list {
		for _, text := range sent {
			c.schema(p.part, p.pointer, p.schema, plain(p.schema, text))
		}
		return
	}
	if !p.explode {
		sent = strings.Split(strings.Join(sent, ","), ",")
	}
	items := make([]any, len(sent))
	for i, text := range sent {
		items[i] = plain(p.schema.Items.Value, text)
	}
	c.schema(p.part, p.pointer, p.schema, items)
}

// plain reads text as the type that the schema asks for, written as JSON writes it and in no other
// way (no 007, +1 or T). Text that is not of the type stays text, which the schema then refuses.
func plain(schema *openapi3.Schema, text string) any {
	switch {
	case schema.Type.Is(openapi3.TypeInteger):
		if isInteger(text) {
			return number(text)
		}
	case schema.Type.Is(openapi3.TypeNumber):
		if isNumber(text) {
			return number(text)
		}
	case schema.Type.Is(openapi3.TypeBoolean):
		if text == "true" || text == "false" {
			return text == "true"
		}
	}
	return text
}

// count returns n things in words: "1 parameter", "2 parameters".
func count[N int | uint64](n N, thing string) string {
	words := strconv.FormatUint(uint64(n), 10) + " " + thing
	switch {
	case n == 1:
		return words
	case strings.HasSuffix(thing, "y"):
		return strings.TrimSuffix(words, "y") + "ies"
	}
	return words + "s"
}
