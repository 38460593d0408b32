package contract_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

// FuzzCheckRequest checks requests of any kind. Each is left as it was, gets the same verdict twice,
// and is refused if kin-openapi's own check of whole requests refuses it.
func FuzzCheckRequest(f *testing.F) {
	f.Add("POST", onePath, "apikey 1234$abcdef", "application/json", []byte(uploadBody))
	f.Add("GET", onePath+"?limit=1&offset=2&name=a%20b&order_by=name.asc", "APIKEY a", "", []byte{})
	f.Add("PATCH", keyPath, "Bearer a", "application/json; charset=utf-8", []byte(`{"shared_in_project":true}`))
	f.Add("DELETE", keyPath+"?a;b=%zz", "", "text/plain", []byte(`[{"a":1e400,"\ud800":-0.0}]`))
	f.Add("PUT", "/cloud//v1/ssh_keys/%2f", "apikey  ", "a/b; c", []byte("\xff"))
	filter := newFilter(f)
	f.Fuzz(func(t *testing.T, method, target, auth, contentType string, body []byte) {
		u, err := url.Parse("http://localhost" + target)
		if err != nil {
			t.Skip("the input is not a request")
		}
		build := func() *http.Request {
			copied := *u
			r := (&http.Request{Method: method, URL: &copied, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body))}).WithContext(t.Context())
			r.Header["Authorization"] = []string{auth}
			r.Header["Content-Type"] = []string{contentType}
			return r
		}
		r := build()
		verdict := validator.CheckRequest(r)
		assertSane(t, verdict)
		assert.Equal(t, u, r.URL)
		again := validator.CheckRequest(r)
		assert.Equal(t, verdict, again)
		assertHolds(t, r.Body, body)
		if refused := filter.checkRequest(build()); refused != nil {
			assert.Error(t, verdict, "kin-openapi refuses this")
		}
	})
}

// FuzzCheckResponse does the same for responses, and compares how JSON is read with encoding/json.
func FuzzCheckResponse(f *testing.F) {
	f.Add("POST", onePath, 201, "application/json", "", []byte(createdBody))
	f.Add("GET", onePath, 200, "application/json", "", []byte(listBody(2)))
	f.Add("GET", keyPath, 200, "application/json;charset=utf-8", "", []byte(keyBody))
	f.Add("DELETE", keyPath, 204, "", "", []byte{})
	f.Add("GET", keyPath, 429, "application/json", "5", []byte(errorBody))
	f.Add("GET", keyPath, 302, "text/html", "x", []byte(" [ {\"a\" : 1.00000000000000000000001 , \"a\":\"\\u00e9\\\"\\\\\" } , [ ] , {}, true,false,null,-0e-0]"))
	filter := newFilter(f)
	f.Fuzz(func(t *testing.T, method, target string, status int, contentType, retryAfter string, body []byte) {
		u, err := url.Parse("http://localhost" + target)
		if err != nil {
			t.Skip("the input is not a request")
		}
		r := (&http.Request{Method: method, URL: u}).WithContext(t.Context())
		build := func() *http.Response {
			return &http.Response{StatusCode: status, Body: io.NopCloser(bytes.NewReader(body)),
				Header: http.Header{"Content-Type": {contentType}, "Retry-After": {retryAfter}}}
		}
		resp := build()
		verdict := validator.CheckResponse(r, resp)
		assertSane(t, verdict)
		again := validator.CheckResponse(r, resp)
		assert.Equal(t, verdict, again)
		assertHolds(t, resp.Body, body)
		if refused := filter.checkResponse(r, build()); refused != nil {
			assert.Error(t, verdict, "kin-openapi refuses this")
		}
		if utf8.Valid(body) && json.Valid(body) {
			decoder := json.NewDecoder(bytes.NewReader(body))
			decoder.UseNumber()
			var want any
			require.NoError(t, decoder.Decode(&want))
			assert.Equal(t, numbers(want), contract.Decode(body))
		}
	})
}

// assertSane checks that err is nil or Violations with all that a violation needs, and that their
// pointers hold no name but those of openapi.yaml.
func assertSane(t *testing.T, err error) {
	if err == nil {
		return
	}
	found, _ := errors.AsType[contract.Violations](err)
	if len(found) == 0 {
		t.Fatalf("no violations: %#v", err)
	}
	for _, v := range found {
		assert.Contains(t, []string{"path", "query", "header", "body", "status"}, v.Part)
		assert.NotEmpty(t, v.Rule)
		assert.NotEmpty(t, v.Reason)
		for name := range strings.SplitSeq(v.Pointer, "/") {
			index := strings.Trim(name, "0123456789") == ""
			header := slices.Contains([]string{"Content-Type", "Content-Encoding"}, name)
			assert.True(t, index || header || name == "*" || strings.Contains(openAPI, name), v.Pointer)
		}
	}
}

func assertHolds(t *testing.T, body io.Reader, want []byte) {
	got, err := io.ReadAll(body)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(want, got), "the body is another one now")
}

// numbers exchanges each json.Number in a value for the number that is checked.
func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		return contract.Number(v.String())
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = numbers(v[name])
		}
	}
	return v
}
