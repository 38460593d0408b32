package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
)

// A HAR file is split in place: a json.Decoder would copy each entry into a buffer that grows to twice its size, and
// encoding/json would decode all entries before the first can be used.

// member returns the value that an object has under a name, nil if it has none or is null itself. As with
// encoding/json, the case of the name does not matter; but a second one is an error, not the one that counts.
// object is valid JSON.
func member(object []byte, name string) ([]byte, error) {
	if object == nil || object[0] == 'n' {
		return nil, nil
	}
	if object[0] != '{' {
		return nil, errNoObject
	}
	var value []byte
	for part := range parts(object) {
		quoted := part[:textLen(part)]
		var got string
		if len(quoted) > len(`"\u0000"`)*len(name) {
			continue // not worth a copy of it
		}
		if err := json.Unmarshal(quoted, &got); err != nil {
			return nil, err
		}
		if !strings.EqualFold(got, name) {
			continue
		}
		if value != nil {
			return nil, fmt.Errorf("it has more than one %q", name)
		}
		_, value, _ = bytes.Cut(part[len(quoted):], []byte(":"))
		value = bytes.TrimSpace(value)
	}
	return value, nil
}

// parts yields the items of an array, or the members of an object, each a name, a colon and a value. value is valid JSON
// without white space around it.
func parts(value []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		rest := bytes.TrimSpace(value[1 : len(value)-1])
		for len(rest) > 0 {
			end := partLen(rest)
			if !yield(bytes.TrimSpace(rest[:end])) {
				return
			}
			rest = rest[min(end+1, len(rest)):]
		}
	}
}

// partLen returns how many bytes come before the first comma that is in no string, array or object.
func partLen(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i += textLen(text[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return len(text)
}

// textLen returns the length of the JSON string at the start of text, quotes included.
func textLen(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// harFields are a message's headers or the fields of a form, of a bounded number: a few bytes of JSON can become a
// hundred in memory.
type harFields []harField

type harField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// UnmarshalJSON reads an array, or null, which is none.
func (l *harFields) UnmarshalJSON(data []byte) error {
	if data[0] == 'n' {
		return nil
	}
	if data[0] != '[' {
		return &json.UnmarshalTypeError{} // to which json.Unmarshal adds where
	}
	for part := range parts(data) {
		if len(*l) == maxFields {
			return errTooMany
		}
		var field harField
		if err := json.Unmarshal(part, &field); err != nil {
			return err
		}
		*l = append(*l, field)
	}
	return nil
}

var (
	errNoObject = errors.New("it is not an object")
	errTooMany  = errors.New("it has a list that is too long")
)

// harmless replaces an error of encoding/json by one that quotes nothing.
func harmless(err error) error {
	wrong, isType := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case errors.Is(err, errTooMany):
		return errTooMany
	case isType && wrong.Field != "": // a name of ours, not of the file's
		return fmt.Errorf("its %s is not of the type that HAR gives it", wrong.Field)
	case isType:
		return errNoObject
	}
	return errors.New("it is not JSON")
}
