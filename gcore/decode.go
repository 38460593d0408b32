package gcore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// decodeObject decodes a JSON object into the generated struct that into points to, as far as it can: a property or
// list item that is not as the contract says is passed over, and so is what comes after the JSON breaks off. It
// returns what is wrong in words that name the property and quote nothing. Unknown properties and enum values are
// fine.
func decodeObject(data []byte, into any) (problems []string) {
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

// propertiesOf reads names and requiredness off a generated struct: the generator writes omitempty on the optional
// properties and on no other.
func propertiesOf(object reflect.Value) []property {
	var properties []property
	for i := range object.NumField() {
		name, options, _ := strings.Cut(object.Type().Field(i).Tag.Get("json"), ",")
		properties = append(properties, property{
			name:     name,
			required: !strings.Contains(options, "omitempty"),
			value:    object.Field(i),
		})
	}
	return properties
}

func (p *property) decode(data json.RawMessage) (problems []string) {
	p.seen = true
	kind := p.value.Kind()
	isNull := string(data) == "null"
	_, nullable := p.value.Interface().(PrivateKey)
	switch {
	case isNull && p.required && kind != reflect.Pointer && !nullable:
		return []string{p.name + " is null"}
	case kind == reflect.Slice && p.value.Type().Elem().Kind() == reflect.Struct:
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
		wrong := decodeObject(item, decoded.Interface())
		if len(wrong) == 0 {
			p.value.Set(reflect.Append(p.value, decoded.Elem()))
		}
		for _, problem := range wrong {
			problems = append(problems, fmt.Sprintf("%s[%d]: %s", p.name, i, problem))
		}
	}
	return problems
}
