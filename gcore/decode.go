package gcore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Bounds on what is decoded, so that a hostile body costs no more memory than a few times its size.
const (
	maxItems    = 10_000 // items of a list that are looked at; ten times a full page
	maxProblems = 20     // problems that an error lists
)

// decode decodes the response to a request, which the handlers returned as resp and err. It fails with err if there is no successful
// response. If the response does not have the expected status or does not match openapi.yaml, decode returns a *ResponseError
// and those parts of the T that decoded.
func decode[T any](ctx context.Context, resp *http.Response, err error, status int) (*T, error) {
	if resp == nil {
		return nil, err
	}
	if _, isAPI := errors.AsType[*Error](err); isAPI {
		return nil, err
	}
	d := decoder{ctx: ctx}
	if resp.StatusCode != status {
		d.problem(fmt.Sprintf("the status should be %d", status))
	}
	if failed, ok := errors.AsType[*failure](err); ok {
		d.problem(failed.text)
	}
	value := new(T)
	data := contentsOf(resp).data
	switch {
	case status != http.StatusNoContent:
		if !isJSON(resp) {
			d.problem("the content type is not JSON")
		}
		d.object(data, planOf(reflect.TypeFor[T]()), reflect.ValueOf(value).Elem())
	case len(data) > 0:
		d.problem("there should be no body")
	}
	if ctx.Err() != nil {
		return nil, callerEnded(ctx, resp.Request, true)
	}
	if len(d.problems) == 0 {
		return value, nil
	}
	broken := newResponseError(resp, d.problems, err)
	broken.bad, broken.onlyItems = d.bad, !d.bodyBad
	if d.omitted > 0 {
		broken.Problems = append(broken.Problems, fmt.Sprintf("and %d more problems", d.omitted))
	}
	return value, broken
}

func isJSON(resp *http.Response) bool {
	return strings.Contains(strings.ToLower(resp.Header.Get("Content-Type")), "json")
}

// A decoder decodes one body into a generated struct, property by property, and lists its problems, which name properties and quote
// no values. Unknown properties and enum values are accepted. Single values are decoded by encoding/json. It is not used for the
// whole body, because it does not report missing properties, stops at the first value that does not parse, and accepts a name
// that is given twice.
type decoder struct {
	ctx      context.Context
	problems []string
	omitted  int    // problems that are not listed
	bodyBad  bool   // there is a problem that is not of an item
	list     string // the property whose items are being decoded, or ""
	item     int    // the index in list
	bad      []int  // the indexes of items that do not decode completely; these stay in the list
}

// problem adds a problem of the current item or of the body.
func (d *decoder) problem(text string) {
	if d.list == "" {
		d.bodyBad = true
	} else if n := len(d.bad); n == 0 || d.bad[n-1] != d.item {
		d.bad = append(d.bad, d.item)
	}
	if len(d.problems) >= maxProblems {
		d.omitted++
		return
	}
	if d.list != "" {
		text = fmt.Sprintf("%s[%d]: %s", d.list, d.item, text)
	}
	d.problems = append(d.problems, text)
}

// object decodes a JSON object. It skips a property that does not decode, and everything after the place where the JSON is cut
// off.
func (d *decoder) object(data []byte, p *plan, into reflect.Value) {
	var seen [maxProperties]bool
	problem := each(data, '{', func(name, value []byte) bool {
		switch i := p.indexOf(name); {
		case i < 0:
			if !json.Valid(name) || !json.Valid(value) {
				d.problem("not valid JSON")
			}
		case seen[i]:
			d.problem(p.fields[i].name + " is given twice")
		default:
			seen[i] = true
			if problem := d.property(&p.fields[i], value, into.Field(i)); problem != "" {
				d.problem(p.fields[i].name + problem)
			}
		}
		return d.ctx.Err() == nil
	})
	if problem != "" {
		d.problem(problem)
	}
	if problem == notObject {
		return // that its properties are missing says nothing new
	}
	for i, field := range p.fields {
		if field.required && !seen[i] {
			d.problem(field.name + " is missing")
		}
	}
}

func (d *decoder) property(field *field, data []byte, into reflect.Value) (problem string) {
	switch isNull := string(data) == "null"; {
	case isNull && field.nullable:
	case isNull && field.required:
		return " is null"
	case field.items != nil:
		return d.items(field, data, into)
	case !decodeValue(data, into):
		return " does not parse"
	case field.required && into.Kind() == reflect.String && into.Len() == 0:
		return " is empty"
	}
	return ""
}

// items decodes a list of objects.
func (d *decoder) items(field *field, data []byte, into reflect.Value) (problem string) {
	into.Set(reflect.MakeSlice(into.Type(), 0, 0))
	d.list = field.name
	defer func() { d.list = "" }()
	broken := each(data, '[', func(_, item []byte) bool {
		i := into.Len()
		if i == maxItems {
			problem = fmt.Sprintf(" has more than %d items", maxItems)
			return false
		}
		into.Grow(1)
		into.SetLen(i + 1)
		d.item = i
		d.object(item, field.items, into.Index(i))
		return d.ctx.Err() == nil
	})
	if broken != "" {
		return " does not parse"
	}
	return problem
}

// decodeValue decodes one value of a type without required properties, and returns false if it does not parse. It decodes common
// types itself, for speed.
func decodeValue(data []byte, into reflect.Value) bool {
	switch v := into.Addr().Interface().(type) {
	case *time.Time:
		return v.UnmarshalJSON(data) == nil
	case *bool:
		*v = string(data) == "true"
		return *v || string(data) == "false"
	case *int64:
		if n, err := strconv.ParseInt(string(data), 10, 64); err == nil && json.Valid(data) { // +1 and 01 are not valid
			*v = n
			return true
		}
	}
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		return decodeValue(data, into.Elem())
	}
	if into.Kind() == reflect.String && isPlain(data) {
		into.SetString(string(data[1 : len(data)-1]))
		return true
	}
	return json.Unmarshal(data, into.Addr().Interface()) == nil
}

// isPlain reports whether data is a JSON string of ASCII without escapes.
func isPlain(data []byte) bool {
	for _, c := range data {
		if c < ' ' || c == '\\' || c >= 0x80 {
			return false
		}
	}
	return data[0] == '"'
}

// A plan lists the properties of a generated struct for a decoder. It is read from the tags of the struct once.
type plan struct{ fields []field }

// maxProperties is the most properties that a plan can have.
const maxProperties = 64

type field struct {
	name     string
	quoted   string // the name as in JSON text
	required bool   // the generator writes omitempty on the optional properties and on no other
	nullable bool
	items    *plan // of a list of objects
}

var plans sync.Map // reflect.Type to *plan

func planOf(object reflect.Type) *plan {
	if p, ok := plans.Load(object); ok {
		return p.(*plan) //nolint:forcetypeassert // nothing else is stored
	}
	p := &plan{}
	for i := range min(object.NumField(), maxProperties) {
		property := object.Field(i)
		name, options, _ := strings.Cut(property.Tag.Get("json"), ",")
		f := field{name: name, quoted: `"` + name + `"`, required: !strings.Contains(options, "omitempty")}
		f.nullable = property.Type.Kind() == reflect.Pointer || property.Type == reflect.TypeFor[PrivateKey]()
		if property.Type.Kind() == reflect.Slice && property.Type.Elem().Kind() == reflect.Struct {
			f.items = planOf(property.Type.Elem())
		}
		p.fields = append(p.fields, f)
	}
	plans.Store(object, p)
	return p
}

func (p *plan) indexOf(name []byte) int {
	if bytes.ContainsRune(name, '\\') {
		var text string
		if json.Unmarshal(name, &text) != nil {
			return -1
		}
		name = []byte(`"` + text + `"`)
	}
	return slices.IndexFunc(p.fields, func(f field) bool { return f.quoted == string(name) })
}
