package contract_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

const (
	keyID       = "36a7a97a-0672-4911-8f2b-92cd4e5b0d91"
	onePath     = "/cloud/v1/ssh_keys/1"
	keyPath     = onePath + "/" + keyID
	publicKey   = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMzSiHhVTBaHerNPgRLHm+tQhvTtnOsZQEfgHMPmCxFZ"
	uploadBody  = `{"name":"my-ssh-key","public_key":"` + publicKey + `","shared_in_project":false}`
	keyFields   = `"created_at":"2025-06-16T17:05:50Z","fingerprint":"11:b6:c5:77:48:14:82:9c:85:6b:80:46:b0:c8:7f:10","id":"` + keyID + `","name":"my-ssh-key","project_id":1,"public_key":"` + publicKey + `","shared_in_project":true,"state":"ACTIVE"`
	createdBody = `{` + keyFields + `,"private_key":"<private_key>"}`
	keyBody     = `{` + keyFields + `}`
	errorBody   = `{"exception_class":"ValidationError","message":"Request validation failed"}`
)

// validator is shared by all tests, as it is meant to be.
var validator = func() *contract.Validator {
	v, err := contract.New()
	if err != nil {
		panic(err)
	}
	return v
}()

// request returns a request that is right but for what the arguments make of it.
func request(t testing.TB, method, target, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:8080"+target, nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "apikey 1234$abcdef")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	}
	return r
}

// response returns a response with a JSON body, or with none.
func response(status int, body string) *http.Response {
	resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody}
	if body != "" {
		resp.Header.Set("Content-Type", "application/json")
		resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	}
	return resp
}

// listBody returns a page of n keys.
func listBody(n int) string {
	page, _ := json.Marshal(map[string]any{"count": n, "results": make([]json.RawMessage, n)})
	return strings.ReplaceAll(string(page), "null", keyBody)
}

// broken returns what err says is broken, one violation a line; nil if err is nil.
func broken(t testing.TB, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var found contract.Violations
	require.ErrorAs(t, err, &found)
	var lines []string
	for _, v := range found {
		lines = append(lines, v.Error())
	}
	return lines
}
