package gcore_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

var errorStatuses = []int{302, 400, 401, 404, 409, 500, 503}

// statusesFor returns all error statuses for the plain forms of the secrets, and two of them for the others.
func statusesFor(form string) []int {
	if testing.Short() {
		return []int{http.StatusBadRequest}
	}
	if form == "API key" || form == "PEM" {
		return errorStatuses
	}
	return []int{http.StatusBadRequest, http.StatusServiceUnavailable}
}

// errorBodies are bodies of error responses. SECRET stands for a secret as the inside of a JSON string, LINES for it as
// a list of its lines.
var errorBodies = map[string]string{
	"message":                      `{"exception_class": "E", "message": "SECRET"}`,
	"message, no class":            `{"message": "SECRET"}`,
	"exception_class":              `{"exception_class": "SECRET", "message": "m"}`,
	"request_id":                   `{"exception_class": "E", "message": "m", "request_id": "SECRET"}`,
	"field name":                   `{"exception_class": "E", "message": "m", "invalid_fields": {"SECRET": ["r"]}}`,
	"field reason":                 `{"exception_class": "E", "message": "m", "invalid_fields": {"name": ["r", "SECRET"]}}`,
	"fields: a list":               `{"exception_class": "E", "message": "m", "invalid_fields": ["SECRET"]}`,
	"fields: a string":             `{"exception_class": "E", "message": "m", "invalid_fields": "SECRET"}`,
	"fields: a number":             `{"exception_class": "E", "message": "m", "invalid_fields": 4815162342}`,
	"field: a string":              `{"exception_class": "E", "message": "m", "invalid_fields": {"name": "SECRET"}}`,
	"field: a number":              `{"exception_class": "E", "message": "m", "invalid_fields": {"name": 4815162342}}`,
	"field: an object":             `{"exception_class": "E", "message": "m", "invalid_fields": {"name": {"a": [{"b": "SECRET"}]}}}`,
	"field: lines":                 `{"exception_class": "E", "message": "m", "invalid_fields": {"name": LINES}}`,
	"field: lines, nested":         `{"exception_class": "E", "message": "m", "invalid_fields": {"name": [LINES]}}`,
	"info":                         `{"exception_class": "E", "message": "m", "info": {"a": ["SECRET"], "SECRET": {"SECRET": 4815162342}}}`,
	"info: lines":                  `{"exception_class": "E", "message": "m", "info": {"a": LINES}}`,
	"info: a string":               `{"exception_class": "E", "message": "m", "info": "SECRET"}`,
	"unknown: detail":              `{"exception_class": "E", "message": "m", "detail": "SECRET", "errors": [{"msg": "SECRET", "input": LINES}]}`,
	"unknown, no class":            `{"detail": [{"loc": ["SECRET"], "input": LINES}]}`,
	"unknown: name":                `{"exception_class": "E", "message": "m", "SECRET": 1}`,
	"unknown: number":              `{"exception_class": "E", "message": "m", "token": 4815162342, "more": [4815162342.5, 4815162342e3]}`,
	"private_key":                  `{"exception_class": "E", "message": "m", "private_key": "SECRET"}`,
	"private_key: lines":           `{"exception_class": "E", "message": "m", "Private_Key": LINES, "key": {"private_key": LINES}}`,
	"twice: message, first":        `{"exception_class": "E", "message": "SECRET", "message": "m"}`,
	"twice: message, last":         `{"exception_class": "E", "message": "m", "message": "SECRET"}`,
	"twice: class, first":          `{"exception_class": "SECRET", "exception_class": "E", "message": "m"}`,
	"twice: class, last":           `{"exception_class": "E", "exception_class": "SECRET", "message": "m"}`,
	"twice: request_id, first":     `{"exception_class": "E", "message": "m", "request_id": "SECRET", "request_id": "1"}`,
	"twice: fields, first":         `{"exception_class": "E", "message": "m", "invalid_fields": {"a": ["SECRET"]}, "invalid_fields": {"b": ["r"]}}`,
	"twice: fields, last":          `{"exception_class": "E", "message": "m", "invalid_fields": {"a": ["r"]}, "invalid_fields": {"b": ["SECRET"]}}`,
	"twice: fields, then null":     `{"exception_class": "E", "message": "m", "invalid_fields": {"a": ["SECRET"]}, "invalid_fields": null}`,
	"twice: field, first":          `{"exception_class": "E", "message": "m", "invalid_fields": {"a": ["SECRET"], "a": ["r"]}}`,
	"twice: info":                  `{"exception_class": "E", "message": "m", "info": {"a": "SECRET", "a": 1}, "info": {"b": 1}}`,
	"twice: nested":                `{"exception_class": "E", "message": "m", "detail": {"a": "SECRET", "a": 1}}`,
	"twice: escaped name":          `{"exception_class": "E", "mess\u0061ge": "SECRET", "message": "m"}`,
	"case: Message first":          `{"exception_class": "E", "Message": "SECRET", "message": "m"}`,
	"case: MESSAGE last":           `{"exception_class": "E", "message": "m", "MESSAGE": "SECRET"}`,
	"case: MESSAGE, then null":     `{"exception_class": "E", "MESSAGE": "SECRET", "MESSAGE": null}`,
	"case: long s":                 `{"exception_class": "E", "me\u017f\u017fage": "SECRET", "me\u017f\u017fage": null}`,
	"case: Exception_Class":        `{"Exception_Class": "SECRET", "Exception_Class": null, "message": "m"}`,
	"case: Request_ID":             `{"exception_class": "E", "message": "m", "Request_ID": "SECRET", "Request_ID": {}}`,
	"case: Invalid_Fields":         `{"exception_class": "E", "message": "m", "Invalid_Fields": {"a": ["SECRET"]}, "Invalid_Fields": {}}`,
	"null after message":           `{"exception_class": "E", "message": "SECRET", "message": null}`,
	"null before message":          `{"exception_class": "E", "message": null, "message": "SECRET"}`,
	"null after class":             `{"exception_class": "SECRET", "exception_class": null, "message": "m"}`,
	"object after message":         `{"exception_class": "E", "message": "SECRET", "message": {}}`,
	"trailing document":            `{"exception_class": "E", "message": "m"} {"message": "SECRET"}`,
	"trailing document, first":     `{"exception_class": "E", "message": "SECRET"} {"message": "m"}`,
	"trailing text":                `{"exception_class": "E", "message": "m"} SECRET`,
	"byte order mark":              "\ufeff" + `{"exception_class": "E", "message": "SECRET"}`,
	"truncated in the secret":      `{"exception_class": "E", "message": "SECRET`,
	"truncated after the secret":   `{"exception_class": "E", "message": "SECRET", "inv`,
	"truncated after unknown name": `{"exception_class": "E", "message": "m", "SECRET": `,
	"comment":                      `{"exception_class": "E", "message": "m" /* SECRET */}`,
	"JSON in a string":             `{"exception_class": "E", "message": "{\"message\": \"SECRET\"}"}`,
	"JSON in a string, escaped":    `{"exception_class": "E", "message": "{\"message\": \"\\u0034815162342\\u0024canarytoken\"}"}`,
	"a list":                       `[{"exception_class": "E", "message": "SECRET"}]`,
	"a string":                     `"SECRET"`,
	"lines":                        `LINES`,
	"bad UTF-8":                    "{\"exception_class\": \"E\", \"message\": \"\xffSECRET\xff\"}",
	"NUL":                          "{\"exception_class\": \"E\", \"message\": \"SECRET\x00\"}",
	"HTML":                         `<html><pre>SECRET</pre></html>`,
}

func TestErrorBodiesShowNoSecret(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	forms := secretForms(pair.PrivateKey)
	for name, body := range errorBodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			secrets := newSecrets(pair.PrivateKey)
			for form, secret := range forms {
				for _, status := range statusesFor(form) {
					testErrorResponse(t, secrets, name+", "+form, rawResponse(status, "Content-Type: application/json\r\n", withSecret(body, secret)))
				}
			}
		})
	}
}

func TestEncodedErrorBodiesShowNoSecret(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	secrets := newSecrets(pair.PrivateKey)
	for form, secret := range secretForms(pair.PrivateKey) {
		body := withSecret(errorBodies["message"], secret)
		var zipped bytes.Buffer
		w := gzip.NewWriter(&zipped)
		_, err := io.WriteString(w, body)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		var wide, wideBE []byte
		for _, unit := range utf16.Encode([]rune("\ufeff" + body)) {
			wide = append(wide, byte(unit), byte(unit>>8))
			wideBE = append(wideBE, byte(unit>>8), byte(unit))
		}
		const isJSON = "Content-Type: application/json\r\n"
		for _, status := range statusesFor(form) {
			for name, wire := range map[string]string{
				"UTF-16LE":         rawResponse(status, "Content-Type: application/json; charset=utf-16\r\n", string(wide)),
				"UTF-16BE":         rawResponse(status, isJSON, string(wideBE)),
				"text/html":        rawResponse(status, "Content-Type: text/html\r\n", body),
				"problem+json":     rawResponse(status, "Content-Type: application/problem+json\r\n", body),
				"type not JSON":    rawResponse(status, "Content-Type: application/jsonp; x=SECRET\r\n", body),
				"no type":          rawResponse(status, "", body),
				"gzip":             rawResponse(status, isJSON+"Content-Encoding: gzip\r\n", zipped.String()),
				"gzip as GZIP":     rawResponse(status, isJSON+"Content-Encoding: GZIP\r\n", zipped.String()),
				"gzip as br":       rawResponse(status, isJSON+"Content-Encoding: br\r\n", zipped.String()),
				"gzip, no label":   rawResponse(status, isJSON, zipped.String()),
				"gzip, cut":        rawResponse(status, isJSON, zipped.String()[:zipped.Len()-6]),
				"plain as gzip":    rawResponse(status, isJSON+"Content-Encoding: gzip\r\n", body),
				"shorter than due": strings.Replace(rawResponse(status, isJSON, body), "Content-Length: ", "Content-Length: 9", 1),
			} {
				testErrorResponse(t, secrets, name+", "+form, wire)
			}
		}
	}
}

func TestHeadsOfErrorResponsesShowNoSecret(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	secrets := newSecrets(pair.PrivateKey)
	const body = `{"exception_class": "E", "message": "m"}`
	for name, secret := range map[string]string{
		"API key": canaryToken, "first part": "4815162342", "last part": "canarytoken",
		"PEM": strings.ReplaceAll(strings.TrimSpace(pair.PrivateKey.Reveal()), "\n", " "),
	} {
		headers := map[string]string{
			"value":            "X-Echo: apikey " + secret,
			"Location":         "Location: https://example.test/%zz?token=" + secret,
			"WWW-Authenticate": `WWW-Authenticate: apikey realm="` + secret + `"`,
			"Set-Cookie":       "Set-Cookie: token=" + secret,
			"Content-Type":     "Content-Type: application/json; x=" + secret,
			"Retry-After":      "Retry-After: " + secret,
			"X-Request-Id":     "X-Request-Id: " + secret,
		}
		if name != "PEM" {
			headers["name"] = "X-" + secret + ": 1"
			headers["whole name"] = secret + ": 1"
		}
		for _, status := range errorStatuses {
			for place, header := range headers {
				testErrorResponse(t, secrets, name+" in header, "+place, rawResponse(status, header+"\r\n", body))
			}
			wire := rawResponse(status, "Content-Type: application/json\r\n", body)
			testErrorResponse(t, secrets, name+" in status line", strings.Replace(wire, " \r\n", " apikey "+secret+"\r\n", 1))
			chunked := strings.Replace(wire, "Content-Length: "+strconv.Itoa(len(body)), "Transfer-Encoding: chunked\r\nTrailer: X-Echo", 1)
			chunked = strings.TrimSuffix(chunked, body) + chunk(body) + "0\r\nX-Echo: apikey " + secret + "\r\n\r\n"
			testErrorResponse(t, secrets, name+" in trailer", chunked)
		}
	}
}

// TestSplitPrivateKeysAreNotShown has the lines of a PEM block in different places, where none of them is a block.
func TestSplitPrivateKeysAreNotShown(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	secrets := newSecrets(pair.PrivateKey)
	pem := strings.TrimSpace(pair.PrivateKey.Reveal())
	lines := strings.Split(pem, "\n")
	line, first, last := lines[3], lines[0], lines[len(lines)-1]
	var short []string // lines that could be something else, if the marks were not there
	for piece := range slices.Chunk([]byte(strings.Join(lines[1:len(lines)-1], "")), 40) {
		short = append(short, string(piece))
	}
	middle := strings.Join(short, `\n`)
	escapedMarks := func(dash string) string { // with the dashes of the marks in another form
		marked := strings.ReplaceAll(first, "-", dash) + `", "` + strings.Join(short, `", "`) + `", "` + strings.ReplaceAll(last, "-", dash)
		return `{"exception_class": "E", "message": "m", "invalid_fields": {"a": ["` + marked + `"]}}`
	}
	const isJSON, body = "Content-Type: application/json\r\n", `{"exception_class": "E", "message": "m"}`
	for _, status := range errorStatuses {
		for name, wire := range map[string]string{
			"class and message": rawResponse(status, isJSON, withSecret(`{"exception_class": "FIRST", "message": "REST"}`, strings.ReplaceAll(pem, "\n", `\n`))),
			"two fields": rawResponse(status, isJSON,
				withSecret(`{"exception_class": "E", "message": "m", "invalid_fields": {"a": ["FIRST"], "b": ["REST"]}}`, strings.ReplaceAll(pem, "\n", `\n`))),
			"header values":         rawResponse(status, isJSON+"X-Pem: "+strings.ReplaceAll(pem, "\n", "\r\nX-Pem: ")+"\r\n", body),
			"one line":              rawResponse(status, isJSON+"X-Pem: "+line+"\r\n", body),
			"in status line":        strings.Replace(rawResponse(status, isJSON, body), " \r\n", " "+line+"\r\n", 1),
			"one line in a message": rawResponse(status, isJSON, `{"exception_class": "E", "message": "`+line+`"}`),
			"marks in unknown properties": rawResponse(status, isJSON,
				`{"exception_class": "E", "begin": "`+first+`", "message": "`+middle+`", "end": "`+last+`"}`),
			"mark in a name given twice":   rawResponse(status, isJSON, `{"exception_class": "E", "message": "`+first+`", "message": "`+middle+`"}`),
			"mark in a name in other case": rawResponse(status, isJSON, `{"exception_class": "E", "message": "`+first+`", "Message": "`+middle+`"}`),
			"marks as JSON in JSON":        rawResponse(status, isJSON, escapedMarks(`\\u002d`)),
			"marks as in HTML":             rawResponse(status, isJSON, escapedMarks(`&#45;`)),
			"marks as in a URL":            rawResponse(status, isJSON, escapedMarks(`%2D`)),
		} {
			testErrorResponse(t, secrets, name, wire)
		}
	}
}
