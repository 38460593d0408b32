package gcore_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/optest"
)

// TestErrorsKeepWhatIsUseful has an error response without a secret, and one with a secret in its message.
func TestErrorsKeepWhatIsUseful(t *testing.T) {
	t.Parallel()
	for _, message := range []string{"name is too long", "not valid: " + canaryToken} {
		want := gcore.ErrorResponse{
			ExceptionClass: "ValidationError", Message: message, RequestID: new("9fe4b5a2d6f04c0f8f1e0a4dcb8d8a3e"),
			InvalidFields: map[string][]string{"name": {"too long", "not ASCII"}, "public_key": {"ssh-ed25519 AAAAC3 is too short"}},
		}
		body, err := json.Marshal(want)
		require.NoError(t, err)
		for _, status := range errorStatuses[1:] { // a redirect has no body of interest
			cloud := newErrorCloud(t, canaryToken, status, string(body))
			for _, op := range optest.All() {
				_, err := op.Facade(t.Context(), cloud, op.Example)
				assertSameButMessage(t, want, errorResponseOf(err), fmt.Sprint(op.ID, status))
				resp, err := op.API(t.Context(), cloud.API(), op.Example)
				require.NoError(t, err, op.ID)
				got := decodedErrors(t, resp, status)
				require.Contains(t, got, "Body")
				for place, got := range got {
					assertSameButMessage(t, want, got, fmt.Sprint("API ", op.ID, status, place))
				}
			}
		}
	}
}

// assertSameButMessage compares what an error response says. The message may have a secret removed.
func assertSameButMessage(t *testing.T, want, got gcore.ErrorResponse, where string) {
	t.Helper()
	start, _, secret := strings.Cut(want.Message, canaryToken)
	assert.True(t, got.Message == start || secret && strings.HasPrefix(got.Message, start), "the message is another: %s", where)
	got.Message = want.Message
	assert.Equal(t, want, got, where)
}

// TestTruncatedAPIKeyInErrors has an API key of two digits before its $, as a shell leaves it if the key is not quoted.
func TestTruncatedAPIKeyInErrors(t *testing.T) {
	t.Parallel()
	const requestID = "9f12e4b5a2d6f04c0f8f1e0a4dcb8d8a"
	const body = `{"exception_class": "Unauthorized", "message": "Bad permanent token: 12", "request_id": "` + requestID + `"}`
	for _, key := range []string{"12", "12$", "12$abcdef"} {
		cloud := newErrorCloud(t, key, http.StatusUnauthorized, body)
		_, err := cloud.SSHKeys(1).Get(t.Context(), someID)
		require.ErrorIs(t, err, gcore.ErrUnauthorized)
		resp, apiErr := cloud.API().GetSSHKeyWithResponse(t.Context(), 1, someID)
		require.NoError(t, apiErr)
		got := decodedErrors(t, resp, http.StatusUnauthorized)
		require.Len(t, got, 2, "Body and JSON401")
		got["error"] = errorResponseOf(err)
		for place, got := range got {
			assert.NotContains(t, got.Message, "12", "the message shows the key %q: %s", key, place)
			assert.Contains(t, got.Message, "Bad permanent token", "key %q: %s", key, place)
			if assert.NotNil(t, got.RequestID, "key %q: %s", key, place) {
				assert.Equal(t, requestID, *got.RequestID, "key %q: %s", key, place)
			}
		}
	}
}

// TestEncodedAPIKeyInErrors has messages that hold the API key in the encodings of URLs, HTML and JSON, also twice and mixed.
func TestEncodedAPIKeyInErrors(t *testing.T) {
	t.Parallel()
	const secret = `Key|cdef|%24ab|12\$ab|token: 123` // parts of the keys
	for name, test := range map[string]struct{ key, message string }{
		"query of a URL":        {"My API Key", "token " + url.QueryEscape("My API Key") + " unknown"},
		"URL, and a stray %":    {"My API Key", "100% wrong: " + url.PathEscape("My API Key")},
		"URL, twice":            {"My API Key", "My%2520API%2520Key"},
		"JSON, a quote":         {`12$ab"cdef"gh`, `{"token": "12$ab\"cdef\"gh"}`},
		"JSON, a backslash":     {`12$ab\cdefgh`, `{"token": "12$ab\\cdefgh"}`},
		"JSON, twice":           {"1234$abcdef", `"{\"a\": \"\\u0061bcdef\"}"`},
		"HTML, twice":           {"12$ab&cdef", "12$ab&amp;amp;cdef"},
		"URL in JSON":           {"12$ab/cdef", `{"u": "12%24ab\u0025\u0032Fcdef"}`},
		"the published message": {"My API Key", "Bad permanent token: My API Key"},
		"its start, in JSON":    {"1234$abcdef", `{"error": "bad permanent token: 123"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := json.Marshal(gcore.ErrorResponse{ExceptionClass: "E", Message: test.message})
			require.NoError(t, err)
			require.Regexp(t, secret, test.message)
			cloud := newErrorCloud(t, test.key, http.StatusBadRequest, string(body))
			_, err = cloud.SSHKeys(1).Get(t.Context(), someID)
			require.ErrorIs(t, err, gcore.ErrInvalid)
			assert.NotRegexp(t, secret, err.Error())
			resp, err := cloud.API().GetSSHKeyWithResponse(t.Context(), 1, someID)
			require.NoError(t, err)
			for place, text := range textsOfResponse(t, resp) {
				assert.NotRegexp(t, secret, text, place)
			}
		})
	}
}
