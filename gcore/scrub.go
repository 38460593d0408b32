package gcore

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A scrubber removes secrets from a server's text: the whole API key, the parts before and after its $, and private keys. They are
// in a closure, which reflection cannot read, as in PrivateKey.
type scrubber struct{ secrets func() []string }

var (
	// badToken matches the documented 401 message that quotes the token, or the prefix of a token that a shell cut off at its $.
	badToken = regexp.MustCompile(`(?is)(bad permanent token:\s*).+`)

	urlEscape  = regexp.MustCompile(`%[0-9a-fA-F]{2}`)
	longBase64 = regexp.MustCompile(`[A-Za-z0-9+/]{60,}`)
)

// minSecret is the length from which a part of an API key is removed wherever it occurs. Shorter parts also occur in unrelated
// words and request ids.
const minSecret = 4

func newScrubber(apiKey string) scrubber {
	var secrets []string
	for _, part := range append([]string{apiKey}, strings.Split(apiKey, "$")...) { // the whole first
		if len(part) >= minSecret {
			secrets = append(secrets, part, strings.ReplaceAll(part, " ", "+")) // the latter as in a URL's query
		}
	}
	return scrubber{secrets: func() []string { return secrets }}
}

// plain returns text without the secrets that it contains unencoded.
func (s scrubber) plain(text string) string {
	if strings.Contains(text, ":") { // first, while its words are whole
		text = badToken.ReplaceAllString(text, "${1}"+redacted)
	}
	for _, secret := range s.secrets() {
		text = strings.ReplaceAll(text, secret, redacted)
	}
	return text
}

// scrub returns text without secrets. If text contains an encoded secret, such as in a URL, HTML, or JSON within JSON, or a private
// key, all of it is replaced.
func (s scrubber) scrub(text string) string {
	for encoded, round := text, 0; round < 4; round++ {
		if holdsPrivateKey(encoded) || round > 0 && s.plain(encoded) != encoded {
			return redacted
		}
		decoded := html.UnescapeString(unescapeURL(unescapeJSON(encoded)))
		if decoded == encoded {
			break
		}
		encoded = decoded
	}
	return s.plain(text)
}

// unescapeURL decodes URL escapes, and leaves any other % unchanged.
func unescapeURL(text string) string {
	return urlEscape.ReplaceAllStringFunc(text, func(escape string) string {
		decoded, _ := url.PathUnescape(escape)
		return decoded
	})
}

// holdsPrivateKey reports whether text contains a PEM private key, even if its lines are not adjacent, or one line of it. The long
// base64 text of a public key is told apart by its beginning, AAAA, which encodes the length of a name.
func holdsPrivateKey(text string) bool {
	letters := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r == '-' {
			return r
		}
		return -1
	}, text)
	return strings.Contains(letters, "PRIVATEKEY--") || slices.ContainsFunc(longBase64.FindAllString(text, -1), func(run string) bool {
		return !strings.HasPrefix(run, "AAAA")
	})
}

// headers removes secrets from the headers of a response, and from an error response all headers but errorHeaders.
func (s scrubber) headers(resp *http.Response) {
	clean := http.Header{} // a transport may use its own for other responses
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
