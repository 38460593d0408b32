package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// A redactor replaces what must not be written, and the same text by the same replacement in all recordings: the private and
// the public key of a pair, its fingerprint and its id fit together there as they did in the responses. What it does not know
// it does not keep: only a few headers are kept, and of unexpected text only which kind of characters it has (see shape).
type redactor struct {
	project string
	tag     string // the beginning of the names of the keys that are created

	replacements map[string]string // of what is known by its text, in messages too: tokens, ids, names, keys
	keys         map[string]keyPair
	ids          int
	secrets      []string // what must be in no file, whatever the rules below say
}

// The token in Gcore's documented example of an Authorization header, and its prefix, which a 401 quotes.
const (
	exampleToken       = "1234$abcdef"
	exampleTokenPrefix = "1234"
)

// publishedName is the example of a name in Gcore's API reference.
const publishedName = "my-ssh-key"

func newRedactor(apiKey string, project int64, tag string) *redactor {
	r := &redactor{
		project:      strconv.FormatInt(project, 10),
		tag:          tag,
		replacements: map[string]string{tag: publishedName, apiKey: exampleToken, badPublicKey: badPublicKey},
		keys:         map[string]keyPair{},
	}
	r.secret(apiKey)
	for part := range strings.SplitSeq(apiKey, "$") {
		if len(part) >= 4 {
			r.replacements[part] = exampleTokenPrefix
		}
		if len(part) >= 8 { // a shorter one can be in a key or fingerprint by chance
			r.secret(part)
		}
	}
	return r
}

// secret notes a text that must be in no file.
func (r *redactor) secret(text string) {
	if !slices.Contains([]string{exampleToken, exampleTokenPrefix, publishedName}, text) {
		r.secrets = append(r.secrets, text)
	}
}

// exchange returns what may be written of an exchange. Replacements that are not used in other recordings follow from about.
func (r *redactor) exchange(e *exchange, about string) *exchange {
	r.learn(e.sent.body)
	r.learn(e.got.body)
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

// leaks says whether a secret is in a file, as the last check before it is written.
func (r *redactor) leaks(file []byte) bool {
	return slices.ContainsFunc(r.secrets, func(secret string) bool { return bytes.Contains(file, []byte(secret)) })
}

var publicKeyProperty = regexp.MustCompile(`"public_key"\s*:\s*("(?:[^"\\]|\\.)*")`)

// learn finds the keys in a body: a fingerprint can come before the key that it is of.
func (r *redactor) learn(body []byte) {
	for _, found := range publicKeyProperty.FindAllSubmatch(body, -1) {
		var line string
		if json.Unmarshal(found[1], &line) == nil {
			r.publicKey(line)
		}
	}
}

// pair returns the replacement for a key pair, which it makes if the key is new.
func (r *redactor) pair(public ssh.PublicKey) keyPair {
	blob := string(public.Marshal())
	pair, known := r.keys[blob]
	if !known {
		pair = newKeyPair(len(r.keys) + 1)
		r.keys[blob] = pair
		r.replacements[ssh.FingerprintLegacyMD5(public)] = ssh.FingerprintLegacyMD5(pair.public)
		r.replacements[ssh.FingerprintSHA256(public)] = ssh.FingerprintSHA256(pair.public)
		r.secret(strings.Fields(string(ssh.MarshalAuthorizedKey(public)))[1])
	}
	return pair
}

func (r *redactor) publicKey(line string) string {
	if replacement, known := r.replacements[line]; known {
		return replacement
	}
	public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		return shape(line)
	}
	replacement := r.pair(public).line(line)
	r.replacements[line] = replacement
	return replacement
}

// privateKey returns the replacement for a private key, also for one that does not parse.
func (r *redactor) privateKey(text string) string {
	replacement := "<private_key>"
	if signer, err := ssh.ParsePrivateKey([]byte(text)); err == nil {
		if encoded, err := r.pair(signer.PublicKey()).pem(text); err == nil {
			replacement = encoded
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		// All keys of a kind begin alike.
		if len(line) >= 8 && !strings.HasPrefix(line, "-----") && !strings.Contains(replacement, line) {
			r.secret(line)
		}
	}
	return replacement
}

var anID = regexp.MustCompile(`(?i)^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// id returns the replacement for an id. A UUID keeps its version and variant, which the contract checks.
func (r *redactor) id(id string) string {
	if !anID.MatchString(id) {
		return shape(id)
	}
	replacement, known := r.replacements[id]
	if !known {
		r.ids++
		replacement = otherDigits(id, fmt.Sprintf("id %d", r.ids))
		replacement = replacement[:14] + id[14:15] + replacement[15:19] + id[19:20] + replacement[20:]
		r.replacements[id] = replacement
		r.secret(id)
	}
	return replacement
}

// name returns the replacement for a key's name, or for a part of it that is searched for.
func (r *redactor) name(name string) string {
	if !strings.Contains(name, r.tag) {
		return shape(name)
	}
	return strings.ReplaceAll(name, r.tag, publishedName)
}

// What is not known beforehand but must not be in a recording: private keys, the token that a 401 quotes, ids, addresses, and
// numbers long enough to identify an account.
const (
	blocks = `(?s:-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$))|(?i:bad permanent token:\s*[^"\\]+)`
	words  = `(?i:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})|[^\s@"]+@[^\s@"]+|\b[0-9]{4,}\b`
)

const badToken = "bad permanent token:"

// scrub returns a text for people with nothing in it that must not be written.
func (r *redactor) scrub(text string) string {
	known := make([]string, 0, len(r.replacements))
	for original := range r.replacements {
		known = append(known, original)
	}
	slices.SortFunc(known, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	for i := range known {
		known[i] = regexp.QuoteMeta(known[i])
	}
	// One pass, so that no replacement is replaced itself. What quotes a token comes first.
	pattern := regexp.MustCompile(blocks + "|" + strings.Join(known, "|") + "|" + words + `|\b` + r.project + `\b`)
	return pattern.ReplaceAllStringFunc(text, func(found string) string {
		switch replacement, known := r.replacements[found]; {
		case strings.HasPrefix(found, "-----BEGIN"):
			return "<private_key>"
		case strings.HasPrefix(strings.ToLower(found), badToken):
			return found[:len(badToken)] + " " + exampleTokenPrefix
		case known:
			return replacement
		case found == r.project:
			return "1"
		case anID.MatchString(found):
			return r.id(found)
		}
		return shape(found)
	})
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

// body redacts JSON, whose layout and order it keeps but for white space. Of another body nothing is written.
func (r *redactor) body(data []byte, about string) []byte {
	if len(data) == 0 {
		return nil
	}
	if !json.Valid(data) {
		return []byte("<a body that is not JSON>")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var b bytes.Buffer
	j := jsonRedactor{redactor: r, in: d, out: &b, about: about}
	j.value(nil)
	return b.Bytes()
}

// created is an RFC 3339 time, or nearly one: if Gcore writes another, a recording should show it.
func created(text string) string {
	if _, err := time.Parse(time.RFC3339, text); err == nil || strings.Trim(text, "0123456789-+:.TZ ") == "" {
		return text
	}
	return shape(text)
}
