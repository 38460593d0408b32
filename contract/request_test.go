package contract_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestGoodRequests(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ method, target, body string }{
		{"POST", onePath, `{"name":"my-ssh-key"}`},
		{"POST", onePath, uploadBody},
		{"POST", onePath, ` { "name" : "a" , "later" : { "unknown" : [ 1e999 , null ] } } `},
		{"POST", onePath, `{"name":"` + strings.Repeat("ж", 254) + "𝄞" + `"}`}, // characters, not bytes
		{"POST", onePath, `{"name":"\ud834\udd1e\n"}`},
		{"GET", onePath, ""},
		{"", onePath, ""},
		{"GET", onePath + "?", ""},
		{"GET", onePath + "?limit=1&offset=0&name=&order_by=created_at.asc", ""},
		{"GET", onePath + "?order_by=name.desc&name=%26%3D%C3%A9+%2B&limit=1000", ""},
		{"GET", onePath + "?offset=9223372036854775807", ""},
		{"GET", "/cloud/v1/ssh_keys/-9223372036854775808", ""},
		{"GET", "/cloud/v1/ssh_keys/9223372036854775807", ""},
		{"GET", "/cloud/v1/ssh%5Fkeys/%31", ""},
		{"GET", keyPath, ""},
		{"GET", onePath + "/" + strings.ToUpper(keyID), ""},
		{"PATCH", keyPath, `{"shared_in_project":false}`},
		{"DELETE", keyPath, ""},
	} {
		t.Run(c.method+" "+c.target, func(t *testing.T) {
			t.Parallel()
			r := request(t, http.MethodGet, c.target, c.body)
			r.Method = c.method
			assert.NoError(t, validator.CheckRequest(r))
		})
	}
}

func TestBadPathsAndMethods(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ method, target, want string }{
		{"GET", "/", "path belongs to no operation (path)"},
		{"GET", "/cloud/v1/ssh_keys", "path belongs to no operation (path)"},
		{"GET", "/cloud/v1/ssh_keys/", "path belongs to no operation (path)"},
		{"GET", "/cloud/v1/SSH_keys/1", "path belongs to no operation (path)"},
		{"GET", "/cloud/v2/ssh_keys/1", "path belongs to no operation (path)"},
		{"GET", "//cloud/v1/ssh_keys/1", "path belongs to no operation (path)"},
		{"GET", onePath + "/", "path belongs to no operation (path)"},
		{"GET", keyPath + "/", "path belongs to no operation (path)"},
		{"GET", keyPath + "/more", "path belongs to no operation (path)"},
		{"HEAD", onePath, "path /cloud/v1/ssh_keys/{project_id} takes only the methods GET, POST (method)"},
		{"DELETE", onePath, "path /cloud/v1/ssh_keys/{project_id} takes only the methods GET, POST (method)"},
		{"get", onePath, "path /cloud/v1/ssh_keys/{project_id} takes only the methods GET, POST (method)"},
		{"POST", keyPath, "path /cloud/v1/ssh_keys/{project_id}/{ssh_key_id} takes only the methods DELETE, GET, PATCH (method)"},
		{"PUT", keyPath, "path /cloud/v1/ssh_keys/{project_id}/{ssh_key_id} takes only the methods DELETE, GET, PATCH (method)"},
		{"GET", "/cloud/v1/ssh_keys/abc", "listSSHKeys: path /project_id must be of type integer (type)"},
		{"GET", "/cloud/v1/ssh_keys/1.0", "listSSHKeys: path /project_id must be of type integer (type)"},
		{"GET", "/cloud/v1/ssh_keys/1e2", "listSSHKeys: path /project_id must be of type integer (type)"},
		{"GET", "/cloud/v1/ssh_keys/+1", "listSSHKeys: path /project_id must be of type integer (type)"},
		{"GET", "/cloud/v1/ssh_keys/01", "listSSHKeys: path /project_id must be of type integer (type)"},
		{"GET", "/cloud/v1/ssh_keys/1%20", "listSSHKeys: path /project_id must be of type integer (type)"},
		{"GET", "/cloud/v1/ssh_keys/null", "listSSHKeys: path /project_id must be of type integer (type)"},
		{"GET", "/cloud/v1/ssh_keys/9223372036854775808", "listSSHKeys: path /project_id must have the format int64 (format)"},
		{"GET", "/cloud/v1/ssh_keys/-9223372036854775809", "listSSHKeys: path /project_id must have the format int64 (format)"},
		{"GET", onePath + "/my-ssh-key", "getSSHKey: path /ssh_key_id must have the format uuid4 (format)"},
		{"GET", onePath + "/" + keyID + "0", "getSSHKey: path /ssh_key_id must have the format uuid4 (format)"},
		{"GET", onePath + "/" + keyID + "%2Fmore", "getSSHKey: path /ssh_key_id must have the format uuid4 (format)"},
		{"GET", onePath + "/" + keyID + "%0A", "getSSHKey: path /ssh_key_id must have the format uuid4 (format)"},
		{"GET", onePath + "/36a7a97a-0672-1911-8f2b-92cd4e5b0d91", "getSSHKey: path /ssh_key_id must have the format uuid4 (format)"},
		{"GET", onePath + "/36a7a97a-0672-4911-cf2b-92cd4e5b0d91", "getSSHKey: path /ssh_key_id must have the format uuid4 (format)"},
		{"GET", onePath + "/00000000-0000-0000-0000-000000000000", "getSSHKey: path /ssh_key_id must have the format uuid4 (format)"},
	} {
		t.Run(c.method+" "+c.target, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, []string{c.want}, broken(t, validator.CheckRequest(request(t, c.method, c.target, ""))))
		})
	}
}

func TestBadQueries(t *testing.T) {
	t.Parallel()
	for query, want := range map[string][]string{
		"limit=0":                    {"listSSHKeys: query /limit must be at least 1 (minimum)"},
		"limit=1001":                 {"listSSHKeys: query /limit must be at most 1000 (maximum)"},
		"limit=":                     {"listSSHKeys: query /limit must be of type integer (type)"},
		"limit=ten":                  {"listSSHKeys: query /limit must be of type integer (type)"},
		"limit=1.0":                  {"listSSHKeys: query /limit must be of type integer (type)"},
		"limit=%2B1":                 {"listSSHKeys: query /limit must be of type integer (type)"},
		"limit=+1":                   {"listSSHKeys: query /limit must be of type integer (type)"},
		"limit=007":                  {"listSSHKeys: query /limit must be of type integer (type)"},
		"limit=0x10":                 {"listSSHKeys: query /limit must be of type integer (type)"},
		"limit=1_0":                  {"listSSHKeys: query /limit must be of type integer (type)"},
		"limit=1&limit=1":            {"listSSHKeys: query /limit is given more than once (repeatedParameter)"},
		"limit=1&limit=0":            {"listSSHKeys: query /limit is given more than once (repeatedParameter)", "listSSHKeys: query /limit must be at least 1 (minimum)"},
		"offset=-1":                  {"listSSHKeys: query /offset must be at least 0 (minimum)"},
		"offset=9223372036854775808": {"listSSHKeys: query /offset must have the format int64 (format)"},
		"order_by=":                  {"listSSHKeys: query /order_by must be one of created_at.asc, created_at.desc, name.asc, name.desc (enum)"},
		"order_by=NAME.asc":          {"listSSHKeys: query /order_by must be one of created_at.asc, created_at.desc, name.asc, name.desc (enum)"},
		"sort=name":                  {"listSSHKeys: query has 1 parameter that the contract does not have: it takes only limit, name, offset, order_by (unknownParameter)"},
		"Limit=1&=2&=3":              {"listSSHKeys: query has 2 parameters that the contract does not have: it takes only limit, name, offset, order_by (unknownParameter)"},
		"name=a;limit=1":             {"listSSHKeys: query is not well-formed (encoding)"},
		"name=%zz":                   {"listSSHKeys: query is not well-formed (encoding)"},
		"x=1&offset=-1&limit=0": {
			"listSSHKeys: query /limit must be at least 1 (minimum)",
			"listSSHKeys: query /offset must be at least 0 (minimum)",
			"listSSHKeys: query has 1 parameter that the contract does not have: it takes only limit, name, offset, order_by (unknownParameter)",
		},
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, want, broken(t, validator.CheckRequest(request(t, "GET", onePath+"?"+query, ""))))
		})
	}
	t.Run("an operation without query parameters", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, []string{"getSSHKey: query has 1 parameter that the contract does not have: it takes none (unknownParameter)"},
			broken(t, validator.CheckRequest(request(t, "GET", keyPath+"?limit=1", ""))))
	})
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	const (
		missing   = "getSSHKey: header /Authorization is missing (security)"
		repeated  = "getSSHKey: header /Authorization is given more than once (security)"
		word      = `getSSHKey: header /Authorization must be the word "apikey", one space and a token (security)`
		invisible = "getSSHKey: header /Authorization must hold a token of printable ASCII, with no space at its ends (security)"
	)
	for _, c := range []struct {
		sent []string
		want string
	}{
		{[]string{"apikey 1234$abcdef"}, ""},
		{[]string{"APIKey 1234$abcdef"}, ""},
		{nil, missing},
		{[]string{"apikey a", "apikey b"}, repeated},
		{[]string{""}, word},
		{[]string{"1234$abcdef"}, word},
		{[]string{"Bearer 1234$abcdef"}, word},
		{[]string{"apikey\t1234"}, word},
		{[]string{"apikey"}, word},
		{[]string{"apikey "}, invisible},
		{[]string{"apikey  1234"}, invisible},
		{[]string{"apikey 1234 "}, invisible},
		{[]string{"apikey 12 34"}, ""},
		{[]string{"apikey My API Key"}, ""},
		{[]string{"apikey apikey 1234"}, invisible},
		{[]string{"apikey 12é34"}, invisible},
	} {
		t.Run(strings.Join(c.sent, "|"), func(t *testing.T) {
			t.Parallel()
			r := request(t, "GET", keyPath, "")
			delete(r.Header, "Authorization")
			for _, value := range c.sent {
				r.Header.Add("Authorization", value)
			}
			assert.Equal(t, c.want, strings.Join(broken(t, validator.CheckRequest(r)), "\n"))
		})
	}
}

func TestBadRequestBodies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, target, body string
		want                 []string
	}{
		{"POST", onePath, "", []string{"createSSHKey: body is missing (required)"}},
		{"POST", onePath, " ", []string{"createSSHKey: body is not JSON: one value and nothing after it (json)"}},
		{"POST", onePath, `{"name":"a"`, []string{"createSSHKey: body is not JSON: one value and nothing after it (json)"}},
		{"POST", onePath, `{"name":"a"}{}`, []string{"createSSHKey: body is not JSON: one value and nothing after it (json)"}},
		{"POST", onePath, `{"name":"a",}`, []string{"createSSHKey: body is not JSON: one value and nothing after it (json)"}},
		{"POST", onePath, "\ufeff" + `{"name":"a"}`, []string{"createSSHKey: body is not JSON: one value and nothing after it (json)"}},
		{"POST", onePath, `{"name":NaN}`, []string{"createSSHKey: body is not JSON: one value and nothing after it (json)"}},
		{"POST", onePath, `{"name":"` + "\xff" + `"}`, []string{"createSSHKey: body is not UTF-8, as JSON must be (json)"}},
		{"POST", onePath, strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001), []string{"createSSHKey: body is not JSON: one value and nothing after it (json)"}},
		{"POST", onePath, "null", []string{"createSSHKey: body must not be null (nullable)"}},
		{"POST", onePath, "[]", []string{"createSSHKey: body must be of type object (type)"}},
		{"POST", onePath, "{}", []string{"createSSHKey: body /name is missing (required)"}},
		{"POST", onePath, `{"name":null}`, []string{"createSSHKey: body /name must not be null (nullable)"}},
		{"POST", onePath, `{"name":1}`, []string{"createSSHKey: body /name must be of type string (type)"}},
		{"POST", onePath, `{"name":""}`, []string{"createSSHKey: body /name must have at least 1 character (minLength)"}},
		{"POST", onePath, `{"name":"` + strings.Repeat("ж", 256) + `"}`, []string{"createSSHKey: body /name must have at most 255 characters (maxLength)"}},
		{"POST", onePath, `{"name":"","name":"a"}`, []string{"createSSHKey: body /name is in its object more than once (duplicateName)"}},
		{"POST", onePath, `{"name":"a","n\u0061me":"b"}`, []string{"createSSHKey: body /name is in its object more than once (duplicateName)"}},
		{"POST", onePath, `{"name":"a","x":[{"y":1,"y":1}]}`, []string{"createSSHKey: body /*/*/* is in its object more than once (duplicateName)"}},
		{"POST", onePath, `{"shared_in_project":"yes","public_key":null}`, []string{
			"createSSHKey: body /public_key must not be null (nullable)",
			"createSSHKey: body /shared_in_project must be of type boolean (type)",
			"createSSHKey: body /name is missing (required)",
		}},
		{"PATCH", keyPath, "", []string{"updateSSHKey: body is missing (required)"}},
		{"PATCH", keyPath, "{}", []string{"updateSSHKey: body /shared_in_project is missing (required)"}},
		{"PATCH", keyPath, `{"shared_in_project":null}`, []string{"updateSSHKey: body /shared_in_project must not be null (nullable)"}},
		{"PATCH", keyPath, `{"shared_in_project":1}`, []string{"updateSSHKey: body /shared_in_project must be of type boolean (type)"}},
		{"GET", keyPath, "{}", []string{"getSSHKey: body must be empty: the document has no request body for this operation (noBody)"}},
		{"DELETE", keyPath, " ", []string{"deleteSSHKey: body must be empty: the document has no request body for this operation (noBody)"}},
	} {
		t.Run(c.method+" "+c.body[:min(len(c.body), 40)], func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, broken(t, validator.CheckRequest(request(t, c.method, c.target, c.body))))
		})
	}
}

func TestContentTypes(t *testing.T) {
	t.Parallel()
	const wrong = "createSSHKey: header /Content-Type must be application/json (contentType)"
	for _, c := range []struct {
		header, value string
		want          string
	}{
		{"Content-Type", "application/json", ""},
		{"Content-Type", "Application/JSON ; charset=UTF-8", ""},
		{"Content-Encoding", "identity", ""},
		{"Content-Type", "", wrong},
		{"Content-Type", "application/json;", ""},
		{"Content-Type", "application/json; charset", wrong},
		{"Content-Type", "application/problem+json", wrong},
		{"Content-Type", "text/html", wrong},
		{"Content-Type", "json", wrong},
		{"Content-Encoding", "gzip", "createSSHKey: header /Content-Encoding must be absent: a compressed body is not checked (contentEncoding)"},
	} {
		t.Run(c.header+" "+c.value, func(t *testing.T) {
			t.Parallel()
			r := request(t, "POST", onePath, uploadBody)
			r.Header.Set(c.header, c.value)
			assert.Equal(t, c.want, strings.Join(broken(t, validator.CheckRequest(r)), "\n"))

			resp := response(201, createdBody)
			resp.Header.Set(c.header, c.value)
			assert.Equal(t, c.want, strings.Join(broken(t, validator.CheckResponse(r, resp)), "\n"))
		})
	}

	r := request(t, "POST", onePath, uploadBody)
	delete(r.Header, "Content-Type")
	assert.Equal(t, []string{"createSSHKey: header /Content-Type is missing (contentType)"}, broken(t, validator.CheckRequest(r)))
	r.Header["Content-Type"] = []string{"application/json", "text/plain"}
	assert.Equal(t, []string{"createSSHKey: header /Content-Type is given more than once (contentType)"}, broken(t, validator.CheckRequest(r)))
}

func TestEveryViolationOfARequestIsReportedInOrder(t *testing.T) {
	t.Parallel()
	want := []string{
		"updateSSHKey: header /Authorization is missing (security)",
		"updateSSHKey: path /project_id must be of type integer (type)",
		"updateSSHKey: path /ssh_key_id must have the format uuid4 (format)",
		"updateSSHKey: query has 1 parameter that the contract does not have: it takes none (unknownParameter)",
		"updateSSHKey: body /shared_in_project must be of type boolean (type)",
	}
	for range 20 {
		r := request(t, "PATCH", "/cloud/v1/ssh_keys/x/y?z=1", `{"shared_in_project":"true"}`)
		r.Header.Del("Authorization")
		assert.Equal(t, want, broken(t, validator.CheckRequest(r)))
	}
}
