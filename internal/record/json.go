package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
)

// A jsonRedactor redacts one JSON text, token by token, so that names that are there twice and numbers that are written
// unlike others stay as they were.
type jsonRedactor struct {
	*redactor
	in    *json.Decoder
	out   *bytes.Buffer
	about string
}

// value redacts the next value. path has the names that lead to it.
func (j *jsonRedactor) value(path []string) {
	token, err := j.in.Token()
	if err != nil {
		panic("a JSON text that was valid is not: " + err.Error())
	}
	switch v := token.(type) {
	case json.Delim:
		j.out.WriteString(v.String())
		for i := 0; j.in.More(); i++ {
			if i > 0 {
				j.out.WriteByte(',')
			}
			if v == '[' {
				j.value(path)
				continue
			}
			token, _ := j.in.Token() // a name: the text is valid
			name, _ := token.(string)
			j.write(j.scrub(name))
			j.out.WriteByte(':')
			j.value(append(path, name))
		}
		end, _ := j.in.Token() // the closing bracket
		fmt.Fprint(j.out, end)
	case string:
		j.write(j.text(path, v))
	case json.Number:
		j.out.WriteString(j.number(path, v.String()))
	default: // true, false or null
		j.write(v)
	}
}

func (j *jsonRedactor) write(v any) {
	encoder := json.NewEncoder(j.out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v)           // a string, a bool or null: it cannot fail
	j.out.Truncate(j.out.Len() - 1) // the newline
}

// aWord is a state or the class of an error.
var aWord = regexp.MustCompile(`^[A-Za-z_]{1,64}$`)

// text redacts a string by the property that it is the value of.
func (j *jsonRedactor) text(path []string, text string) string {
	if len(path) == 0 || path[0] == "info" {
		return shape(text)
	}
	if path[0] == "invalid_fields" {
		return j.scrub(text)
	}
	switch name := path[len(path)-1]; name {
	case "id":
		return j.id(text)
	case "name":
		return j.name(text)
	case "public_key":
		return j.publicKey(text)
	case "private_key":
		return j.privateKey(text)
	case "fingerprint":
		if replacement, known := j.replacements[text]; known {
			return replacement
		}
		return otherDigits(text, "fingerprint "+j.about)
	case "request_id":
		return otherDigits(text, "request "+j.about)
	case "created_at":
		return created(text)
	case "message":
		return j.scrub(text)
	case "state", "exception_class":
		if aWord.MatchString(text) {
			return j.scrub(text)
		}
	}
	return shape(text)
}

// number redacts a number likewise.
func (j *jsonRedactor) number(path []string, text string) string {
	if len(path) == 0 {
		return "0"
	}
	switch name := path[len(path)-1]; {
	case name == "count" && path[0] != "info":
		return text
	case name == "project_id" && text == j.project:
		return "1"
	case name == "project_id":
		return "2" // somebody else's
	}
	return "0"
}
