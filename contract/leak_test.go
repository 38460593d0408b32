package contract_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
	canaries "github.com/gcore-sshkeys/gcore-sshkeys-go/internal/canary"
)

// canary stands for a secret. It is in every value that is sent, and in every name that the contract
// does not have, and must be in no error.
const (
	canary = "cAnArY-1b7f"
	number = canaries.Number // a canary too
)

// A witness looks for the canary in errors, and remembers which rules they were about.
type witness struct {
	t     *testing.T
	rules map[string]bool
}

func (w *witness) see(err error) {
	if err == nil {
		return
	}
	var found contract.Violations
	require.ErrorAs(w.t, err, &found)
	texts := []string{fmt.Sprintf("%v %+v %#v %q", err, err, err, err)}
	for _, v := range found {
		w.rules[v.Rule] = true
		texts = append(texts, fmt.Sprintf("%v %+v %#v", v, *v, *v))
	}
	for _, text := range texts {
		if canaries.In(text) {
			w.t.Fatalf("the canary is in: %s", text)
		}
	}
}

// spoilt are the values that a canary takes the shape of.
var spoilt = []string{
	`"` + canary + `"`, `["` + canary + `"]`, `{"` + canary + `":"` + canary + `"}`, `{"` + canary + `":1,"` + canary + `":1}`,
	number, `-` + number + `.5`, number + `e999`, number + number, `true`, `null`, `""`, `"` + strings.Repeat(canary, 300) + `"`,
}

// spoil returns a JSON text with each of its values in turn exchanged for each of the spoilt ones,
// each of its objects without each of its names, with one of them twice, and with unknown ones.
func spoil(text json.RawMessage) []string {
	bad := slices.Clone(spoilt)
	encode := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return string(b)
	}
	switch text[0] {
	case '[':
		var items []json.RawMessage
		_ = json.Unmarshal(text, &items)
		for i, item := range items {
			for _, s := range spoil(item) {
				items[i] = json.RawMessage(s)
				bad = append(bad, encode(items))
			}
			items[i] = item
		}
	case '{':
		var members map[string]json.RawMessage
		_ = json.Unmarshal(text, &members)
		add := func(more string) {
			if len(members) > 0 {
				more += ","
			}
			bad = append(bad, "{"+more+string(text[1:]))
		}
		for name, member := range members {
			for _, s := range spoil(member) {
				members[name] = json.RawMessage(s)
				bad = append(bad, encode(members))
			}
			delete(members, name)
			bad = append(bad, encode(members))
			members[name] = member
			add(`"` + name + `":"` + canary + `"`)
		}
		unknown := `"` + canary + `":"` + canary + `"`
		add(unknown)
		add(unknown + "," + unknown)
	}
	return bad
}

// garble returns a text cut off at many places, and with what is no JSON at those places.
func garble(text string) []string {
	var bad []string
	for i := 0; i < len(text); i += 5 {
		bad = append(bad, text[:i], text[:i]+canary+text[i:], text[:i]+"\xff"+canary)
	}
	return bad
}

// planted fills the values of a message with canaries where the contract allows any text.
func planted(body string) string {
	for _, value := range []string{"my-ssh-key", publicKey, "11:b6:c5:77:48:14:82:9c:85:6b:80:46:b0:c8:7f:10", "<private_key>", "Request validation failed", "ValidationError"} {
		body = strings.ReplaceAll(body, `"`+value+`"`, `"`+canary+`"`)
	}
	return body
}

func TestNoErrorHoldsWhatWasSent(t *testing.T) {
	t.Parallel()
	w := &witness{t: t, rules: map[string]bool{}}
	messages := 0
	for _, c := range []struct{ method, target, sent string }{
		{"POST", onePath, planted(uploadBody)},
		{"PATCH", keyPath, `{"shared_in_project":true}`},
		{"GET", keyPath, ""},
	} {
		bodies := []string{canary}
		if c.sent != "" {
			bodies = slices.Concat(spoil(json.RawMessage(c.sent)), garble(c.sent))
		}
		for _, body := range bodies {
			messages++
			w.see(validator.CheckRequest(request(t, c.method, c.target, body)))
		}
	}
	details := `{"exception_class":"ValidationError","message":"ValidationError","request_id":"ValidationError","info":{},"invalid_fields":{"` + canary + `":["` + canary + `"]}}`
	for _, c := range []struct {
		method, target string
		status         int
		body           string
	}{
		{"POST", onePath, 201, planted(createdBody)},
		{"GET", onePath, 200, planted(listBody(2))},
		{"GET", keyPath, 200, planted(keyBody)},
		{"PATCH", keyPath, 200, planted(keyBody)},
		{"GET", keyPath, 429, planted(details)},
	} {
		r := request(t, c.method, c.target, "")
		require.NoError(t, validator.CheckResponse(r, response(c.status, c.body)))
		for _, body := range slices.Concat(spoil(json.RawMessage(c.body)), garble(c.body)) {
			messages++
			w.see(validator.CheckResponse(r, response(c.status, body)))
		}
	}
	for _, status := range []int{204, 302, 599} {
		resp := response(status, planted(createdBody))
		resp.Header.Set("Location", "https://example.com/"+canary)
		w.see(validator.CheckResponse(request(t, "DELETE", keyPath, ""), resp))
	}
	for _, target := range []string{
		"/" + canary, "/cloud/v1/ssh_keys/" + canary, onePath + "/" + canary, onePath + "/" + canary + "/" + canary,
		onePath + "?" + canary, onePath + "?" + canary + "=" + canary, onePath + "?limit=" + canary, onePath + "?limit=" + number,
		onePath + "?offset=-" + number, onePath + "?order_by=" + canary, onePath + "?limit=1&limit=" + canary, onePath + "?name=" + canary + ";%zz",
	} {
		r := request(t, "GET", "/", "")
		r.URL, _ = url.Parse("http://" + canary + target)
		w.see(validator.CheckRequest(r))
		w.see(validator.CheckResponse(r, response(200, "{}")))
	}
	for header, values := range map[string][]string{
		"Authorization":    {canary, "Bearer " + canary, "apikey " + canary + " " + canary, "apikey " + canary + "\xff"},
		"Content-Type":     {canary, "text/" + canary, "application/json; " + canary},
		"Content-Encoding": {canary},
	} {
		for _, value := range values {
			r := request(t, "POST", onePath, uploadBody)
			r.Header.Set(header, value)
			w.see(validator.CheckRequest(r))
			r.Header.Add(header, value)
			w.see(validator.CheckRequest(r))
			resp := response(201, createdBody)
			resp.Header.Set(header, value)
			w.see(validator.CheckResponse(r, resp))
		}
	}
	r := request(t, canary, onePath, "")
	w.see(validator.CheckRequest(r))
	r = request(t, "POST", onePath, uploadBody)
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(canary), iotest.ErrReader(errors.New(canary))))
	w.see(validator.CheckRequest(r))
	r.Body = io.NopCloser(strings.NewReader(strings.Repeat(canary, contract.MaxBody/len(canary)+1)))
	w.see(validator.CheckRequest(r))

	t.Logf("%d bodies, rules broken: %v", messages, slices.Sorted(maps.Keys(w.rules)))
	assert.ElementsMatch(t, []string{
		"path", "method", "security", "unknownParameter", "repeatedParameter", "encoding",
		"contentType", "contentEncoding", "json", "duplicateName", "noBody", "maxBody", "read", "status",
		"type", "nullable", "required", "enum", "format", "minLength", "maxLength", "minimum", "maximum", "additionalProperties",
	}, slices.Collect(maps.Keys(w.rules)), "each rule that the document has is broken, and no other")
}

func TestNoResponseOfTheHandlerHoldsWhatWasSent(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 201, 302} {
		for _, sent := range []string{uploadBody, `{"name":["` + canary + `"],"` + canary + `":1,"` + canary + `":2}`} {
			for _, target := range []string{onePath, onePath + "?" + canary, "/" + canary} {
				_, body, err := serve(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(status)
					_, _ = io.WriteString(w, strings.Replace(planted(createdBody), "ACTIVE", canary, 1))
				}, request(t, "POST", target, sent))
				require.NoError(t, err)
				assert.NotContains(t, body, canary)
				assert.Contains(t, body, "exception_class")
			}
		}
	}
}
