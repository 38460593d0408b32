// Package apikey checks the form of an API key. The client, the contract checks and the test server use it, so that they agree.
package apikey

import (
	"errors"
	"fmt"
	"strings"
)

// Scheme is the word before the key in the Authorization header, in upper or lower case, according to Gcore's API documentation.
const Scheme = "apikey"

// Check returns what is wrong with an API key, or nil. A key is printable ASCII; spaces are allowed inside, as in the sample "My API
// Key" of Gcore's API documentation, but not at the ends. The error does not quote the key.
func Check(key string) error {
	if key == "" {
		return errors.New("the API key is empty")
	}
	for i, r := range key {
		switch {
		case r == ' ' && (i == 0 || i == len(key)-1):
			return errors.New("the API key begins or ends with a space: remove it")
		case r < ' ' || r > '~':
			return fmt.Errorf("the API key holds a line break or another character that is not printable ASCII, at byte %d of %d: remove it", i+1, len(key))
		}
	}
	if HasScheme(key) {
		return errors.New(`the API key begins with the word "apikey": leave the word out, it is added when a request is sent`)
	}
	return nil
}

// HasScheme reports whether text begins with the word of Scheme and a space.
func HasScheme(text string) bool {
	word, _, found := strings.Cut(text, " ")
	return found && strings.EqualFold(word, Scheme)
}

// FromHeader returns the key in the value of an Authorization header. It reports false if the value does not begin with
// Scheme and one space; the key itself is not checked.
func FromHeader(value string) (key string, ok bool) {
	if !HasScheme(value) {
		return "", false
	}
	return value[len(Scheme)+1:], true
}
