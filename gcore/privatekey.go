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

// PrivateKey is the private key of an SSH key pair, as text, usually a PEM block. The zero value contains no key.
//
// It is never printed. Every fmt verb, slog, and printers that use reflection (go-spew, the diffs of testify) print [REDACTED] or
// the address of a function; encoding a PrivateKey that contains a key is an error. Only Reveal returns the text.
type PrivateKey struct {
	// A closure, not a string: printers that use reflection would show a string where they do not call methods, as in
	// unexported fields, with %p and in test diffs.
	reveal func() string
}

func newPrivateKey(text string) PrivateKey {
	if text == "" {
		return PrivateKey{}
	}
	return PrivateKey{reveal: func() string { return text }}
}

// Reveal returns the text of the private key, unchanged, or "" if there is none. Do not print or log it.
func (k PrivateKey) Reveal() string {
	if k.reveal == nil {
		return ""
	}
	return k.reveal()
}

// IsZero reports whether there is no private key, as in the response to a create with an uploaded key.
func (k PrivateKey) IsZero() bool { return k.reveal == nil }

// String returns "[REDACTED]".
func (k PrivateKey) String() string { return redacted }

// GoString returns "[REDACTED]".
func (k PrivateKey) GoString() string { return redacted }

// Format writes "[REDACTED]", whatever the verb.
func (k PrivateKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue returns "[REDACTED]" for slog.
func (k PrivateKey) LogValue() slog.Value { return slog.StringValue(redacted) }

// UnmarshalText sets k to the text of a private key. Empty text does not change k, like null in JSON, so that a key is not lost if
// the property is given twice.
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

// findPrivateKey returns the private key in the body of the response to a create. This is decoded, unless that is not a PEM block
// and the body contains one, or unless decoded is zero and the body has a property private_key: the body may not parse, or have the
// key in another place. found says that the result is not decoded.
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
	if property := privateKeyProperty.FindSubmatch(body); property != nil && json.Unmarshal(property[1], &text) == nil {
		return newPrivateKey(text), true
	}
	return decoded, false
}

// repairPEM restores a PEM block that was encoded in JSON, or in JSON within JSON, or as a list of its lines.
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
