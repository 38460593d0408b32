package gcore_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// canned is a transport that always returns the same response.
type canned struct {
	status int
	header http.Header
	body   []byte
}

func (c canned) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
	return &http.Response{StatusCode: c.status, Header: c.header, Body: io.NopCloser(bytes.NewReader(c.body)), Request: req}, nil
}

// FuzzResponses has every operation decode any response. None may panic, an error must be typed, and a create must return every
// private key that a plain JSON decoder finds.
func FuzzResponses(f *testing.F) {
	for _, body := range []string{
		pageResponse, listedKey, `{"count": 1, "results": [` + listedKey + `]}`, "", "null", "{", `{"private_key": "x"`,
		`{"exception_class": "E", "message": "m", "invalid_fields": {"name": ["r"]}}`, `{"exception_class": "E", "invalid_fields": {"a": 1}}`,
	} {
		for _, status := range []int{200, 201, 204, 302, 400, 404, 500} {
			f.Add(status, "application/json", "5", []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, status int, contentType, retryAfter string, body []byte) {
		if status < 100 || status > 999 {
			return
		}
		header := http.Header{"Content-Type": {contentType}, "Retry-After": {retryAfter}}
		transport := canned{status, header, body}
		cloud, err := gcore.NewCloud(noWaiting(gcore.Config{APIKey: canaryToken, HTTPClient: &http.Client{Transport: transport}}))
		require.NoError(t, err)
		for name, call := range operations() {
			if err := call(t.Context(), cloud); err != nil && name[0] != 'A' {
				assert.True(t, isTyped(err), "%s: %T %v", name, err, err)
			}
		}
		var plain struct {
			Key *string `json:"private_key"`
		}
		if status/100 != 2 || json.Unmarshal(body, &plain) != nil || plain.Key == nil || *plain.Key == "" || !bytes.Contains(body, []byte(`"private_key"`)) {
			return
		}
		key, err := cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "fuzz"})
		if broken, ok := errors.AsType[*gcore.ResponseError](err); ok {
			key = broken.Key
		}
		require.NotNil(t, key, "%v", err)
		assert.False(t, key.PrivateKey.IsZero())
	})
}
