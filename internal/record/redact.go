package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/canary"
)

// A redactor replaces what must not be written, and the same text by the same replacement in all recordings: the private and
// the public key of a pair, its fingerprint and its id fit together there as they did in the responses. What it does not know
// it does not keep: only a few headers are kept, and of unexpected text only which kind of characters it has (see shape).
type redactor struct {
	project string
	tag     string // the beginning of the names of the keys that are created

	replacements map[string]string // of ids, public keys and fingerprints
	pairs        map[string]keyPair
	ids          int
	secrets      []string // what must be in no file, whatever the rules below say, with its forms in base64
}

// The token in Gcore's documented example of an Authorization header, and its prefix, which a 401 quotes.
const (
	exampleToken       = "1234$abcdef"
	exampleTokenPrefix = "1234"
)

// publishedName is the example of a name in Gcore's API reference.
const publishedName = "my-ssh-key"

// minSecret is the length from which a text must be in no file. A shorter one can be in a key or fingerprint by chance.
const minSecret = 8

func newRedactor(apiKey string, project int64, tag string) *redactor {
	r := &redactor{
		project:      strconv.FormatInt(project, 10),
		tag:          tag,
		replacements: map[string]string{badPublicKey: badPublicKey},
		pairs:        map[string]keyPair{},
	}
	for _, part := range append(strings.Split(apiKey, "$"), apiKey) {
		r.secret(part)
	}
	return r
}

// secret notes a text that must be in no file.
func (r *redactor) secret(text string) {
	if len(text) >= minSecret && text != exampleToken && text != publishedName {
		r.secrets = append(r.secrets, unescaped(text))
		r.secrets = append(r.secrets, canary.Base64(text)...)
	}
}

// leaks says whether a secret is in a file, as the last check before it is written.
func (r *redactor) leaks(file []byte) bool {
	text := unescaped(string(file))
	return slices.ContainsFunc(r.secrets, func(secret string) bool { return strings.Contains(text, secret) })
}

// unescaped is a text without the backslashes that JSON, also within JSON, puts into it.
func unescaped(text string) string { return strings.ReplaceAll(text, `\`, "") }

// exchange returns what may be written of an exchange. Replacements that are not used in other recordings follow from about.
func (r *redactor) exchange(e *exchange, about string) *exchange {
	for _, cookie := range (&http.Response{Header: e.got.header}).Cookies() {
		r.secret(cookie.Value)
	}
	return &exchange{
		method: e.method,
		url:    r.url(e.url),
		sent: message{
			header: r.header(e.sent.header, "Accept", "Content-Type", "User-Agent", "Authorization"),
			body:   r.body(e.sent.body, about),
		},
		status: e.status,
		got: message{
			header: r.header(e.got.header, "Allow", "Content-Encoding", "Content-Type", "Retry-After"),
			body:   r.body(e.got.body, about),
		},
		started: e.started,
	}
}

// url is at Gcore's address, whatever the server's was.
func (r *redactor) url(u *url.URL) *url.URL {
	segments := strings.Split(u.Path, "/")
	for i, segment := range segments {
		switch {
		case segment == r.project:
			segments[i] = "1"
		case anID.MatchString(segment):
			segments[i] = r.id(segment)
		}
	}
	query := u.Query()
	for i, name := range query["name"] {
		query["name"][i] = r.name(name)
	}
	return &url.URL{Scheme: "https", Host: "api.gcore.com", Path: strings.Join(segments, "/"), RawQuery: query.Encode()}
}

// header keeps the named headers.
func (r *redactor) header(h http.Header, names ...string) http.Header {
	kept := http.Header{}
	for _, name := range names {
		for _, value := range h.Values(name) {
			if name == "Authorization" {
				word, _, _ := strings.Cut(value, " ")
				value = word + " " + exampleToken
			}
			kept.Add(name, value)
		}
	}
	return kept
}

// body redacts JSON, and sorts its names. Of another body nothing is written.
func (r *redactor) body(data []byte, about string) []byte {
	if len(data) == 0 {
		return nil
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if !json.Valid(data) || decoder.Decode(&value) != nil {
		return []byte("<a body that is not JSON>")
	}
	return bytes.TrimSpace(encode(r.value(value, "", "", about), ""))
}

// value redacts a JSON value by the property that it is in, which is below the property first of the body.
func (r *redactor) value(value any, first, property, about string) any {
	switch v := value.(type) {
	case map[string]any:
		clean := map[string]any{}
		for _, name := range slices.Backward(slices.Sorted(maps.Keys(v))) { // a public key comes before its fingerprint
			clean[word(name)] = r.value(v[name], cmp.Or(first, name), name, about)
		}
		return clean
	case []any:
		for i := range v {
			v[i] = r.value(v[i], first, property, about)
		}
	case string:
		return r.text(v, first, property, about)
	case json.Number:
		switch {
		case property == "count" && first == property:
			return v
		case property != "project_id":
			return json.Number("0")
		case v.String() == r.project:
			return json.Number("1")
		}
		return json.Number("2") // somebody else's
	}
	return value
}

var (
	aTime = regexp.MustCompile(`^[0-9:.TZ +-]{1,40}$`) // RFC 3339, or nearly: if Gcore writes another, a recording should show it
	aWord = regexp.MustCompile(`^[A-Za-z_]{1,64}$`)
	anID  = regexp.MustCompile(`(?i)^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
)

func (r *redactor) text(text, first, property, about string) string {
	switch {
	case first == "info":
		return shape(text)
	case first == "invalid_fields", property == "message":
		return r.scrub(text)
	}
	switch property {
	case "id":
		return r.id(text)
	case "name":
		return r.name(text)
	case "public_key":
		return r.publicKey(text)
	case "private_key":
		return r.privateKey(text)
	case "fingerprint":
		return cmp.Or(r.replacements[text], otherDigits(text, "fingerprint "+about))
	case "request_id":
		return otherDigits(text, "request "+about)
	case "created_at":
		if aTime.MatchString(text) {
			return text
		}
	case "state", "exception_class":
		return word(text)
	}
	return shape(text)
}

// word keeps a state, the class of an error or the name of a property.
func word(text string) string {
	if aWord.MatchString(text) {
		return text
	}
	return shape(text)
}

var (
	badToken  = regexp.MustCompile(`(?is)(bad permanent token:\s*).+`)                                                      // which a 401 quotes
	sensitive = regexp.MustCompile(`[^\s@"]+@[^\s@"]+|[A-Za-z0-9+/=_-]{32,}|(?:[0-9a-f]{2}:){7,}[0-9a-f]{2}|\b[0-9]{4,}\b`) // addresses, ids, keys, fingerprints, accounts
)

// scrub keeps a text for people, but the form only of what is known or looks like something that must not be written.
func (r *redactor) scrub(text string) string {
	if strings.Contains(text, "PRIVATE KEY") {
		return "<private_key>"
	}
	for _, secret := range r.secrets {
		text = strings.ReplaceAll(text, secret, shape(secret))
	}
	return badToken.ReplaceAllString(sensitive.ReplaceAllStringFunc(text, shape), "${1}"+exampleTokenPrefix)
}

// shape replaces letters by a and digits by 0, so that only the form of the text remains.
func shape(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsDigit(r):
			return '0'
		case unicode.IsLetter(r):
			return 'a'
		}
		return r
	}, text)
}
