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

// A redactor replaces what must not be written by stand-ins, and the same thing by the same stand-in throughout a walk:
// the halves of a key, its fingerprint and its id fit together in the recordings as they did on the wire. What it does
// not know it does not pass on: of headers only a few are kept, and of a text that is not expected only its shape.
type redactor struct {
	project string
	tag     string // what the names of the keys begin with that the walk makes

	standIns map[string]string // of what is known by its text, in messages too: tokens, ids, names, keys
	keys     map[string]keyPair
	ids      int
	secrets  []string // what must be in no file, whatever the rules below say
}

// The page's example of an Authorization header (published), and the start of its token.
const (
	exampleToken = "1234$abcdef"
	exampleStump = "1234"
)

// publishedName is the page's example of a name.
const publishedName = "my-ssh-key"

func newRedactor(apiKey string, project int64, tag string) *redactor {
	r := &redactor{
		project:  strconv.FormatInt(project, 10),
		tag:      tag,
		standIns: map[string]string{tag: publishedName, apiKey: exampleToken, badPublicKey: badPublicKey},
		keys:     map[string]keyPair{},
	}
	r.secret(apiKey)
	for part := range strings.SplitSeq(apiKey, "$") {
		if len(part) >= 4 {
			r.standIns[part] = exampleStump
		}
		if len(part) >= 8 { // a shorter one can be in a key or fingerprint by chance
			r.secret(part)
		}
	}
	return r
}

// secret notes a text that must be in no file.
func (r *redactor) secret(text string) {
	if !slices.Contains([]string{exampleToken, exampleStump, publishedName}, text) {
		r.secrets = append(r.secrets, text)
	}
}

// exchange returns what may be written of an exchange. about is what its stand-ins depend on that belong to it alone.
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

// pair returns the stand-in for a key pair, which it makes if the key is new.
func (r *redactor) pair(public ssh.PublicKey) keyPair {
	blob := string(public.Marshal())
	pair, known := r.keys[blob]
	if !known {
		pair = newKeyPair(len(r.keys) + 1)
		r.keys[blob] = pair
		r.standIns[ssh.FingerprintLegacyMD5(public)] = ssh.FingerprintLegacyMD5(pair.public)
		r.standIns[ssh.FingerprintSHA256(public)] = ssh.FingerprintSHA256(pair.public)
		r.secret(strings.Fields(string(ssh.MarshalAuthorizedKey(public)))[1])
	}
	return pair
}

func (r *redactor) publicKey(line string) string {
	if stand, known := r.standIns[line]; known {
		return stand
	}
	public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		return shape(line)
	}
	stand := r.pair(public).line(line)
	r.standIns[line] = stand
	return stand
}

// privateKey returns the stand-in for a private key. It is one for what cannot be parsed, too.
func (r *redactor) privateKey(text string) string {
	stand := "<private_key>"
	if signer, err := ssh.ParsePrivateKey([]byte(text)); err == nil {
		if encoded, err := r.pair(signer.PublicKey()).pem(text); err == nil {
			stand = encoded
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		// All keys of a kind begin alike.
		if len(line) >= 8 && !strings.HasPrefix(line, "-----") && !strings.Contains(stand, line) {
			r.secret(line)
		}
	}
	return stand
}

var anID = regexp.MustCompile(`(?i)^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// id returns the stand-in for an id. A UUID keeps its version and variant, which the contract looks at.
func (r *redactor) id(id string) string {
	if !anID.MatchString(id) {
		return shape(id)
	}
	stand, known := r.standIns[id]
	if !known {
		r.ids++
		stand = disguise(id, fmt.Sprintf("id %d", r.ids))
		stand = stand[:14] + id[14:15] + stand[15:19] + id[19:20] + stand[20:]
		r.standIns[id] = stand
		r.secret(id)
	}
	return stand
}

// name returns the stand-in for a key's name, or for a part of it that is looked for.
func (r *redactor) name(name string) string {
	if !strings.Contains(name, r.tag) {
		return shape(name)
	}
	return strings.ReplaceAll(name, r.tag, publishedName)
}

// What cannot be listed beforehand, but has no place in a recording: private keys, the token that a 401 quotes, ids,
// addresses, and numbers that are long enough to be somebody's.
const (
	blocks = `(?s:-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$))|(?i:bad permanent token:\s*[^"\\]+)`
	words  = `(?i:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})|[^\s@"]+@[^\s@"]+|\b[0-9]{4,}\b`
)

const badToken = "bad permanent token:"

// scrub returns a text for people with nothing in it that must not be written.
func (r *redactor) scrub(text string) string {
	known := make([]string, 0, len(r.standIns))
	for original := range r.standIns {
		known = append(known, original)
	}
	slices.SortFunc(known, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	for i := range known {
		known[i] = regexp.QuoteMeta(known[i])
	}
	// One pass, so that no stand-in is taken for something to replace. What quotes a token comes first.
	pattern := regexp.MustCompile(blocks + "|" + strings.Join(known, "|") + "|" + words + `|\b` + r.project + `\b`)
	return pattern.ReplaceAllStringFunc(text, func(found string) string {
		switch stand, known := r.standIns[found]; {
		case strings.HasPrefix(found, "-----BEGIN"):
			return "<private_key>"
		case strings.HasPrefix(strings.ToLower(found), badToken):
			return found[:len(badToken)] + " " + exampleStump
		case known:
			return stand
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
