package gcore

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
)

const redacted = "[REDACTED]"

var errMarshalPrivateKey = errors.New("a private key is not marshalled, since a copy that says " + redacted +
	" would lose it: write it with Save, or take it out with Reveal")

// PrivateKey is the secret half of an SSH key pair, as text: in practice a PEM block. The zero value holds no key.
//
// It never shows itself. Every fmt verb, slog and reflection-based printer (go-spew, the diffs of testify) gives
// [REDACTED] or the address of a function; encoding a PrivateKey that holds a key is an error. Only Reveal returns
// the text.
type PrivateKey struct {
	// A closure, not a string: a string in a struct is found by reflection wherever methods are not called, as
	// in unexported fields, %p and test diffs.
	reveal func() string
}

func newPrivateKey(text string) PrivateKey {
	if text == "" {
		return PrivateKey{}
	}
	return PrivateKey{reveal: func() string { return text }}
}

// Reveal returns the private key's text as it arrived, or "" where there is none. Whoever calls it is responsible
// for where the text goes.
func (k PrivateKey) Reveal() string {
	if k.reveal == nil {
		return ""
	}
	return k.reveal()
}

// IsZero reports whether there is no private key, as in the response to a create with the caller's own public key.
func (k PrivateKey) IsZero() bool { return k.reveal == nil }

// String returns "[REDACTED]".
func (k PrivateKey) String() string { return redacted }

// GoString returns "[REDACTED]".
func (k PrivateKey) GoString() string { return redacted }

// Format writes "[REDACTED]", whatever the verb.
func (k PrivateKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue returns "[REDACTED]" for slog.
func (k PrivateKey) LogValue() slog.Value { return slog.StringValue(redacted) }

// UnmarshalText takes the text of a private key. Empty text leaves k as it is, as null does in JSON, so that a property given
// twice loses nothing.
func (k *PrivateKey) UnmarshalText(text []byte) error {
	if len(text) > 0 {
		*k = newPrivateKey(string(text))
	}
	return nil
}

// MarshalJSON returns null for a zero PrivateKey and an error for any other.
func (k PrivateKey) MarshalJSON() ([]byte, error) {
	if k.IsZero() {
		return []byte("null"), nil
	}
	return nil, errMarshalPrivateKey
}

// MarshalText returns nothing for a zero PrivateKey and an error for any other. XML and other text encoders use it.
func (k PrivateKey) MarshalText() ([]byte, error) {
	if k.IsZero() {
		return nil, nil
	}
	return nil, errMarshalPrivateKey
}

// MarshalYAML returns nil for a zero PrivateKey and an error for any other.
func (k PrivateKey) MarshalYAML() (any, error) {
	if k.IsZero() {
		return nil, nil
	}
	return nil, errMarshalPrivateKey
}

// GobEncode returns nothing for a zero PrivateKey and an error for any other.
func (k PrivateKey) GobEncode() ([]byte, error) { return k.MarshalText() }

var (
	privateKeyProperty = regexp.MustCompile(`"private_key"\s*:\s*("(?:[^"\\]|\\.)+")`)
	privateKeyPEM      = regexp.MustCompile(`(?s)(-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----)(.*?)(-----END [A-Z0-9 ]*PRIVATE KEY-----)`)
	notBase64          = regexp.MustCompile(`[^A-Za-z0-9+/=]+`)
)

// findPrivateKey looks for a private key in the body of a create's response, unless decoded is one: the body may be too broken
// to be parsed, or have the key in another place. It reports whether it found one to take instead: a PEM block is better than
// other text, which is better than nothing.
func findPrivateKey(body []byte, decoded PrivateKey) (key PrivateKey, found bool) {
	if strings.HasPrefix(strings.TrimSpace(decoded.Reveal()), "-----BEGIN") {
		return decoded, false
	}
	if block := privateKeyPEM.Find(body); block != nil {
		return newPrivateKey(repairPEM(string(block)) + "\n"), true
	}
	if !decoded.IsZero() {
		return decoded, false
	}
	var text string
	if property := privateKeyProperty.FindSubmatch(body); property != nil && json.Unmarshal(property[1], &text) == nil && text != "" {
		return newPrivateKey(text), true
	}
	return decoded, false
}

// repairPEM returns a PEM block as it was before it became part of JSON, perhaps of JSON within JSON, or a list of its lines.
func repairPEM(block string) string {
	text := block
	for range 3 {
		if decoded, _ := pem.Decode([]byte(text)); decoded != nil {
			return text
		}
		text = unescapeJSON(text)
	}
	parts := privateKeyPEM.FindStringSubmatch(text)
	if parts == nil {
		return block
	}
	return parts[1] + notBase64.ReplaceAllString(" "+parts[2]+" ", "\n") + parts[3]
}

var jsonEscape = regexp.MustCompile(`\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt])`)

// unescapeJSON decodes the escapes of a JSON string.
func unescapeJSON(text string) string {
	return jsonEscape.ReplaceAllStringFunc(text, func(escape string) (c string) {
		if json.Unmarshal([]byte(`"`+escape+`"`), &c) != nil {
			return escape
		}
		return c
	})
}
