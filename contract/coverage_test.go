package contract_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// see marks the places that a message exercises.
func (c *coverage) see(m message) {
	item, op, segments := c.route(m)
	if op == nil {
		return
	}
	if m.status == 0 {
		c.seen[op.OperationID] = true
		c.seeParameters(item, op, segments, m)
		if op.RequestBody != nil {
			c.seeBody(op.RequestBody.Value.Content, op.OperationID+" request", m.body)
		}
		return
	}
	status := strconv.Itoa(m.status)
	response := op.Responses.Value(status)
	if response == nil {
		return
	}
	place := op.OperationID + " " + status
	c.seen[place] = true
	c.seen[place+" "+exceptionClass(m.body)] = true
	for name := range response.Value.Headers {
		values := m.header.Values(name)
		c.presence(status+" header "+name, len(values) > 0)
		for _, value := range values {
			c.seeValue(response.Value.Headers[name].Value.Schema, status+" header "+name, value)
		}
	}
	c.seeBody(response.Value.Content, place, m.body)
}

func exceptionClass(body string) string {
	var errorResponse struct {
		Class string `json:"exception_class"`
	}
	_ = json.Unmarshal([]byte(body), &errorResponse) // other bodies have no class
	return errorResponse.Class
}

func (c *coverage) presence(place string, present bool) {
	c.seen[place+map[bool]string{true: " present", false: " absent"}[present]] = true
}

// route finds the operation of a message, by path and method.
func (c *coverage) route(m message) (*openapi3.PathItem, *openapi3.Operation, map[string]string) {
	path, _, _ := strings.Cut(m.target, "?")
	sent := strings.Split(path, "/")
	for template, item := range c.doc.Paths.Map() {
		found := map[string]string{}
		if slices.EqualFunc(strings.Split(template, "/"), sent, func(want, got string) bool {
			if name, ok := strings.CutPrefix(want, "{"); ok {
				found[strings.TrimSuffix(name, "}")] = got
				return true
			}
			return want == got
		}) {
			return item, item.GetOperation(m.method), found
		}
	}
	return nil, nil, nil
}

func (c *coverage) seeParameters(item *openapi3.PathItem, op *openapi3.Operation, segments map[string]string, m message) {
	_, raw, _ := strings.Cut(m.target, "?")
	query, err := url.ParseQuery(raw)
	if err != nil {
		return
	}
	for _, p := range parametersOf(item, op) {
		values := query[p.Name]
		switch p.In {
		case openapi3.ParameterInPath:
			values = []string{segments[p.Name]}
		case openapi3.ParameterInHeader:
			values = m.header.Values(p.Name)
		}
		c.presence(parameterPlace(op, p), len(values) > 0)
		for _, value := range values {
			c.seeValue(p.Schema, parameterPlace(op, p), value)
		}
	}
}

func (c *coverage) seeBody(content openapi3.Content, place, body string) {
	var value any
	if media := content.Get("application/json"); media != nil && json.Unmarshal([]byte(body), &value) == nil {
		c.seeValue(media.Schema, place, value)
	}
}

func (c *coverage) seeValue(ref *openapi3.SchemaRef, place string, value any) {
	place = schemaPlace(ref, place)
	switch value := value.(type) {
	case nil:
		c.seen[place+" = null"] = true
	case map[string]any:
		for name, property := range ref.Value.Properties {
			member, present := value[name]
			c.presence(place+"."+name, present)
			if present {
				c.seeValue(property, place+"."+name, member)
			}
		}
		if additional := ref.Value.AdditionalProperties.Schema; additional != nil {
			for _, member := range value {
				c.seen[place+".*"] = true
				c.seeValue(additional, place+".*", member)
			}
		}
	case []any:
		if ref.Value.Items != nil {
			for _, item := range value {
				c.seen[place+"[]"] = true
				c.seeValue(ref.Value.Items, place+"[]", item)
			}
		}
	default:
		c.seen[fmt.Sprintf("%s = %v", place, value)] = true
	}
}

// missing are the places that no message exercised.
func (c *coverage) missing() []string {
	return slices.DeleteFunc(slices.Clone(c.places), func(place string) bool { return c.seen[place] })
}

func TestTheWholeContractIsExercised(t *testing.T) {
	t.Parallel()
	e, err := gather()
	require.NoError(t, err)
	coverage, err := newCoverage(openAPI)
	require.NoError(t, err)
	for _, m := range e.exercised {
		coverage.see(m)
	}
	t.Logf("%d places, %d messages", len(coverage.places), len(e.exercised))
	assert.Greater(t, len(coverage.places), 100)
	assert.Empty(t, coverage.missing(), "nothing exercises these: add a recording, or values to fields in clientrequests_test.go")
}
