package contract

import (
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"strconv"
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
	default:
		d := decoder{data: data}
		value := d.value()
		for _, path := range d.twice {
			c.add(partBody, pointer(schema, path), "duplicateName", "is in its object more than once")
		}
		if d.values > maxValues {
			c.options = c.options[1:]
		}
		c.schema(partBody, "", schema, value)
	}
}

// A few megabytes of rubbish would make gigabytes of errors, so their number is bounded.
const (
	// maxValues is how many values a body may have for all its violations to be listed, and not only
	// the first. A full page of 1,000 keys has 9,000.
	maxValues = 20_000
	// maxTwice is how many repeated names are listed.
	maxTwice = 100
)

// A decoder reads JSON that is known to be valid. encoding/json would keep only the last of the
// values that an object has under one name, or take three times as long token by token.
type decoder struct {
	data   []byte
	at     int      // the next byte
	path   []string // to the value at it
	twice  [][]string
	values int
}

// next passes over white space and returns the byte after it.
func (d *decoder) next() byte {
	for strings.IndexByte(" \t\r\n", d.data[d.at]) >= 0 {
		d.at++
	}
	return d.data[d.at]
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
	switch word := string(d.data[start:d.at]); word {
	case "null":
		return nil
	case "true", "false":
		return word == "true"
	default:
		return number(word)
	}
}

func (d *decoder) object() map[string]any {
	members := map[string]any{}
	for d.into('}') {
		name := d.text()
		d.next()
		d.at++ // the colon
		d.path = append(d.path, name)
		if _, there := members[name]; there && len(d.twice) < maxTwice {
			d.twice = append(d.twice, slices.Clone(d.path))
		}
		members[name] = d.value()
		d.path = d.path[:len(d.path)-1]
	}
	return members
}

func (d *decoder) array() []any {
	items := []any{}
	for d.into(']') {
		d.path = append(d.path, strconv.Itoa(len(items)))
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
		return string(d.data[start+1 : d.at-1])
	}
	var text string
	_ = json.Unmarshal(d.data[start:d.at], &text) // it is valid
	return text
}

// number returns a JSON number as the float64 that kin-openapi works with. Where rounding would turn
// a fraction into an integer, or 2^63 into the largest int64, it returns the float64 next to it, so
// that the schema refuses it like the number itself. A number that no float64 can hold becomes
// unreadable; so does one of more than 1,000 digits, which would take long to read exactly.
func number(text string) any {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || len(text) > 1000 {
		return unreadable
	}
	switch {
	case f != math.Trunc(f) || len(text) < 16 && isInteger(text):
		return f
	case f == 0:
		if digits, _, _ := strings.Cut(strings.ToLower(text), "e"); strings.ContainsAny(digits, "123456789") {
			return math.Copysign(math.SmallestNonzeroFloat64, f)
		}
		return f
	}
	exact, _, err := big.ParseFloat(text, 10, 1024, big.ToZero)
	if err != nil {
		return unreadable
	}
	rounded := exact.Cmp(big.NewFloat(f))
	if rounded == 0 && f == 1<<63 {
		rounded = 1 // not an int64, but float64 knows no larger one below it
	}
	if rounded == 0 {
		return f
	}
	return math.Nextafter(f, math.Inf(rounded))
}

// unreadable stands for a number that cannot be read. kin-openapi says that its type is wrong.
const unreadable = json.Number("1e999")

// isNumber reports whether text is a JSON number and nothing else.
func isNumber(text string) bool {
	return text != "" && strings.Trim(text, "+-.0123456789eE") == "" && json.Valid([]byte(text))
}

// isInteger reports whether text is a JSON number without fraction and exponent.
func isInteger(text string) bool {
	return isNumber(text) && !strings.ContainsAny(text, ".eE")
}
