package gcore

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
)

// privateKeyBlock matches a PEM private key of any kind, also one whose end is missing.
var privateKeyBlock = regexp.MustCompile(`(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)`)

// badToken matches the published 401 message that quotes the token it was given, or the stump that a shell left.
var badToken = regexp.MustCompile(`(?i)(bad permanent token:\s*)[^"\\]+`)

// scrubber removes secrets from text that came from outside: the API key whole, either side of its $, and private
// keys. It is a closure for the reason that PrivateKey is one.
type scrubber func(text string) string

func newScrubber(apiKey string) scrubber {
	pairs := []string{apiKey, redacted}
	for part := range strings.SplitSeq(apiKey, "$") {
		// A shorter part would blot out words and numbers that have nothing to do with it.
		if len(part) >= 4 && part != apiKey {
			pairs = append(pairs, part, redacted)
		}
	}
	replacer := strings.NewReplacer(pairs...)
	return func(text string) string {
		text = badToken.ReplaceAllString(text, "${1}"+redacted) // first, while its words are whole
		text = replacer.Replace(text)
		return privateKeyBlock.ReplaceAllString(text, redacted)
	}
}

// redact is the link that keeps secrets out of errors: a server can quote the API key in its message, and net/http
// quotes what it could not parse. Bodies of 2xx answers pass untouched, as a private key belongs in one of them.
func redact(next http.RoundTripper, scrub scrubber) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		rsp, err := next.RoundTrip(req)
		if err != nil {
			return nil, scrub.err(err)
		}
		for name, values := range rsp.Header {
			for i := range values {
				rsp.Header[name][i] = scrub(values[i])
			}
		}
		if rsp.StatusCode < 200 || rsp.StatusCode > 299 {
			rsp.Header.Del("Location") // it is not followed, and http.Client quotes one that it cannot parse
			data, readErr := io.ReadAll(rsp.Body)
			rsp.Body = newBody(scrub.body(data), scrub.err(readErr))
		} else if readErr := broken(rsp); readErr != nil {
			data, _ := io.ReadAll(rsp.Body)
			rsp.Body = newBody(data, scrub.err(readErr))
		}
		return rsp, nil
	})
}

// err returns err as it is, or, if its text holds a secret, an error with clean text that is still recognised by
// errors.Is but leads to no error that holds the secret.
func (scrub scrubber) err(err error) error {
	if err == nil || scrub(err.Error()) == err.Error() {
		return err
	}
	clean := &scrubbedError{text: scrub(err.Error()), is: func(target error) bool { return errors.Is(err, target) }}
	if neverSent(err) {
		return &unsentError{clean}
	}
	return clean
}

type scrubbedError struct {
	text string
	is   func(error) bool
}

func (e *scrubbedError) Error() string        { return e.text }
func (e *scrubbedError) Is(target error) bool { return e.is(target) }

// body scrubs every string of a JSON document, in which a secret may be escaped, or else the text as it is.
func (scrub scrubber) body(data []byte) []byte {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var document any
	if decoder.Decode(&document) != nil || decoder.More() {
		return []byte(scrub(string(data)))
	}
	clean, changed := scrub.value(document)
	if !changed {
		return data
	}
	encoded, err := json.Marshal(clean)
	if err != nil {
		return []byte(redacted)
	}
	return encoded
}

// value returns a JSON value with its strings and property names scrubbed, and whether that changed anything.
func (scrub scrubber) value(value any) (any, bool) {
	switch v := value.(type) {
	case string:
		clean := scrub(v)
		return clean, clean != v
	case []any:
		changed := false
		for i, item := range v {
			var c bool
			v[i], c = scrub.value(item)
			changed = changed || c
		}
		return v, changed
	case map[string]any:
		clean, changed := make(map[string]any, len(v)), false
		for name, item := range v {
			item, c := scrub.value(item)
			if text, isText := item.(string); name == "private_key" && isText && text != redacted {
				item, c = redacted, true
			}
			cleanName := scrub(name)
			clean[cleanName] = item
			changed = changed || c || cleanName != name
		}
		return clean, changed
	}
	return value, false
}
