package contract_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestGoodResponses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, target string
		status         int
		body           string
	}{
		{"POST", onePath, 201, createdBody},
		{"POST", onePath, 201, strings.Replace(createdBody, `"<private_key>"`, `null, "later":true`, 1)},
		{"POST", onePath, 409, errorBody},
		{"GET", onePath, 200, `{"count":0,"results":[]}`},
		{"GET", onePath, 200, listBody(1000)},
		{"GET", keyPath, 200, keyBody},
		{"GET", keyPath, 200, strings.Replace(keyBody, `"project_id":1`, `"project_id":null`, 1)},
		{"GET", keyPath, 404, `{"exception_class":"NotFoundError","message":"","request_id":"","info":{"a":{"b":1e400}},"invalid_fields":{"name":["x"],"":[]}}`},
		{"PATCH", keyPath, 200, keyBody},
		{"DELETE", keyPath, 204, ""},
		{"DELETE", keyPath, 500, errorBody},
	} {
		t.Run(fmt.Sprint(c.method, c.target, c.status), func(t *testing.T) {
			t.Parallel()
			assert.NoError(t, validator.CheckResponse(request(t, c.method, c.target, ""), response(c.status, c.body)))
		})
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	r := request(t, "POST", onePath, uploadBody)
	for _, status := range []int{400, 401, 403, 404, 409, 429, 500} {
		assert.NoError(t, validator.CheckResponse(r, response(status, errorBody)))
	}
	for _, status := range []int{-1, 0, 100, 101, 103, 200, 202, 204, 299, 300, 301, 302, 303, 304, 307, 308, 402, 405, 408, 418, 499, 501, 502, 503, 504, 599, 700, 999} {
		found := broken(t, validator.CheckResponse(r, response(status, createdBody)))
		if assert.Len(t, found, 1, status) {
			assert.Regexp(t, `^createSSHKey: status .*is not documented.* \(status\)$`, found[0])
		}
	}
	assert.Equal(t, []string{"createSSHKey: status 307 Temporary Redirect is not documented (status)"},
		broken(t, validator.CheckResponse(r, response(307, ""))))
	assert.Equal(t, []string{"createSSHKey: status is not documented, and is none that HTTP has registered (status)"},
		broken(t, validator.CheckResponse(r, response(599, ""))))
	assert.NotEmpty(t, broken(t, validator.CheckResponse(request(t, "GET", keyPath, ""), response(409, errorBody))),
		"409 is documented for creating a key only")
}

// swap returns keyBody with one field changed.
func swap(field, value string) string {
	before, rest, _ := strings.Cut(keyBody, `"`+field+`":`)
	_, after, more := strings.Cut(rest, `,"`)
	if !more {
		return before + `"` + field + `":` + value + `}`
	}
	return before + `"` + field + `":` + value + `,"` + after
}

func TestBadResponseBodies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		body string
		want []string
	}{
		{"", []string{"header /Content-Type is missing (contentType)"}},
		{"null", []string{"body must not be null (nullable)"}},
		{"<html>", []string{"body is not JSON: one value and nothing after it (json)"}},
		{keyBody + "\n" + keyBody, []string{"body is not JSON: one value and nothing after it (json)"}},
		{swap("created_at", `null`), nil},
		{swap("created_at", `"2025-06-16T17:05:50.123456+02:00"`), nil},
		{swap("created_at", `"2024-02-29T00:00:00Z"`), nil},
		{swap("created_at", `"2025-06-16"`), []string{"body /created_at must have the format date-time (format)"}},
		{swap("created_at", `"2025-06-16 17:05:50Z"`), []string{"body /created_at must have the format date-time (format)"}},
		{swap("created_at", `"2025-06-16T17:05:50"`), []string{"body /created_at must have the format date-time (format)"}},
		{swap("created_at", `"2025-06-16T17:05Z"`), []string{"body /created_at must have the format date-time (format)"}},
		{swap("created_at", `"2025-06-16T7:05:50Z"`), []string{"body /created_at must have the format date-time (format)"}},
		{swap("created_at", `"2025-06-16T17:05:50,5Z"`), []string{"body /created_at must have the format date-time (format)"}},
		{swap("created_at", `"2025-06-16T17:05:50+0200"`), []string{"body /created_at must have the format date-time (format)"}},
		{swap("created_at", `"2025-06-16T17:05:50+24:00"`), []string{"body /created_at must have the format date-time (format)"}},
		{swap("created_at", `"2025-02-29T00:00:00Z"`), []string{"body /created_at must have the format date-time (format)"}},
		{swap("created_at", `"2025-06-16T24:00:00Z"`), []string{"body /created_at must have the format date-time (format)"}},
		{swap("created_at", `" 2025-06-16T17:05:50Z"`), []string{"body /created_at must have the format date-time (format)"}},
		{swap("created_at", `""`), []string{"body /created_at must have the format date-time (format)"}},
		{swap("created_at", `1750093550`), []string{"body /created_at must be of type string (type)"}},
		{swap("id", `"36a7a97a06724911 8f2b92cd4e5b0d91"`), []string{"body /id must have the format uuid4 (format)"}},
		{swap("id", `"{`+keyID+`}"`), []string{"body /id must have the format uuid4 (format)"}},
		{swap("id", `"`+keyID+`\n"`), []string{"body /id must have the format uuid4 (format)"}},
		{swap("id", `null`), []string{"body /id must not be null (nullable)"}},
		{swap("project_id", `9223372036854775807`), nil},
		{swap("project_id", `-9223372036854775808`), nil},
		{swap("project_id", `-0`), nil},
		{swap("project_id", `9223372036854775808`), []string{"body /project_id must have the format int64 (format)"}},
		{swap("project_id", `9223372036854775808.0`), []string{"body /project_id must be of type integer (type)"}},
		{swap("project_id", `-9223372036854775809`), []string{"body /project_id must have the format int64 (format)"}},
		{swap("project_id", `1e19`), []string{"body /project_id must be of type integer (type)"}},
		{swap("project_id", `1e400`), []string{"body /project_id must be a number that a float64 can hold (type)"}},
		{swap("project_id", `1.5`), []string{"body /project_id must be of type integer (type)"}},
		{swap("project_id", `1e-400`), []string{"body /project_id must be of type integer (type)"}},
		{swap("project_id", `-1E-2147483648`), []string{"body /project_id must be of type integer (type)"}},
		{swap("project_id", `-0.0e-9999999999`), []string{"body /project_id must be of type integer (type)"}},
		{swap("project_id", `0E5`), []string{"body /project_id must be of type integer (type)"}},
		{swap("project_id", `1.0`), []string{"body /project_id must be of type integer (type)"}},
		{swap("project_id", `1e0`), []string{"body /project_id must be of type integer (type)"}},
		{swap("project_id", `4503599627370497.5`), []string{"body /project_id must be a number that a float64 can hold (type)"}},
		{swap("project_id", `1.00000000000000000000000000001`), []string{"body /project_id must be of type integer (type)"}},
		{swap("project_id", `0.99999999999999999999999999999`), []string{"body /project_id must be of type integer (type)"}},
		{swap("project_id", `1.`+strings.Repeat("0", 1000)), []string{"body /project_id must be of type integer (type)"}},
		{swap("project_id", `"1"`), []string{"body /project_id must be of type integer (type)"}},
		{swap("shared_in_project", `"true"`), []string{"body /shared_in_project must be of type boolean (type)"}},
		{swap("state", `"active"`), []string{"body /state must be one of ACTIVE, DELETING (enum)"}},
		{swap("state", `null`), []string{"body /state must be one of ACTIVE, DELETING (enum)"}},
		{swap("name", `""`), []string{"body /name must have at least 1 character (minLength)"}},
		{strings.TrimSuffix(keyBody, "}") + `,"private_key":null,"more":1}`, []string{"body has a name that the schema does not have: it has only created_at, fingerprint, id, name, project_id, public_key, shared_in_project, state (additionalProperties)"}},
		{`{"id":1}`, []string{
			"body /id must be of type string (type)",
			"body /created_at is missing (required)",
			"body /fingerprint is missing (required)",
			"body /name is missing (required)",
			"body /project_id is missing (required)",
			"body /public_key is missing (required)",
			"body /shared_in_project is missing (required)",
			"body /state is missing (required)",
		}},
	} {
		t.Run(c.body[:min(len(c.body), 60)], func(t *testing.T) {
			t.Parallel()
			var want []string
			for _, line := range c.want {
				want = append(want, "getSSHKey: "+line)
			}
			assert.Equal(t, want, broken(t, validator.CheckResponse(request(t, "GET", keyPath, ""), response(200, c.body))), c.body)
		})
	}
}

func TestPointersIntoLists(t *testing.T) {
	t.Parallel()
	body := `{"count":-1,"results":[` + keyBody + `,` + swap("state", `"NEW"`) + `,7]}`
	assert.Equal(t, []string{
		"listSSHKeys: body /count must be at least 0 (minimum)",
		"listSSHKeys: body /results/1/state must be one of ACTIVE, DELETING (enum)",
		"listSSHKeys: body /results/2 must be of type object (type)",
	}, broken(t, validator.CheckResponse(request(t, "GET", onePath, ""), response(200, body))))
}

func TestErrorBodies(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		`{"message":"x"}`: {"getSSHKey: body /exception_class is missing (required)"},
		`{"exception_class":"E","message":"x","info":[]}`:                                 {"getSSHKey: body /info must be of type object (type)"},
		`{"exception_class":"E","message":"x","invalid_fields":{"one":"no","two":"no"}}`:  {"getSSHKey: body /invalid_fields/* must be of type array (type)"},
		`{"exception_class":"E","message":"x","invalid_fields":{"1":[""],"two":["",1]}}`:  {"getSSHKey: body /invalid_fields/*/1 must be of type string (type)"},
		`{"exception_class":"E","message":"x","invalid_fields":{"one":["a"],"one":null}}`: {"getSSHKey: body /invalid_fields/* is in its object more than once (duplicateName)", "getSSHKey: body /invalid_fields/* must not be null (nullable)"},
	} {
		assert.Equal(t, want, broken(t, validator.CheckResponse(request(t, "GET", keyPath, ""), response(404, body))), body)
	}
}

func TestBodiesWhereThereIsNone(t *testing.T) {
	t.Parallel()
	r := request(t, "DELETE", keyPath, "")
	assert.Equal(t, []string{"deleteSSHKey: body must be empty: the document has no content for this status (noBody)"}, broken(t, validator.CheckResponse(r, response(204, "{}"))))
	empty := response(204, "")
	empty.Body = nil
	assert.NoError(t, validator.CheckResponse(r, empty))
}

func TestResponseToAnUnknownRequest(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"path belongs to no operation (path)"},
		broken(t, validator.CheckResponse(request(t, "GET", "/", ""), response(404, errorBody))))
}

func TestDocumentedHeadersAreChecked(t *testing.T) {
	t.Parallel()
	resp := response(429, errorBody)
	resp.Header["Retry-After"] = []string{"5", "6"}
	assert.Equal(t, []string{"getSSHKey: header /Retry-After is given more than once (repeatedParameter)"},
		broken(t, validator.CheckResponse(request(t, "GET", keyPath, ""), resp)))
}

func TestEveryRepeatedNameIsReportedOnce(t *testing.T) {
	t.Parallel()
	body := `{"a":` + keyBody + `,"count":0,"count":0,"results":[{"id":1,"id":1,"id":1},{"x":1,"x":1,"y":1,"y":1}]}`
	found := broken(t, validator.CheckResponse(request(t, "GET", onePath, ""), response(200, body)))
	assert.Equal(t, []string{
		"listSSHKeys: body /count is in its object more than once (duplicateName)",
		"listSSHKeys: body /results/0/id is in its object more than once (duplicateName)",
		"listSSHKeys: body /results/1/* is in its object more than once (duplicateName)",
	}, found[:3])
	assert.NotContains(t, strings.Join(found[3:], "\n"), "duplicateName")

	body = `{"count":0,"results":[` + strings.Repeat(`{"id":1,"id":1},`, 200) + `1]}`
	found = broken(t, validator.CheckResponse(request(t, "GET", onePath, ""), response(200, body)))
	assert.Equal(t, 100, strings.Count(strings.Join(found, "\n"), "duplicateName"), "up to a bound")
}

func TestOnlyTheFirstViolationOfAVastBodyIsReported(t *testing.T) {
	t.Parallel()
	body := `{"count":0,"results":[` + strings.Repeat("1,", 20_000) + `1]}`
	assert.Equal(t, []string{"listSSHKeys: body /results/0 must be of type object (type)"},
		broken(t, validator.CheckResponse(request(t, "GET", onePath, ""), response(200, body))))
}
