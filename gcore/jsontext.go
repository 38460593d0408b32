package gcore

import "bytes"

// eachMember calls yield with the name, in its quotes, and the value of each member of a JSON object, as they stand in the
// text, until yield returns false. It does not check the values, and returns what is wrong with the object otherwise: "" if
// nothing.
func eachMember(text []byte, yield func(name, value []byte) bool) (problem string) {
	s := scanner{text: text}
	if s.next() != '{' {
		return "not a JSON object"
	}
	const brokenOff = "JSON that breaks off"
	s.at++
	for first := true; s.next() != '}'; first = false {
		if !first && !s.skip(',') {
			return brokenOff
		}
		if s.next() != '"' {
			return brokenOff
		}
		name := s.value()
		if name == nil || !s.skip(':') {
			return brokenOff
		}
		value := s.value()
		if value == nil {
			return brokenOff
		}
		if !yield(name, value) {
			return ""
		}
	}
	s.at++
	if s.next(); s.at < len(s.text) {
		return "JSON that goes on after its end"
	}
	return ""
}

// eachItem calls yield with each item of a JSON list, as eachMember does.
func eachItem(text []byte, yield func(i int, item []byte) bool) (problem string) {
	s := scanner{text: text}
	if s.next() != '[' {
		return "not a list"
	}
	s.at++
	for i := 0; s.next() != ']'; i++ {
		if i > 0 && !s.skip(',') {
			return "a list that breaks off"
		}
		item := s.value()
		if item == nil {
			return "a list that breaks off"
		}
		if !yield(i, item) {
			return ""
		}
	}
	return ""
}

// scanner finds where the values in JSON text begin and end. It does not recurse, so that nesting costs nothing.
type scanner struct {
	text []byte
	at   int
}

// next passes over white space and returns the byte after it, or 0 at the end.
func (s *scanner) next() byte {
	for ; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
		default:
			return s.text[s.at]
		}
	}
	return 0
}

func (s *scanner) skip(c byte) bool {
	if s.next() != c {
		return false
	}
	s.at++
	return true
}

// value passes over one value and returns its text, or nil if the text ends before the value does. A number or literal at the
// very end may have been cut.
func (s *scanner) value() []byte {
	s.next()
	start := s.at
	for depth := 0; s.at < len(s.text); {
		switch s.text[s.at] {
		case '"':
			if !s.string() {
				return nil
			}
		case '{', '[':
			depth++
			s.at++
			continue
		case '}', ']':
			depth--
			if depth < 0 { // the end of what is around an empty value
				return nil
			}
			s.at++
		case ' ', '\t', '\r', '\n', ',', ':':
			if depth == 0 {
				return nil
			}
			s.at++
			continue
		default:
			if !s.literal() {
				return nil
			}
		}
		if depth == 0 {
			return s.text[start:s.at]
		}
	}
	return nil
}

// string passes over a string, and reports false if it has no end.
func (s *scanner) string() bool {
	for from := s.at + 1; ; {
		end := bytes.IndexByte(s.text[from:], '"')
		if end < 0 {
			return false
		}
		end += from
		backslashes := 0
		for end-backslashes > s.at+1 && s.text[end-backslashes-1] == '\\' {
			backslashes++
		}
		from = end + 1
		if backslashes%2 == 0 {
			s.at = from
			return true
		}
	}
}

// literal passes over a number, true, false or null, and reports false if the text ends with it.
func (s *scanner) literal() bool {
	for ; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n', ',', ':', '}', ']', '{', '[', '"':
			return true
		}
	}
	return false
}
