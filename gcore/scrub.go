package gcore

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A scrubber removes secrets from text of a server: the API key whole, either side of its $, and private keys. It holds them in a
// closure for the reason that PrivateKey does.
type scrubber struct{ secrets func() []string }

var (
	// privateKeyBlock matches a PEM private key of any kind, also one whose end is missing.
	privateKeyBlock = regexp.MustCompile(`(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)`)

	// badToken matches the published 401 message that quotes the token it was given, or the prefix that a shell left of it.
	badToken = regexp.MustCompile(`(?i)(bad permanent token:\s*)[^"\\]+`)

	escapes = regexp.MustCompile(`\\u[0-9a-fA-F]{4}`)
)

// shortest is the length from which a part of an API key is removed wherever it occurs. A shorter one, such as a key that a
// shell has cut off, would remove words and parts of request ids that have nothing to do with it.
const shortest = 4

func newScrubber(apiKey string) scrubber {
	var secrets []string
	for _, part := range append([]string{apiKey}, strings.Split(apiKey, "$")...) { // the whole first
		if len(part) >= shortest && !slices.Contains(secrets, part) {
			secrets = append(secrets, part)
		}
	}
	return scrubber{secrets: func() []string { return secrets }}
}

// plain returns text without the secrets that stand in it as they are.
func (s scrubber) plain(text string) string {
	if strings.Contains(text, ":") { // first, while its words are whole
		text = badToken.ReplaceAllString(text, "${1}"+redacted)
	}
	for _, secret := range s.secrets() {
		text = strings.ReplaceAll(text, secret, redacted)
	}
	if strings.Contains(text, "-----BEGIN") {
		text = privateKeyBlock.ReplaceAllString(text, redacted)
	}
	return text
}

// scrub returns text without secrets. Text that holds one only after decoding, as JSON within JSON, a URL or HTML, is removed
// whole.
func (s scrubber) scrub(text string) string {
	for _, decoded := range []string{unescapeJSON(text), unescapeURL(text), html.UnescapeString(text)} {
		if decoded != text && s.plain(decoded) != decoded {
			return redacted
		}
	}
	return s.plain(text)
}

func unescapeJSON(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	return escapes.ReplaceAllStringFunc(strings.ReplaceAll(text, `\/`, "/"), func(escape string) string {
		text, err := strconv.Unquote(`"` + escape + `"`)
		if err != nil { // half of a surrogate pair
			return escape
		}
		return text
	})
}

func unescapeURL(text string) string {
	if decoded, err := url.PathUnescape(text); err == nil {
		return decoded
	}
	return text
}

// headers removes secrets from the headers of a response. Of an error response only those stay that say what to do next.
func (s scrubber) headers(resp *http.Response) {
	clean := http.Header{}
	for name, values := range resp.Header {
		hasSecret := slices.ContainsFunc(s.secrets(), func(secret string) bool { // net/http changes the case of names
			return strings.Contains(strings.ToLower(name), strings.ToLower(secret))
		})
		if hasSecret || !isSuccess(resp) && !slices.Contains(errorHeaders, name) {
			continue
		}
		for _, value := range values {
			clean.Add(name, s.scrub(value))
		}
	}
	resp.Header = clean
}

var errorHeaders = []string{"Content-Type", "Date", "Retry-After", "X-Request-Id"}

// hasPrivateKey reports whether a JSON value has a PEM private key in its texts, also if its lines are apart.
func (s scrubber) hasPrivateKey(value any) bool {
	encoded, err := json.Marshal(value)
	if err != nil {
		return true
	}
	letters := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r == '-' {
			return r
		}
		return -1
	}, string(encoded))
	return strings.Contains(letters, "PRIVATEKEY--")
}

// text returns a JSON value as text without secrets: a string as it is, null as "", and another value as JSON.
func (s scrubber) text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return s.scrub(v)
	}
	encoded, err := json.Marshal(s.value(value))
	if err != nil {
		return redacted
	}
	return string(encoded)
}

// fields returns an invalid_fields: the reasons by field. A value that is not an object is given as the reasons of a field with
// the property's own name.
func (s scrubber) fields(value any) map[string][]string {
	if value == nil {
		return nil
	}
	byField, ok := value.(map[string]any)
	if !ok {
		byField = map[string]any{"invalid_fields": value}
	}
	fields := make(map[string][]string, len(byField))
	for field, reasons := range byField {
		fields[s.scrub(field)] = s.texts(reasons)
	}
	return fields
}

// texts returns the items of a JSON list as texts, and any other value as the only one.
func (s scrubber) texts(value any) []string {
	items, ok := value.([]any)
	if !ok {
		items = []any{value}
	}
	all := make([]string, len(items))
	for i, item := range items {
		all[i] = s.text(item)
	}
	return all
}

// value returns a JSON value without secrets in its strings and names.
func (s scrubber) value(value any) any {
	switch v := value.(type) {
	case string:
		return s.scrub(v)
	case float64:
		if text := strconv.FormatFloat(v, 'f', -1, 64); s.plain(text) != text {
			return redacted
		}
	case []any:
		clean := make([]any, len(v))
		for i := range v {
			clean[i] = s.value(v[i])
		}
		return clean
	case map[string]any:
		clean := make(map[string]any, len(v))
		for name, item := range v {
			if strings.EqualFold(name, "private_key") && item != nil {
				item = redacted
			}
			clean[s.scrub(name)] = s.value(item)
		}
		return clean
	}
	return value
}
