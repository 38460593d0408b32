package gcore

import "bytes"

const notObject = "not a JSON object"

// each calls yield with the unparsed parts of a JSON object or list, until yield returns false: with the name, in its quotes, and
// the value of each member of an object ('{'), or with nil and each item of a list ('['). It does not check the names and values
// themselves. It returns what is wrong with the text around them, or "".
func each(text []byte, open byte, yield func(name, value []byte) bool) (problem string) {
	const brokenOff = "JSON that breaks off"
	s := scanner{text: text}
	if !s.skip(open) {
		return map[byte]string{'{': notObject, '[': "not a JSON list"}[open]
	}
	end := open + 2 // in ASCII, a closing bracket comes two after its opening one
	for first := true; !s.skip(end); first = false {
		if !first && !s.skip(',') {
			return brokenOff
		}
		var name []byte
		if open == '{' {
			if name = s.value(); len(name) == 0 || name[0] != '"' || !s.skip(':') {
				return brokenOff
			}
		}
		value := s.value()
		if value == nil {
			return brokenOff
		}
		if !yield(name, value) {
			return ""
		}
	}
	if s.next(); s.at < len(s.text) {
		return "JSON that goes on after its end"
	}
	return ""
}

// scanner finds where the values in JSON text begin and end. It does not recurse, so that deep nesting needs no memory.
type scanner struct {
	text []byte
	at   int
}

// next skips white space and returns the byte after it, or 0 at the end.
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

// skip skips white space and c, and returns false if the next byte is not c.
func (s *scanner) skip(c byte) bool {
	if s.next() != c {
		return false
	}
	s.at++
	return true
}

// value skips one value and returns its text. It returns nil if there is no value, or if the text ends with it, as a number at the
// end may have been cut off.
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
		case '}', ']':
			depth--
			s.at++
		case ' ', '\t', '\r', '\n', ',', ':':
			if depth == 0 {
				return nil
			}
			s.at++
		default:
			n := bytes.IndexAny(s.text[s.at:], " \t\r\n,:{}[]\"")
			if n < 0 {
				return nil
			}
			s.at += n
		}
		switch {
		case depth < 0:
			return nil
		case depth == 0:
			return s.text[start:s.at]
		}
	}
	return nil
}

// string skips a string, and returns false if it has no end.
func (s *scanner) string() bool {
	for end := s.at + 1; ; end++ {
		n := bytes.IndexByte(s.text[end:], '"')
		if n < 0 {
			return false
		}
		end += n
		before := bytes.TrimRight(s.text[:end], `\`)
		if len(s.text[len(before):end])%2 == 0 { // an even number of backslashes
			s.at = end + 1
			return true
		}
	}
}
