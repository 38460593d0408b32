package gcore_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// TestAnInvalidCreateResponseKeepsItsPrivateKey has responses with a complete private key that are invalid in every other way.
func TestAnInvalidCreateResponseKeepsItsPrivateKey(t *testing.T) {
	t.Parallel()
	const isJSON = "application/json"
	untilKey, _, _ := strings.Cut(pageResponse, `"project_id"`)
	responses := map[string]testResponse{
		"200":                  {200, isJSON, pageResponse},
		"202":                  {202, isJSON, pageResponse},
		"no content type":      {201, "", pageResponse},
		"HTML content type":    {201, "text/html", pageResponse},
		"truncated after it":   {201, isJSON, untilKey},
		"truncated right then": {201, isJSON, pageResponse[:strings.Index(pageResponse, `<private_key>"`)+len(`<private_key>"`)]},
		"garbage before it":    {201, isJSON, ")]}'\n" + pageResponse},
		"garbage after it":     {201, isJSON, pageResponse + "<html>"},
		"another field broken": {201, isJSON, spoil(t, pageResponse, "project_id", "x")},
		"time does not parse":  {201, isJSON, spoil(t, pageResponse, "created_at", "yesterday")},
		"wrapped":              {201, isJSON, `{"data": ` + pageResponse + `}`},
		"in a list":            {201, isJSON, `[` + pageResponse + `]`},
	}
	for name, resp := range responses {
		cloud := newCloud(t, resp.ServeHTTP)
		key, err := cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
		assert.Nil(t, key, name)
		for _, err := range []error{err, operations()["API createSSHKey"](t.Context(), cloud)} {
			broken, ok := errors.AsType[*gcore.ResponseError](err)
			require.True(t, ok, "%s: %v", name, err)
			require.NotNil(t, broken.Key, name)
			assert.Equal(t, "<private_key>", broken.Key.PrivateKey.Reveal(), name)
			assert.Equal(t, resp.status, broken.StatusCode, name)
			assert.NotEmpty(t, broken.Problems, name)
			assert.NotContains(t, err.Error(), "<private_key>")
		}
	}
}

// TestAPrivateKeyIsFoundWhereverItIs has a complete PEM key in a body that does not match openapi.yaml.
func TestAPrivateKeyIsFoundWhereverItIs(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	pem := pair.PrivateKey.Reveal()
	escaped := strings.ReplaceAll(pem, "\n", `\n`)
	middle := strings.Split(strings.TrimSpace(pem), "\n")
	first, last := middle[0], middle[len(middle)-1]
	middle = middle[1 : len(middle)-1]
	codes := first + escapeAll("\n"+strings.Join(middle, "\n")+"\n") + last
	nested, err := json.Marshal(`{"private_key": "` + escaped + `"}`)
	require.NoError(t, err)
	bodies := map[string]string{
		"raw line breaks":          `{"id": "` + someID + `", "private_key": "` + pem + `"}`,
		"cut before the last mark": `{"id": "` + someID + `", "private_key": "` + strings.TrimSuffix(escaped, `\n`),
		"the PEM itself":           pem,
		"in another property":      `{"private_key": {"pem": "` + escaped + `"}}`,
		"escapes of characters":    `{"data": {"private_key": "` + codes + `"}}`,
		"escapes, garbage before":  ")]}'\n" + `{"private_key": "` + codes + `"}`,
		"escaped slashes":          `{"data": {"private_key": "` + strings.ReplaceAll(escaped, "/", `\/`) + `"}}`,
		"JSON in JSON":             `{"statusCode": 201, "body": ` + string(nested) + `}`,
		"a list of lines":          `{"private_key": ["` + first + `", "` + strings.Join(middle, `", "`) + `", "` + last + `"]}`,
		"beside a valid response":  strings.TrimSuffix(strings.TrimSpace(pageResponse), "}") + `, "pem": "` + escaped + `"}`,
		"compressed":               string(zipped(t, []byte(`{"private_key": "`+escaped+`"}`))),
	}
	for name, body := range bodies {
		cloud := newCloud(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if name == "compressed" {
				w.Header().Set("Content-Encoding", "gzip")
			}
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, body)
		})
		_, err := cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
		broken, ok := errors.AsType[*gcore.ResponseError](err)
		require.True(t, ok, "%s: %v", name, err)
		require.NotNil(t, broken.Key, name)
		assert.Equal(t, strings.TrimSpace(pem), strings.TrimSpace(broken.Key.PrivateKey.Reveal()), name)
		assertNoSecret(t, pair.PrivateKey, err.Error())
	}
}

// TestAnyPartOfACreatedKeyIsHandedOver has responses that hold one property only.
func TestAnyPartOfACreatedKeyIsHandedOver(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]*gcore.CreatedSSHKey{
		`{"private_key": "<private_key>"}`: {PrivateKey: gcore.NewPrivateKey("<private_key>")},
		`{"id": "` + someID + `"}`:         {ID: someID},
		`{"public_key": "ssh-rsa AAAA"}`:   {PublicKey: "ssh-rsa AAAA"},
		`{"name": "generated"}`:            nil,
	} {
		err := operations()["API createSSHKey"](t.Context(), cloudThrough(t, anyURL, canned{http.StatusCreated, jsonHeader(""), []byte(body)}))
		broken, ok := errors.AsType[*gcore.ResponseError](err)
		require.True(t, ok, "%s: %v", body, err)
		require.Equal(t, want == nil, broken.Key == nil, body)
		if want != nil {
			assert.Equal(t, want.PrivateKey.Reveal(), broken.Key.PrivateKey.Reveal())
			assert.Equal(t, want.ID+want.PublicKey, broken.Key.ID+broken.Key.PublicKey, body)
		}
	}
}

// TestACreateCutAtEveryByte has a body that breaks off after each of its bytes. The caller gets the private key if its END line has
// arrived, and never a part of it.
func TestACreateCutAtEveryByte(t *testing.T) {
	t.Parallel()
	const mark = "-----END OPENSSH PRIVATE KEY-----"
	private, body := newCreatedKey(t)
	secrets := newSecrets(private)
	for name, whole := range map[string]string{"unchanged": body, "wrapped": `{"data": ` + body + `}`} {
		complete := strings.Index(whole, mark) + len(mark)
		var part string
		keys := keysOver(t, wrapper(func(req *http.Request) (*http.Response, error) {
			return jsonResponse(req, http.StatusCreated, part), nil
		}))
		for n := range len(whole) {
			part = whole[:n]
			key, err := keys.Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "generated"})
			want := ""
			if n >= complete {
				want = strings.TrimSpace(private.Reveal())
			}
			same := want == strings.TrimSpace(handedOver(key, err))
			require.True(t, same, "%s, after %d bytes of %d", name, n, len(whole))
			require.False(t, secrets.in(textsOf(err)), "%s, after %d bytes: the error shows the key", name, n)
		}
	}
}
