package gcore_test

// Helpers of the tests that look for secrets in error responses.

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/optest"
)

// secretForms are the secrets as the inside of a JSON string.
func secretForms(key gcore.PrivateKey) map[string]string {
	pem := strings.TrimSpace(key.Reveal())
	return map[string]string{
		"API key":             canaryToken,
		"API key, first part": "4815162342",
		"API key, last part":  "canarytoken",
		"API key, escaped":    escapeAll(canaryToken),
		"PEM":                 strings.ReplaceAll(pem, "\n", `\n`),
		"PEM, CRLF":           strings.ReplaceAll(pem, "\n", `\r\n`),
		"PEM, spaces":         strings.ReplaceAll(pem, "\n", ` `),
		"PEM, escaped":        escapeAll(pem),
		"PEM, escaped slash":  strings.NewReplacer("\n", `\n`, "/", `\/`, "-", `\u002d`).Replace(pem),
		"PEM without its end": strings.ReplaceAll(pem[:len(pem)-40], "\n", `\n`),
	}
}

func escapeAll(text string) string {
	var b strings.Builder
	for _, r := range text {
		fmt.Fprintf(&b, `\u%04X`, r)
	}
	return b.String()
}

// withSecret puts a form of a secret into one of errorBodies.
func withSecret(body, form string) string {
	first, rest := form, ""
	for _, end := range []string{`\r\n`, `\n`, `\u000A`, ` `} {
		if strings.Contains(form, end) {
			first, rest, _ = strings.Cut(form, end)
			form := strings.ReplaceAll(form, end, `", "`)
			body = strings.ReplaceAll(body, "LINES", `["`+form+`"]`)
			break
		}
	}
	return strings.NewReplacer("SECRET", form, "LINES", `["`+form+`"]`, "FIRST", first, "REST", rest).Replace(body)
}

// testErrorResponse has every operation meet the response.
func testErrorResponse(t *testing.T, secrets secrets, name, wire string) {
	t.Helper()
	log := &textBuffer{}
	cloud, err := gcore.NewCloud(noWaiting(gcore.Config{
		APIKey: canaryToken, MaxRetries: -1, HTTPClient: &http.Client{Transport: rawTransport(wire)},
		Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}))
	require.NoError(t, err)
	var shown []string
	for operation, call := range operations() {
		err := call(t.Context(), cloud)
		if secrets.in(textsOf(err) + fieldsOf(err)) {
			shown = append(shown, operation+": error")
		}
	}
	for _, op := range optest.All() {
		resp, err := op.API(t.Context(), cloud.API(), op.Example)
		if secrets.in(textsOf(err)) {
			shown = append(shown, "API "+op.ID+": error")
		}
		if err != nil {
			continue
		}
		for place, text := range textsOfResponse(t, resp) {
			if secrets.in(text) {
				shown = append(shown, "API "+op.ID+": "+place)
			}
		}
	}
	if secrets.in(log.take()) {
		shown = append(shown, "log")
	}
	assert.Empty(t, shown, "places where a secret is shown: %s, status %s", name, wire[len("HTTP/1.1 "):][:3])
}

// fieldsOf returns the exported fields of the *gcore.Error in err.
func fieldsOf(err error) (text string) {
	if unknown, ok := errors.AsType[*gcore.UnknownOutcomeError](err); ok {
		err = unknown.Err
	}
	if e, ok := errors.AsType[*gcore.Error](err); ok {
		for _, field := range reflect.ValueOf(e).Elem().Fields() {
			if field.CanInterface() {
				text += fmt.Sprintln(field.Interface())
			}
		}
	}
	return text
}

// textsOfResponse returns what a response of API() holds, by place.
func textsOfResponse(t *testing.T, resp any) map[string]string {
	t.Helper()
	texts := map[string]string{"Status()": resp.(interface{ Status() string }).Status()}
	for info, field := range reflect.ValueOf(resp).Elem().Fields() {
		switch value := field.Interface().(type) {
		case []byte:
			texts[info.Name] = string(value)
		case *http.Response:
			rest, _ := io.ReadAll(value.Body)
			texts["HTTPResponse"] = fmt.Sprint(value.Status, value.Header, value.Trailer, value.Request.Header, string(rest))
		default:
			data, err := json.Marshal(value)
			require.NoError(t, err)
			texts[info.Name] = string(data)
		}
	}
	return texts
}

// rawResponse returns a response as it is on the wire.
func rawResponse(status int, headers, body string) string {
	return fmt.Sprintf("HTTP/1.1 %d \r\n%sContent-Length: %d\r\n\r\n%s", status, headers, len(body), body)
}

// rawTransport is a transport that gives every request the same response.
type rawTransport string

func (r rawTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
	return http.ReadResponse(bufio.NewReader(strings.NewReader(string(r))), req)
}

// newErrorCloud returns a client of a server that responds to everything with an error.
func newErrorCloud(t *testing.T, apiKey string, status int, body string) *gcore.Cloud {
	t.Helper()
	transport := rawTransport(rawResponse(status, "Content-Type: application/json\r\n", body))
	cloud, err := gcore.NewCloud(noWaiting(gcore.Config{APIKey: apiKey, MaxRetries: -1, HTTPClient: &http.Client{Transport: transport}}))
	require.NoError(t, err)
	return cloud
}

// errorResponseOf returns what a *gcore.Error in err says.
func errorResponseOf(err error) (says gcore.ErrorResponse) {
	if unknown, ok := errors.AsType[*gcore.UnknownOutcomeError](err); ok {
		err = unknown.Err
	}
	if e, ok := errors.AsType[*gcore.Error](err); ok {
		says = gcore.ErrorResponse{ExceptionClass: e.ExceptionClass, Message: e.Message, InvalidFields: e.InvalidFields, RequestID: &e.RequestID}
	}
	return says
}

// decodedErrors returns what the Body and the JSON field of a response of API() say, the second if there is one for the status.
func decodedErrors(t *testing.T, resp any, status int) map[string]gcore.ErrorResponse {
	t.Helper()
	got := map[string]gcore.ErrorResponse{}
	for info, field := range reflect.ValueOf(resp).Elem().Fields() {
		if info.Name != "Body" && info.Name != fmt.Sprint("JSON", status) {
			continue
		}
		data, isBody := reflect.TypeAssert[[]byte](field)
		if !isBody {
			var err error
			data, err = json.Marshal(field.Interface())
			require.NoError(t, err)
		}
		var says gcore.ErrorResponse
		require.NoError(t, json.Unmarshal(data, &says), info.Name)
		says.Info = nil
		got[info.Name] = says
	}
	return got
}
