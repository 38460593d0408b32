package gcore_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestACreatedKeyThatEncodingJSONReadsOtherwise has responses that this package decodes and that encoding/json, which the generated
// client uses, does not decode or decodes to another key: it takes the name of a property in any case.
func TestACreatedKeyThatEncodingJSONReadsOtherwise(t *testing.T) {
	t.Parallel()
	private, body := newCreatedKey(t)
	secrets := newSecrets(private)
	for name, property := range map[string]string{
		"name of another type":          `"Name": 7`,
		"id of another type":            `"ID": 17`,
		"private key of another type":   `"Private_Key": {}`,
		"private key with Kelvin sign":  `"private_\u212aey": {}`,
		"time that does not parse":      `"Created_At": "` + canaryToken + `"`,
		"another private key":           `"PRIVATE_KEY": "other"`,
		"another id":                    `"Id": "` + anotherID + `"`,
		"deeper than encoding/json can": `"extra": ` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000),
	} {
		response := strings.TrimSuffix(body, "}") + ", " + property + "}"
		cloud := cloudThrough(t, anyURL, canned{http.StatusCreated, jsonHeader(""), []byte(response)})
		for way, create := range generatedKeyCreates {
			key, err := create(t.Context(), cloud)
			same := handedOver(key, err) == private.Reveal()
			assert.True(t, same, "%s, %s: the caller gets the private key: %T", name, way, err)
			assert.False(t, secrets.in(textsOf(err)), "%s, %s: the error shows a secret", name, way)
			if key != nil {
				assert.Equal(t, someID, key.ID, "%s, %s", name, way)
			}
		}
	}
}

// TestABaseURLWithThePathOfTheOperations must not keep creates from being recognised. Their key is where a decoder does not look.
func TestABaseURLWithThePathOfTheOperations(t *testing.T) {
	t.Parallel()
	private, body := newCreatedKey(t)
	for _, path := range []string{"", "/", "/cloud/v1/ssh_keys", "/cloud/v1/ssh_keys/proxy", "/cloud/v1/ssh_keys/1"} {
		cloud := cloudThrough(t, anyURL+path, wrapper(func(req *http.Request) (*http.Response, error) {
			if req.Method == http.MethodPost {
				assert.Equal(t, []string{"identity"}, req.Header["Accept-Encoding"], path)
				assert.True(t, req.Close, "%q: its connection is closed after it", path)
			}
			return jsonResponse(req, http.StatusCreated, `{"data": `+body+`, "id": 7}`), nil
		}))
		for way, create := range generatedKeyCreates {
			key, err := create(t.Context(), cloud)
			same := handedOver(key, err) == private.Reveal()
			assert.True(t, same, "%q, %s: the caller gets the private key: %T", path, way, err)
		}
	}
}

// TestContentTypesInAnyCase has servers that write the type of a JSON body in another case.
func TestContentTypesInAnyCase(t *testing.T) {
	t.Parallel()
	private, body := newCreatedKey(t)
	for _, contentType := range []string{"Application/JSON", "APPLICATION/JSON; CHARSET=UTF-8", "application/problem+Json"} {
		cloud := newCloud(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			if r.Method == http.MethodGet {
				_, _ = io.WriteString(w, listedKey)
				return
			}
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, body)
		})
		for way, create := range generatedKeyCreates {
			key, err := create(t.Context(), cloud)
			require.NoError(t, err, "%s, %s", contentType, way)
			same := key.PrivateKey.Reveal() == private.Reveal()
			assert.True(t, same, "%s, %s: the private key", contentType, way)
		}
		_, err := cloud.SSHKeys(1).Get(t.Context(), someID)
		require.NoError(t, err, contentType)
	}
}
