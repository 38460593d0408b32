package sandbox

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/swaggest/swgui/v5/static"
	"go.yaml.in/yaml/v4"
)

// The reference page is Swagger UI with the OpenAPI document, below a box about the sandbox.
const docsPath = "/docs/"

//go:embed docs
var docs embed.FS

// isDocs reports whether a path is one that addDocs adds, or that begins like one.
func isDocs(path string) bool {
	return path == "/" || strings.HasPrefix(path, "/docs") || strings.HasPrefix(path, "/openapi.")
}

// docsPolicy lets the page load from the sandbox, and talk to it, only. Swagger UI has its icons in data: URLs.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// addDocs adds the reference page, the document in YAML and JSON, and the redirect from / to the page.
func (s *Sandbox) addDocs(mux *http.ServeMux) error {
	page, err := s.docsPage()
	if err != nil {
		return err
	}
	asYAML, asJSON, err := document(s.config.OpenAPI)
	if err != nil {
		return fmt.Errorf("the OpenAPI document: %w", err)
	}
	script, err1 := docs.ReadFile("docs/page.js")
	style, err2 := docs.ReadFile("docs/page.css")
	icon, err3 := static.FS.ReadFile("favicon-32x32.png")
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	const js, css = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
	mux.Handle("GET "+docsPath+"{$}", newFile("text/html; charset=utf-8", page))
	mux.Handle("GET "+docsPath+"page.js", newFile(js, script))
	mux.Handle("GET "+docsPath+"page.css", newFile(css, style))
	mux.Handle("GET "+docsPath+"favicon.png", newFile("image/png", icon))
	mux.Handle("GET "+docsPath+"swagger-ui-bundle.js", newGzippedFile(js, static.FS, "swagger-ui-bundle.js.gz"))
	mux.Handle("GET "+docsPath+"swagger-ui.css", newGzippedFile(css, static.FS, "swagger-ui.css.gz"))
	mux.Handle("GET /openapi.yaml", withServer("application/yaml", asYAML))
	mux.Handle("GET /openapi.json", withServer("application/json", asJSON))
	mux.Handle("GET /{$}", http.RedirectHandler(docsPath, http.StatusFound))
	return nil
}

// docsPage returns the page. It never holds the key that the sandbox requires.
func (s *Sandbox) docsPage() ([]byte, error) {
	page, err := template.ParseFS(docs, "docs/index.html")
	if err != nil {
		return nil, err
	}
	documented := DefaultKeys()[0].ID
	var out bytes.Buffer
	err = page.Execute(&out, struct {
		RequireAPIKey, HasDocumentedKey bool
		Endpoints                       string
	}{
		s.config.APIKey != "",
		slices.ContainsFunc(s.config.Keys, func(key Key) bool {
			return key.ID == documented && (key.ProjectID == nil || *key.ProjectID == 1)
		}),
		Endpoints,
	})
	return out.Bytes(), err
}

var serversOf = regexp.MustCompile(`(?m)^servers:\n(?:[ -].*\n)+`)

// serverURL stands in a document for the sandbox's address. JSON strings are YAML strings, too.
const serverURL = `"http://sandbox.invalid"`

// withServer serves a document with the address that the request has, so that it names the sandbox after a download, too.
func withServer(contentType string, document []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address, _ := json.Marshal("http://" + r.Host) // protect has checked the host
		newFile(contentType, bytes.Replace(document, []byte(serverURL), address, 1)).ServeHTTP(w, r)
	})
}

// document returns an OpenAPI document whose server is the sandbox: what reads it here is to send nothing to Gcore.
func document(text string) (asYAML, asJSON []byte, err error) {
	if len(serversOf.FindAllString(text, -1)) != 1 {
		return nil, nil, errors.New("it has no servers")
	}
	asYAML = []byte(serversOf.ReplaceAllLiteralString(text, "servers:\n  - url: "+serverURL+"\n    description: This sandbox\n"))
	var document any
	if err := yaml.Unmarshal(asYAML, &document); err != nil {
		return nil, nil, err
	}
	asJSON, err = json.MarshalIndent(document, "", "  ")
	return asYAML, asJSON, err
}
