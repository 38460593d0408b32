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
type requirement []credentials

// credentials are what a header must hold.
type credentials struct {
	header string
	token  func(string) (reason string) // says what is wrong with its value
}

func newRequirements(doc *openapi3.T, declared openapi3.SecurityRequirements, gcores bool) ([]requirement, error) {
	var all []requirement
	for _, schemes := range declared {
		var headers requirement
		for _, name := range slices.Sorted(maps.Keys(schemes)) {
			scheme := doc.Components.SecuritySchemes[name].Value
			if scheme.Type != "apiKey" || scheme.In != openapi3.ParameterInHeader {
				return nil, fmt.Errorf("security scheme %s: only an API key in a header is checked here", name)
			}
			c := credentials{http.CanonicalHeaderKey(scheme.Name), notEmpty}
			switch {
			case gcores && c.header == "Authorization":
				c.token = apikeyToken
			case gcores:
				c.token = printable
			}
			headers = append(headers, c)
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
	for _, wanted := range either[0] {
		if reason := wanted.broken(header); reason != "" {
			c.add(partHeader, "/"+escape(wanted.header), "security", reason)
		}
	}
}

func (r requirement) met(header http.Header) bool {
	return !slices.ContainsFunc(r, func(c credentials) bool { return c.broken(header) != "" })
}

// broken says what is wrong with the form of the credentials in a header, or nothing.
func (c credentials) broken(header http.Header) string {
	switch sent := header[c.header]; len(sent) {
	case 0:
		return missing
	case 1:
		return c.token(sent[0])
	default:
		return "is given more than once"
	}
}

// notEmpty is what another API's document says of an API key: that there is one.
func notEmpty(sent string) string {
	if sent == "" {
		return "must not be empty"
	}
	return ""
}

// apikeyToken checks Gcore's Authorization header. OpenAPI has no way to say that it is "apikey" and a token, so the
// scheme's description does, and this function.
func apikeyToken(sent string) string {
	token, ok := apikey.FromHeader(sent)
	if !ok {
		return `must be the word "apikey", one space and a token`
	}
	return printable(token)
}

// printable checks a token of Gcore's.
func printable(token string) string {
	if apikey.Check(token) != nil {
		return "must hold a token of printable ASCII, with no space at its ends"
	}
	return ""
}
