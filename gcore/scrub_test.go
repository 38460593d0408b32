package gcore_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// TestPartsOfAnAPIKeyAreScrubbedFromFourCharacters has an error response that quotes both parts of a key.
func TestPartsOfAnAPIKeyAreScrubbedFromFourCharacters(t *testing.T) {
	t.Parallel()
	body := []byte(`{"exception_class": "E", "message": "1234 and 567"}`)
	cloud := cloudThrough(t, anyURL, canned{http.StatusForbidden, jsonHeader(""), body}, func(c *gcore.Config) { c.APIKey = "1234$567" })
	_, err := cloud.SSHKeys(1).Get(t.Context(), someID)
	require.ErrorContains(t, err, "[REDACTED] and 567")
}

// TestHeadersOfResponses holds which headers a caller of API() sees.
func TestHeadersOfResponses(t *testing.T) {
	t.Parallel()
	header := http.Header{"Content-Type": {"application/json"}, "Date": {"d"}, "Retry-After": {"1"}, "X-Request-Id": {"r"}}
	isError := slices.Sorted(maps.Keys(header))
	for i := range 9 { // so that one of them is likely to come before those to keep
		header.Set(fmt.Sprint("X-Other-", i), "o")
	}
	isSuccess := slices.Sorted(maps.Keys(header))
	header.Set("X-Canarytoken", "a transport changes the case of a name")
	for status, want := range map[int][]string{http.StatusOK: isSuccess, http.StatusBadRequest: append([]string{"Content-Length"}, isError...)} {
		cloud := cloudThrough(t, anyURL, canned{status, header, []byte(`{"count": 0, "results": []}`)})
		resp, err := cloud.API().ListSSHKeysWithResponse(t.Context(), 1, nil)
		require.NoError(t, err)
		assert.Equal(t, want, slices.Sorted(maps.Keys(resp.HTTPResponse.Header)), status)
	}
}

// TestAPrivateKeyPropertyOfAnErrorIsScrubbed has private keys that do not look like one.
func TestAPrivateKeyPropertyOfAnErrorIsScrubbed(t *testing.T) {
	t.Parallel()
	body := []byte(`{"exception_class": "E", "message": "m", "info": {"private_key": "opaque", "Private_Key": 7, "PRIVATE_KEY": null, "key": "k"}}`)
	resp, err := cloudThrough(t, anyURL, canned{http.StatusForbidden, jsonHeader(""), body}).API().ListSSHKeysWithResponse(t.Context(), 1, nil)
	require.NoError(t, err)
	var got struct{ Info map[string]any }
	require.NoError(t, json.Unmarshal(resp.Body, &got))
	assert.Equal(t, map[string]any{"private_key": "[REDACTED]", "Private_Key": "[REDACTED]", "PRIVATE_KEY": nil, "key": "k"}, got.Info)
}

// TestSecretsThatComeLaterAreScrubbed has a line of a private key behind a public key, and a part of the API key in a fraction.
func TestSecretsThatComeLaterAreScrubbed(t *testing.T) {
	t.Parallel()
	const line = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW"
	for _, body := range []string{
		fmt.Sprintf(`{"exception_class": "E", "message": %q}`, uploadedKey+" and "+line),
		`{"exception_class": "E", "message": "m", "info": {"n": 0.1234}}`,
	} {
		cloud := cloudThrough(t, anyURL, canned{http.StatusForbidden, jsonHeader(""), []byte(body)}, func(c *gcore.Config) { c.APIKey = "1234$567" })
		resp, err := cloud.API().ListSSHKeysWithResponse(t.Context(), 1, nil)
		require.NoError(t, err)
		assert.NotContains(t, string(resp.Body), line)
		assert.NotContains(t, string(resp.Body), "1234")
	}
}
