package contract

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/getkin/kin-openapi/openapi3"
)

// A parameter is a documented part of a path, a query or a header.
type parameter struct {
	name     string
	part     string
	pointer  string
	segment  int // its place in the path, if it is there
	required bool
	empty    bool // it may be given without a value
	schema   *openapi3.Schema

	// How its text is read. Both single and items are set if the schema is an anyOf of an array and a plain type.
	single  *reading // as one value; nil if it is always an array or an object
	items   *reading // as the items of an array; nil if it is never one
	explode bool     // the items of the array come as one parameter each, not with commas between them
	deep    bool     // an object, whose members come as one parameter each: name[member]=value

	lastValid atomic.Pointer[string] // see path
}

var (
	errNotPlain  = errors.New("its schema is not of a plain type, nor an array of one: that is not checked here")
	errNotObject = errors.New("a deepObject whose schema is not an object is not checked here")
	errMember    = errors.New("a deepObject with a member that is not of a plain type is not checked here")
)

func newParameter(p *openapi3.Parameter) (*parameter, error) {
	if p.Schema == nil {
		return nil, errors.New("it has no schema to check")
	}
	method, err := p.SerializationMethod()
	if err != nil {
		return nil, err
	}
	compiled := &parameter{name: p.Name, part: p.In, required: p.Required, empty: p.AllowEmptyValue, schema: p.Schema.Value}
	if p.In == openapi3.ParameterInHeader {
		compiled.name = http.CanonicalHeaderKey(p.Name)
	}
	compiled.pointer = "/" + escape(compiled.name)
	switch method.Style {
	case openapi3.SerializationSimple, openapi3.SerializationForm:
		compiled.explode = p.In == openapi3.ParameterInQuery && method.Explode
		err = compiled.read()
	case openapi3.SerializationDeepObject:
		compiled.deep = true
		err = checkableMembers(compiled.schema)
	default:
		err = fmt.Errorf("the style %s is not checked here", method.Style)
	}
	return compiled, err
}

// read finds out from the schema how the parameter is read.
func (p *parameter) read() error {
	for _, t := range typed(p.schema) {
		switch {
		case isPlain(t) && p.single == nil:
			p.single = &reading{p.schema, []*openapi3.Schema{t}}
		case isPlain(t):
			p.single.types = append(p.single.types, t)
		case t.Type.Is(openapi3.TypeArray) && p.items == nil:
			p.items = &reading{t.Items.Value, typed(t.Items.Value)}
			if len(p.items.types) == 0 || !arePlain(p.items.types) {
				return errNotPlain
			}
		default:
			return errNotPlain
		}
	}
	if p.single == nil && p.items == nil {
		return errNotPlain
	}
	return nil
}

// checkableMembers refuses a deepObject unless it is an object of plain values: OpenAPI does not say how to write others.
func checkableMembers(schema *openapi3.Schema) error {
	types := typed(schema)
	if len(types) == 0 {
		return errNotObject
	}
	for _, t := range types {
		if !t.Type.Is(openapi3.TypeObject) {
			return errNotObject
		}
		members := slices.Collect(maps.Values(t.Properties))
		if more := t.AdditionalProperties.Schema; more != nil {
			members = append(members, more)
		}
		for _, member := range members {
			if !arePlain(typed(member.Value)) {
				return errMember
			}
		}
	}
	return nil
}

// path checks the parameters in the path, whose segments are as they were sent. The last valid value is remembered and
// not checked again: a client sends the same project with each request.
func (c *check) path(op *operation, segments []string) {
	for _, p := range op.inPath {
		text := segments[p.segment]
		if last := p.lastValid.Load(); last != nil && *last == text {
			continue
		}
		found := len(c.found)
		texts := []string{text}
		if p.items != nil {
			texts = split(texts)
		}
		c.parameter(p, 1, unescaped(texts, url.PathUnescape))
		if len(c.found) == found {
			p.lastValid.Store(new(strings.Clone(text)))
		}
	}
}

// query checks the query against the parameters that the operation has there.
func (c *check) query(op *operation, raw string) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		c.add(partQuery, "", "encoding", "is not well-formed")
	}
	for _, p := range op.inQuery {
		if p.deep {
			c.deepObject(p, values)
			continue
		}
		texts := values[p.name]
		times := len(texts)
		if p.items != nil && !p.explode && times > 0 {
			texts = unescaped(split(sent(raw, p.name)), url.QueryUnescape)
		}
		delete(values, p.name)
		c.parameter(p, times, texts)
	}
	if unknown := len(values); unknown > 0 {
		documented := make([]string, len(op.inQuery))
		for i, p := range op.inQuery {
			documented[i] = p.name
		}
		c.add(partQuery, "", "unknownParameter", fmt.Sprintf("has %s that the contract does not have: it takes %s",
			count(unknown, "parameter"), names(documented)))
	}
}

// sent returns the values of a query parameter with their escapes, among them commas: those that are not escaped are
// between the items of a list.
func sent(raw, name string) []string {
	var texts []string
	for pair := range strings.SplitSeq(raw, "&") {
		key, text, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(key); err == nil && plain == name && !strings.Contains(pair, ";") {
			texts = append(texts, text)
		}
	}
	return texts
}

// split returns the items of lists that are written with commas between them.
func split(texts []string) []string { return strings.Split(strings.Join(texts, ","), ",") }

func unescaped(texts []string, unescape func(string) (string, error)) []string {
	all := make([]string, 0, len(texts))
	for _, text := range texts {
		if plain, err := unescape(text); err == nil { // the others are not well-formed, and url.ParseQuery leaves them out, too
			all = append(all, plain)
		}
	}
	return all
}

// deepObject checks an object whose members are parameters of their own, and takes them out of values.
func (c *check) deepObject(p *parameter, values url.Values) {
	object := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		texts := values[key]
		member, ok := strings.CutPrefix(key, p.name+"[")
		member, closed := strings.CutSuffix(member, "]")
		if !ok || !closed || member == "" || strings.Contains(member, "][") {
			continue // name[] and name[a][b] are no members
		}
		delete(values, key)
		if len(texts) > 1 {
			c.add(p.part, p.pointer+pointer(p.schema, []element{{name: member}}), "repeatedParameter", "is given more than once")
		}
		object[member] = texts[0]
		if schema, _ := step(p.schema, element{name: member}); schema != nil {
			r := &reading{schema, typed(schema)}
			object[member] = r.value(c, texts[0])
		}
	}
	switch {
	case len(object) > 0:
		c.schema(p.part, p.pointer, p.schema, object)
	case p.required:
		c.add(p.part, p.pointer, "required", missing)
	}
}

// headers checks the documented headers. Other headers are allowed.
func (c *check) headers(documented []*parameter, header http.Header) {
	for _, p := range documented {
		texts := header[p.name]
		times := len(texts)
		if p.items != nil && times > 0 {
			times, texts = 1, split(texts) // several lines are one list
			for i, text := range texts {
				texts[i] = strings.Trim(text, " \t")
			}
		}
		c.parameter(p, times, texts)
	}
}

// parameter checks what was sent for a parameter: nothing, a value, or too many of them. texts are
// the items if it can be a list.
func (c *check) parameter(p *parameter, times int, texts []string) {
	switch {
	case times == 0:
		if p.required {
			c.add(p.part, p.pointer, "required", missing)
		}
		return
	case times > 1 && (p.items == nil || !p.explode):
		c.add(p.part, p.pointer, "repeatedParameter", "is given more than once")
	}
	if p.empty && len(texts) == 1 && texts[0] == "" {
		return
	}
	if p.items != nil {
		if len(texts) > maxChecked || len(texts) > maxValues && len(p.items.types) > 1 { // where each type is tried
			c.add(p.part, p.pointer, "maxItems", "has too many items to check")
			return
		}
		list := p.items.values(c, texts)
		if len(texts) == 1 && texts[0] == "" && !c.fits(p.items.schema, list[0]) {
			list = []any{} // which clients write like an array of an empty string
		}
		if p.single == nil || len(texts) != 1 || c.fits(p.schema, list) {
			c.schema(p.part, p.pointer, p.schema, list)
			return
		}
	}
	for _, text := range texts {
		c.schema(p.part, p.pointer, p.schema, p.single.value(c, text))
	}
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
