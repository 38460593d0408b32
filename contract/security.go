package contract

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/apikey"
)

// A requirement names the headers that must all hold credentials. An operation that has several
// requirements asks for any one of them.
type requirement []string

func newRequirements(doc *openapi3.T, declared openapi3.SecurityRequirements) ([]requirement, error) {
	var all []requirement
	for _, schemes := range declared {
		var headers requirement
		for _, name := range slices.Sorted(maps.Keys(schemes)) {
			scheme := doc.Components.SecuritySchemes[name].Value
			if scheme.Type != "apiKey" || scheme.In != openapi3.ParameterInHeader {
				return nil, fmt.Errorf("security scheme %s: only an API key in a header is checked here", name)
			}
			headers = append(headers, http.CanonicalHeaderKey(scheme.Name))
		}
		all = append(all, headers)
	}
	return all, nil
}

// security checks that the credentials of one requirement are present and have the documented form. Only
// a server can check that they are the right ones.
func (c *check) security(either []requirement, header http.Header) {
	if len(either) == 0 || slices.ContainsFunc(either, func(r requirement) bool { return r.met(header) }) {
		return
	}
	for _, name := range either[0] {
		if reason := credentials(name, header[name]); reason != "" {
			c.add(partHeader, "/"+escape(name), "security", reason)
		}
	}
}

func (r requirement) met(header http.Header) bool {
	return !slices.ContainsFunc(r, func(name string) bool { return credentials(name, header[name]) != "" })
}

// credentials says what is wrong with the form of the credentials in a header, or nothing. OpenAPI cannot
// express that an Authorization header is "apikey" and a token: the scheme's description says so, and
// this function checks it.
func credentials(name string, sent []string) string {
	if len(sent) == 0 {
		return missing
	}
	if len(sent) > 1 {
		return "is given more than once"
	}
	token := sent[0]
	if name == "Authorization" {
		key, ok := apikey.FromHeader(token)
		if !ok {
			return `must be the word "apikey", one space and a token`
		}
		token = key
	}
	if apikey.Check(token) != nil {
		return "must hold a token of printable ASCII, with no space at its ends"
	}
	return ""
}
