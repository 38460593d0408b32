package sandbox_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sandbox"
)

// docsFiles are the paths that the reference page consists of, with their content types.
var docsFiles = map[string]string{
	"/docs/":                     "text/html; charset=utf-8",
	"/docs/page.js":              "text/javascript; charset=utf-8",
	"/docs/page.css":             "text/css; charset=utf-8",
	"/docs/favicon.png":          "image/png",
	"/docs/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
	"/docs/swagger-ui.css":       "text/css; charset=utf-8",
	"/openapi.yaml":              "application/yaml",
	"/openapi.json":              "application/json",
}

func openAPI(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../openapi.yaml")
	require.NoError(t, err)
	return string(data)
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func TestTheReferencePageIsServedWithAPolicyForItself(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{OpenAPI: openAPI(t)})
	for path, contentType := range docsFiles {
		resp, body := s.call(http.MethodGet, path, "", header("Sec-Fetch-Site", "same-origin"))
		assert.Equal(t, http.StatusOK, resp.StatusCode, path)
		assert.Equal(t, contentType, resp.Header.Get("Content-Type"), path)
		assert.Equal(t, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "+
			"base-uri 'none'; form-action 'none'; frame-ancestors 'none'", resp.Header.Get("Content-Security-Policy"), path)
		assert.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"), path)
		assert.Equal(t, "no-cache", resp.Header.Get("Cache-Control"), path)

		head, empty := s.call(http.MethodHead, path, "", header("Accept-Encoding", "identity"))
		assert.Equal(t, http.StatusOK, head.StatusCode, path)
		assert.Equal(t, int64(len(body)), head.ContentLength, path)
		assert.Empty(t, empty, path)

		again, empty := s.call(http.MethodGet, path, "", header("If-None-Match", resp.Header.Get("ETag")))
		assert.Equal(t, http.StatusNotModified, again.StatusCode, path)
		assert.Empty(t, empty, path)
	}
	_, page := s.call(http.MethodGet, "/docs/", "")
	for _, match := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		assert.Contains(t, docsFiles, "/docs/"+match[1])
	}
	_, calls := s.call(http.MethodGet, "/_sandbox/calls", "")
	assert.JSONEq(t, "[]", calls, "the page is no call of the API")
}

// Swagger UI comes compressed, and is decompressed for clients that do not plainly say that they take that.
func TestSwaggerUIIsSentAsTheClientTakesIt(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{OpenAPI: openAPI(t)})
	for _, path := range []string{"/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css"} {
		plain, text := s.call(http.MethodGet, path, "", header("Accept-Encoding", "identity"))
		for accepted, want := range map[string]string{
			"gzip": "gzip", "GZIP": "gzip", "br, gzip, zstd": "gzip", "deflate,gzip": "gzip",
			"": "", "identity": "", "br": "", "gzip;q=0": "", "gzip; q=0": "", "gzip ;q=0.0, *": "", "*": "", "notgzip": "",
		} {
			resp, body := s.call(http.MethodGet, path, "", header("Accept-Encoding", accepted))
			assert.Equal(t, "Accept-Encoding", resp.Header.Get("Vary"), accepted)
			require.Equal(t, want, resp.Header.Get("Content-Encoding"), accepted)
			if want == "gzip" {
				assert.NotEqual(t, plain.Header.Get("ETag"), resp.Header.Get("ETag"))
				reader, err := gzip.NewReader(strings.NewReader(body))
				require.NoError(t, err)
				data, err := io.ReadAll(reader)
				require.NoError(t, err)
				body = string(data)
			}
			assert.Equal(t, sha256.Sum256([]byte(text)), sha256.Sum256([]byte(body)), accepted)
		}
		assert.Equal(t, http.StatusOK, s.status(http.MethodGet, path, "", header("If-None-Match", plain.Header.Get("ETag")), header("Accept-Encoding", "gzip")))
	}
}

func TestTheDocumentIsTheContractWithTheSandboxAsServer(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{OpenAPI: openAPI(t)})
	var want, asYAML, asJSON map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(openAPI(t)), &want))
	for _, host := range []string{"localhost:4010", "[::1]:4010", strings.TrimPrefix(s.url, "http://")} {
		asked := func(r *http.Request) { r.Host = host }
		want["servers"] = []any{map[string]any{"url": "http://" + host, "description": "This sandbox"}}
		_, body := s.call(http.MethodGet, "/openapi.yaml", "", asked)
		require.NoError(t, yaml.Unmarshal([]byte(body), &asYAML))
		assert.Equal(t, want, asYAML)
		_, body = s.call(http.MethodGet, "/openapi.json", "", asked)
		require.NoError(t, json.Unmarshal([]byte(body), &asJSON))
		assert.Equal(t, "http://"+host, asJSON["servers"].([]any)[0].(map[string]any)["url"])
		wantJSON, err := json.Marshal(want)
		require.NoError(t, err)
		assert.JSONEq(t, string(wantJSON), body)
		assert.NotContains(t, body, "api.gcore.com")
	}

	for _, document := range []string{"junk", "openapi: 3.0.3\n", "servers:\n  - url: x\n:", "servers: [{url: https://api.gcore.com}]\n"} {
		_, err := sandbox.New(sandbox.Config{OpenAPI: document})
		assert.ErrorContains(t, err, "the OpenAPI document: ", document)
	}
}

func TestThePageHasNoKeyThatIsRequired(t *testing.T) {
	t.Parallel()
	const authorized = `data-authorization="apikey sandbox"`
	s := start(t, sandbox.Config{OpenAPI: openAPI(t), Keys: sandbox.DefaultKeys()})
	_, page := s.call(http.MethodGet, "/docs/", "")
	assert.Contains(t, page, authorized)
	assert.NotContains(t, page, "press <b>Authorize</b>")
	assert.Contains(t, page, "filled in for it")

	s = start(t, sandbox.Config{OpenAPI: openAPI(t), APIKey: "canary"})
	for path := range docsFiles {
		_, body := s.call(http.MethodGet, path, "")
		assert.NotContains(t, body, "canary")
		assert.NotContains(t, body, authorized)
	}
	_, page = s.call(http.MethodGet, "/docs/", "")
	assert.Contains(t, page, "press <b>Authorize</b>")
	assert.Contains(t, page, "fill in the id of a key")
}

func TestThePageSaysWhatTheSandboxIs(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{OpenAPI: openAPI(t)})
	_, page := s.call(http.MethodGet, "/docs/", "")
	page = html.UnescapeString(page)
	assert.Contains(t, page, sandbox.Endpoints)

	documentation, err := os.ReadFile("../../gcore/gcoretest/doc.go")
	require.NoError(t, err)
	guesses := regexp.MustCompile(`(?m)^//   - (.*)$`).FindAllStringSubmatch(string(documentation), -1)
	require.NotEmpty(t, guesses)
	for _, guess := range guesses {
		assert.Contains(t, page, "<li>"+guess[1]+"</li>", "the page and gcoretest's documentation say the same")
	}
	assert.Equal(t, len(guesses), strings.Count(page, "<li>"))
}

func TestThePageIsKeptFromOtherSites(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{OpenAPI: openAPI(t), CORS: "http://localhost:3000"})
	for _, path := range append(slices.Collect(maps.Keys(docsFiles)), "/", "/docs") {
		for _, edit := range []func(*http.Request){
			func(r *http.Request) { r.Host = "evil.example:4010" },
			header("Origin", "http://evil.example"),
			header("Origin", "null"),
			header("Sec-Fetch-Site", "cross-site"), // as for a frame or a script
			header("Sec-Fetch-Site", "same-site"),
			navigates("iframe"),
			func(r *http.Request) { navigates("document")(r); r.Header.Set("Origin", "null") },
			func(r *http.Request) { navigates("document")(r); r.Host = "evil.example:4010" },
		} {
			resp, body := s.call(http.MethodGet, path, "", edit)
			assert.Equal(t, http.StatusForbidden, resp.StatusCode, path)
			assert.NotContains(t, body, "<html")
		}
	}
}

// navigates makes a request the one of a browser that goes to a link on a page of another site.
func navigates(to string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Sec-Fetch-Mode", "navigate")
		r.Header.Set("Sec-Fetch-Dest", to)
	}
}

func TestLinksLeadToThePageOnly(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{OpenAPI: openAPI(t)})
	for _, path := range append(slices.Collect(maps.Keys(docsFiles)), "/", "/docs") {
		assert.Equal(t, http.StatusOK, s.status(http.MethodGet, path, "", navigates("document")), path)
	}
	for _, request := range []string{"POST /docs/", "GET " + project, "GET /_sandbox/calls", "GET //docs/", "GET /docs/../_sandbox/calls"} {
		method, path, _ := strings.Cut(request, " ")
		resp, body := s.call(method, path, "", navigates("document"))
		assert.Equal(t, http.StatusForbidden, resp.StatusCode, request)
		assert.NotContains(t, body, "--cors", request)
	}
}

func TestNoPathLeadsOutOfThePage(t *testing.T) {
	t.Parallel()
	box, err := sandbox.New(sandbox.Config{OpenAPI: openAPI(t)})
	require.NoError(t, err)
	get := func(target string) *http.Response {
		resp := httptest.NewRecorder()
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		req.Host = "127.0.0.1"
		box.ServeHTTP(resp, req)
		return resp.Result()
	}
	for _, target := range []string{"/", "/?url=//evil.example", "/docs", "/docs?url=//evil.example", "/docs//"} {
		resp := get(target)
		assert.Contains(t, []int{http.StatusFound, http.StatusMovedPermanently, http.StatusTemporaryRedirect}, resp.StatusCode, target)
		assert.Equal(t, "/docs/", strings.TrimSuffix(resp.Header.Get("Location"), "?url=//evil.example"), target)
	}
	for _, target := range []string{
		"//", "//evil.example", "///evil.example/", "//evil.example/%2e%2e", `/\evil.example`, "/docs/..//evil.example", "/%2f/evil.example", "/docs/..",
		"/docs/../x", "/docs/../docs.go", "/docs/%2e%2e/page.css", "/docs/%2e%2e%2fpage.js", `/docs/..\docs.go`,
		"/docs/index.html", "/docs/swagger-ui-bundle.js.gz", "/docs/docs/page.js", "/docs/page.css/", "/docs/page.css%00",
	} {
		resp := get(target)
		assert.NotEqual(t, http.StatusOK, resp.StatusCode, target)
		assert.NotRegexp(t, `^(//|/\\|[^/])`, resp.Header.Get("Location"), target)
	}
}
