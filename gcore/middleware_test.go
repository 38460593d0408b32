package gcore_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/optest"
)

// TestATransportMayChangeItsRequest has a RoundTripper that changes the request it gets, such as one that sends through a gateway.
func TestATransportMayChangeItsRequest(t *testing.T) {
	t.Parallel()
	const secretPath = "/gateway-" + canaryToken
	private, body := newCreatedKey(t)
	for _, status := range []int{http.StatusCreated, http.StatusNotFound, http.StatusServiceUnavailable} {
		cloud := cloudThrough(t, anyURL, wrapper(func(req *http.Request) (*http.Response, error) {
			path := req.URL.Path
			assert.True(t, strings.HasPrefix(path, "/cloud/v1/ssh_keys/1"), "each attempt has the right URL: %s", path)
			assert.Empty(t, req.Header["X-Gateway"], "each attempt has the right header")
			req.URL.Path = secretPath + path
			req.Header.Set("X-Gateway", "1")
			return jsonResponse(req, status, `{"data": `+body+`, "id": 7}`), nil
		}))
		for operation, call := range operations() {
			assertNoCanary(t, operation, textsOf(call(t.Context(), cloud)))
		}
		if status != http.StatusCreated {
			continue
		}
		for way, create := range generatedKeyCreates {
			key, err := create(t.Context(), cloud)
			same := handedOver(key, err) == private.Reveal()
			assert.True(t, same, "%s: the caller gets the private key: %T", way, err)
		}
	}
}

// TestTheHeaderOfATransportIsNotChanged has a transport that uses one header map for all its responses.
func TestTheHeaderOfATransportIsNotChanged(t *testing.T) {
	t.Parallel()
	_, body := newCreatedKey(t)
	for status, body := range map[int]string{
		http.StatusOK: listedKey, http.StatusCreated: body, http.StatusNotFound: `{"exception_class": "E", "message": "m"}`,
	} {
		header := http.Header{"Content-Type": {"Application/Json"}, "X-Other": {"apikey " + canaryToken}}
		before := header.Clone()
		cloud := cloudThrough(t, anyURL, canned{status, header, []byte(body)})
		for _, op := range optest.All() {
			_, _ = op.API(t.Context(), cloud.API(), op.Example)
			require.Equal(t, before, header, "%s, status %d", op.ID, status)
		}
	}
}

// TestATransportMayCallTheAPI has a RoundTripper that uses a client of this package, with the context of the request that it sends.
func TestATransportMayCallTheAPI(t *testing.T) {
	t.Parallel()
	inner := keysOver(t, canned{http.StatusOK, jsonHeader(""), []byte(listedKey)})
	var posts atomic.Int64
	cloud := cloudThrough(t, anyURL, wrapper(func(req *http.Request) (*http.Response, error) {
		posts.Add(1)
		_, err := inner.Get(req.Context(), someID)
		assert.NoError(t, err)
		return jsonResponse(req, http.StatusTooManyRequests, ""), nil
	}))
	for kind, publicKey := range map[string]*string{"generated": nil, "uploaded": new(uploadedKey)} {
		posts.Store(0)
		_, err := cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "nested", PublicKey: publicKey})
		require.ErrorIs(t, err, gcore.ErrRateLimited, kind)
		_, unknown := errors.AsType[*gcore.UnknownOutcomeError](err)
		assert.False(t, unknown, "%s: a 429 is definite", kind)
		assert.EqualValues(t, 4, posts.Load(), "%s: POSTs", kind)
	}
}

// TestARequestEditorMayRemoveParts has callers of API() that take the header or the URL out of a request. Nothing may panic.
func TestARequestEditorMayRemoveParts(t *testing.T) {
	t.Parallel()
	_, body := newCreatedKey(t)
	cloud := cloudThrough(t, anyURL, canned{http.StatusCreated, jsonHeader(""), []byte(body)})
	noHeader := func(_ context.Context, req *http.Request) error {
		req.Header = nil
		return nil
	}
	noURL := func(_ context.Context, req *http.Request) error {
		req.URL = nil
		return nil
	}
	request := gcore.CreateSSHKeyRequest{Name: "generated"}
	_, err := cloud.API().CreateSSHKeyWithResponse(t.Context(), 1, request, noHeader)
	require.NoError(t, err)
	_, err = cloud.API().GetSSHKeyWithResponse(t.Context(), 1, someID, noHeader)
	require.NoError(t, err)
	_, err = cloud.API().CreateSSHKeyWithResponse(t.Context(), 1, request, noURL)
	require.ErrorContains(t, err, "no URL")
	_, err = cloud.API().GetSSHKeyWithResponse(t.Context(), 1, someID, noURL)
	require.ErrorContains(t, err, "no URL")
}

// TestTheBodyOfARequestIsClosed has a body that a caller gives as a stream. It is closed, as by an http.Client, also if the request
// is not sent.
func TestTheBodyOfARequestIsClosed(t *testing.T) {
	t.Parallel()
	cloud := cloudThrough(t, anyURL, canned{http.StatusOK, jsonHeader(""), []byte(listedKey)})
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, ctx := range map[string]context.Context{"sent": t.Context(), "not sent": cancelled} {
		var closed atomic.Bool
		body := io.Reader(responseBody{Reader: strings.NewReader(`{"shared_in_project": true}`), closed: &closed})
		_, err := cloud.API().UpdateSSHKeyWithBodyWithResponse(ctx, 1, someID, "application/json", body)
		require.ErrorIs(t, err, ctx.Err(), name)
		assert.True(t, closed.Load(), name)
	}
}
