package gcore

import (
	"bytes"
	"context"
	"encoding"
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

// decode returns the T in what the chain returned for a request, if the response has the expected status and is what openapi.yaml
// says. Otherwise it fails with the chain's error, or with a *ResponseError and as much of the T as did decode.
func decode[T any](ctx context.Context, resp *http.Response, err error, status int) (*T, error) {
	if resp == nil {
		return nil, err
	}
	if _, refused := errors.AsType[*Error](err); refused {
		return nil, err
	}
	value := new(T)
	var problems []string
	if resp.StatusCode != status {
		problems = append(problems, fmt.Sprintf("the status should be %d", status))
	}
	d := decoder{ctx: ctx, problems: problems}
	data := contentsOf(resp)
	failed, isFailure := errors.AsType[*failure](err)
	switch {
	case status == http.StatusNoContent:
		if len(data) > 0 {
			d.problem(nil, "there should be no body")
		}
	case !strings.Contains(resp.Header.Get("Content-Type"), "json"):
		d.problem(nil, "the content type is not JSON")
		fallthrough
	default:
		if isFailure {
			d.problem(nil, failed.text, afterAttempts(failed.attempts))
		}
		d.object(data, planOf(reflect.TypeFor[T]()), reflect.ValueOf(value).Elem(), nil)
	}
	if ctx.Err() != nil {
		return nil, callerEnded(ctx, resp.Request, true)
	}
	if len(d.problems) == 0 && !isFailure {
		return value, nil
	}
	broken := newResponseError(resp, d.problems, err)
	broken.bad, broken.onlyItems = d.bad, d.found() == d.ofItems
	if d.omitted > 0 {
		broken.Problems = append(broken.Problems, fmt.Sprintf("and %d more problems", d.omitted))
	}
	return value, broken
}

// A decoder decodes one body into a generated struct, property by property, and lists what is wrong with it, in words that name
// properties and quote nothing. Unknown properties and enum values are fine. encoding/json, which decodes the single values,
// could not say which property is missing, gives up on the first that does not parse, and takes a name given twice.
type decoder struct {
	ctx      context.Context
	problems []string
	omitted  int   // problems that are not listed
	ofItems  int   // problems of single items
	bad      []int // the items of the list that do not decode; they stay in it as far as they do
}

// problem adds one. where says of which item it is, and is nil for the body itself.
func (d *decoder) problem(where func() string, text ...string) {
	if len(d.problems) >= maxProblems {
		d.omitted++
		return
	}
	all := strings.Join(text, "")
	if where != nil {
		all = where() + all
	}
	d.problems = append(d.problems, all)
}

// found is the number of problems so far.
func (d *decoder) found() int { return len(d.problems) + d.omitted }

// object decodes a JSON object. A property that does not decode is passed over, and so is what comes after the place where the
// JSON breaks off.
func (d *decoder) object(data []byte, p *plan, into reflect.Value, where func() string) {
	var seen [maxProperties]bool
	problem := each(data, '{', func(name, value []byte) bool {
		switch i := p.indexOf(name); {
		case i < 0:
			if !json.Valid(name) || !json.Valid(value) {
				d.problem(where, "not valid JSON")
			}
		case seen[i]:
			d.problem(where, p.fields[i].name, " is given twice")
		default:
			seen[i] = true
			if problem := d.property(&p.fields[i], value, into.Field(i)); problem != "" {
				d.problem(where, p.fields[i].name, problem)
			}
		}
		return d.ctx.Err() == nil
	})
	if problem != "" {
		d.problem(where, problem)
	}
	for i, field := range p.fields {
		if field.required && !seen[i] {
			d.problem(where, field.name, " is missing")
		}
	}
}

func (d *decoder) property(field *field, data []byte, into reflect.Value) (problem string) {
	switch isNull := string(data) == "null"; {
	case isNull && field.nullable:
	case isNull && field.required:
		return " is null"
	case field.items != nil:
		return d.list(field, data, into)
	case !decodeValue(data, into):
		return " does not parse"
	case field.required && into.Kind() == reflect.String && into.Len() == 0:
		return " is empty"
	}
	return ""
}

// list decodes the items of a list of objects.
func (d *decoder) list(field *field, data []byte, into reflect.Value) (problem string) {
	into.Set(reflect.MakeSlice(into.Type(), 0, 0))
	broken := each(data, '[', func(_, item []byte) bool {
		i := into.Len()
		if i == maxItems {
			problem = fmt.Sprintf(" has more than %d items", maxItems)
			return false
		}
		into.Grow(1)
		into.SetLen(i + 1)
		before := d.found()
		d.object(item, field.items, into.Index(i), func() string { return fmt.Sprintf("%s[%d]: ", field.name, i) })
		if more := d.found() - before; more > 0 {
			d.ofItems += more
			d.bad = append(d.bad, i)
		}
		return d.ctx.Err() == nil
	})
	if broken != "" {
		return " does not parse"
	}
	return problem
}

// decodeValue decodes one value of a type without required properties. It reads the common ones itself, for speed, and reports
// false if the value does not parse.
func decodeValue(data []byte, into reflect.Value) bool {
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		return decodeValue(data, into.Elem())
	}
	switch v := into.Addr().Interface().(type) {
	case *time.Time:
		return v.UnmarshalJSON(data) == nil
	case *PrivateKey:
		if text, ok := plainText(data); ok {
			return v.UnmarshalText(text) == nil
		}
	case *bool:
		*v = string(data) == "true"
		return *v || string(data) == "false"
	case *int64:
		if n, err := strconv.ParseInt(string(data), 10, 64); err == nil && (data[0] >= '1' && data[0] <= '9' || string(data) == "0") {
			*v = n
			return true
		}
	case json.Unmarshaler, encoding.TextUnmarshaler:
	default:
		if text, ok := plainText(data); ok && into.Kind() == reflect.String {
			into.SetString(string(text))
			return true
		}
	}
	return json.Unmarshal(data, into.Addr().Interface()) == nil
}

// plainText returns the text of a JSON string that has nothing to decode in it: no escapes, and ASCII only.
func plainText(data []byte) (text []byte, ok bool) {
	if len(data) < 2 || data[0] != '"' {
		return nil, false
	}
	text = data[1 : len(data)-1]
	for _, c := range text {
		if c < ' ' || c == '\\' || c >= 0x80 {
			return nil, false
		}
	}
	return text, true
}

// A plan is what a decoder has to know of a generated struct, read once from its tags.
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
	if bytes.IndexByte(name, '\\') >= 0 {
		var text string
		if json.Unmarshal(name, &text) != nil {
			return -1
		}
		name = []byte(`"` + text + `"`)
	}
	return slices.IndexFunc(p.fields, func(f field) bool { return f.quoted == string(name) })
}
