package gcore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// decodeObject decodes a JSON object into the generated struct that into points to. It returns what is wrong with it, in
// words that name the property and quote nothing: a required property that is missing or empty, one that does not parse,
// JSON that breaks off or goes on after its end. Unknown properties and enum values are fine.
func decodeObject(data []byte, into any) (problems []string) {
	if json.Unmarshal(data, into) == nil && isFilled(reflect.ValueOf(into).Elem()) {
		return nil
	}
	// A zero value is there or missing, and what does not parse may be a small part: look closely, five times slower.
	reflect.ValueOf(into).Elem().SetZero()
	return salvageObject(data, into)
}

// isFilled reports whether every required property of a generated struct has another value than zero, so that it was
// surely there.
func isFilled(object reflect.Value) bool {
	for i := range object.NumField() {
		field := object.Field(i)
		if isRequired(object.Type().Field(i)) && field.IsZero() {
			return false
		}
		if isObjects(field) {
			for item := range field.Len() {
				if !isFilled(field.Index(item)) {
					return false
				}
			}
		}
	}
	return true
}

// isRequired reads off a generated field whether its property is required: the generator writes omitempty on the
// optional ones and on no other.
func isRequired(field reflect.StructField) bool {
	return !strings.Contains(field.Tag.Get("json"), ",omitempty")
}

func isObjects(field reflect.Value) bool {
	return field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.Struct
}

// salvageObject decodes an object as far as it can: a property or list item that is not as the contract says is passed
// over, and so is what comes after the JSON breaks off.
func salvageObject(data []byte, into any) (problems []string) {
	properties := propertiesOf(reflect.ValueOf(into).Elem())
	decoder := json.NewDecoder(bytes.NewReader(data))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return []string{"the body is not a JSON object"}
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			break
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			break
		}
		for i := range properties {
			if properties[i].name == name {
				problems = append(problems, properties[i].decode(value)...)
			}
		}
	}
	end, err := decoder.Token()
	if broken := err != nil || end != json.Delim('}'); broken {
		problems = append(problems, "the JSON breaks off")
	} else if _, err := decoder.Token(); err != io.EOF {
		problems = append(problems, "the JSON goes on after its end")
	}
	for _, p := range properties {
		if p.required && !p.seen {
			problems = append(problems, p.name+" is missing")
		}
	}
	return problems
}

// property is one field of a generated struct.
type property struct {
	name     string
	required bool
	seen     bool
	value    reflect.Value
}

func propertiesOf(object reflect.Value) []property {
	var properties []property
	for i := range object.NumField() {
		field := object.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		properties = append(properties, property{name: name, required: isRequired(field), value: object.Field(i)})
	}
	return properties
}

func (p *property) decode(data json.RawMessage) (problems []string) {
	p.seen = true
	kind := p.value.Kind()
	isNull := string(data) == "null"
	_, nullable := reflect.TypeAssert[PrivateKey](p.value)
	switch {
	case isNull && p.required && kind != reflect.Pointer && !nullable:
		return []string{p.name + " is null"}
	case isObjects(p.value):
		return p.decodeItems(data)
	case json.Unmarshal(data, p.value.Addr().Interface()) != nil:
		return []string{p.name + " does not parse"} // not the decoder's words, which quote numbers and times
	case p.required && kind == reflect.String && p.value.Len() == 0:
		return []string{p.name + " is empty"}
	}
	return nil
}

// decodeItems keeps the items that are as they should be, and says which are not.
func (p *property) decodeItems(data json.RawMessage) (problems []string) {
	var items []json.RawMessage
	if json.Unmarshal(data, &items) != nil {
		return []string{p.name + " does not parse"}
	}
	p.value.SetLen(0)
	for i, item := range items {
		decoded := reflect.New(p.value.Type().Elem())
		wrong := salvageObject(item, decoded.Interface())
		if len(wrong) == 0 {
			p.value.Set(reflect.Append(p.value, decoded.Elem()))
		}
		for _, problem := range wrong {
			problems = append(problems, fmt.Sprintf("%s[%d]: %s", p.name, i, problem))
		}
	}
	return problems
}
