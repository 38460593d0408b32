package contract_test

import (
	"cmp"
	"net/http"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/require"
)

// filter is kin-openapi's own check of whole messages, as strict as its options make it.
type filter struct{ router routers.Router }

var filterOptions = &openapi3filter.Options{
	MultiError:            true,
	SkipSettingDefaults:   true,
	IncludeResponseStatus: true,
	AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc,
}

func newFilter(t testing.TB) filter {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(openAPI))
	require.NoError(t, err)
	doc.Servers = nil // a test server is not among them
	router, err := legacy.NewRouter(doc)
	require.NoError(t, err)
	return filter{router}
}

func (f filter) route(r *http.Request) (*routers.Route, map[string]string, error) {
	r = r.WithContext(r.Context())
	r.Method = cmp.Or(r.Method, http.MethodGet) // as net/http has it
	return f.router.FindRoute(r)
}

func (f filter) checkRequest(r *http.Request) error {
	route, path, err := f.route(r)
	if err != nil {
		return err
	}
	return openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: path, Route: route, Options: filterOptions,
	})
}

func (f filter) checkResponse(r *http.Request, resp *http.Response) error {
	route, path, err := f.route(r)
	if err != nil {
		return err
	}
	return openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: path, Route: route, Options: filterOptions},
		Status:                 resp.StatusCode, Header: resp.Header, Body: resp.Body, Options: filterOptions,
	})
}
