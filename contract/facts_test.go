package contract_test

import (
	"fmt"
	"maps"

	"github.com/getkin/kin-openapi/openapi3"
)

// What Gcore publishes and no message can show: where the API is, and what it does when a value is
// left out. TestTheSandboxDoesWhatTheDefaultsSay has the sandbox do the latter.
var (
	publishedServers  = []string{"https://api.gcore.com"}
	publishedDefaults = map[string]any{
		"createSSHKey request.shared_in_project": true,
		"listSSHKeys query limit":                10.0,
		"listSSHKeys query offset":               0.0,
		"listSSHKeys query order_by":             "created_at.desc",
	}
)

// wrongFact returns the first fact that a document states otherwise, or "".
func wrongFact(doc *openapi3.T) string {
	var servers []string
	for _, server := range doc.Servers {
		servers = append(servers, server.URL)
	}
	if fmt.Sprint(servers) != fmt.Sprint(publishedServers) {
		return fmt.Sprintf("the servers are %v, and published are %v", servers, publishedServers)
	}
	if found := defaultsOf(doc); !maps.Equal(found, publishedDefaults) {
		return fmt.Sprintf("the defaults are %v, and published are %v", found, publishedDefaults)
	}
	return ""
}

// defaultsOf returns the defaults of a document by where they apply.
func defaultsOf(doc *openapi3.T) map[string]any {
	found := map[string]any{}
	var visit func(ref *openapi3.SchemaRef, place string)
	visit = func(ref *openapi3.SchemaRef, place string) {
		if ref.Value.Default != nil {
			found[place] = ref.Value.Default
		}
		for name, property := range ref.Value.Properties {
			visit(property, place+"."+name)
		}
		if ref.Value.Items != nil {
			visit(ref.Value.Items, place+"[]")
		}
		if ref.Value.AdditionalProperties.Schema != nil {
			visit(ref.Value.AdditionalProperties.Schema, place+".*")
		}
	}
	bodies := func(content openapi3.Content, place string) {
		for _, media := range content {
			visit(media.Schema, place)
		}
	}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for _, p := range parametersOf(item, op) {
				visit(p.Schema, parameterPlace(op, p))
			}
			if op.RequestBody != nil {
				bodies(op.RequestBody.Value.Content, op.OperationID+" request")
			}
			for status, response := range op.Responses.Map() {
				bodies(response.Value.Content, op.OperationID+" "+status)
				for name, header := range response.Value.Headers {
					visit(header.Value.Schema, op.OperationID+" "+status+" header "+name)
				}
			}
		}
	}
	return found
}
