package contract_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

// other is a document with all that openapi.yaml does not have and a later operation may.
const other = `
openapi: 3.0.3
info: {title: Other, version: "1"}
servers: [{url: https://api.example.com/v1}]
paths:
  /things/new:
    get:
      operationId: getNew
      security: [{}]
      responses:
        default: {description: Anything at all}
  /things/{id}:
    parameters:
      - {name: deep, in: query, required: true, schema: {type: integer}}
      - {name: more, in: query, schema: {type: integer}}
    get:
      operationId: getThing
      parameters:
        - {name: id, in: path, required: true, explode: true, schema: {type: array, items: {type: integer}}}
        - {name: ids, in: query, schema: {type: array, maxItems: 2, items: {type: integer, format: int32}}}
        - {name: tags, in: query, explode: false, schema: {type: array, uniqueItems: true, items: {type: string, minLength: 1}}}
        - {name: deep, in: query, required: true, schema: {type: boolean}}
        - {name: size, in: query, schema: {type: number, exclusiveMinimum: true, minimum: 0, multipleOf: 0.5}}
        - {name: x-trace, in: header, required: true, schema: {type: string, pattern: "^[a-z]+$"}}
      responses:
        2XX:
          description: Fine
          headers:
            X-Right: {required: true, schema: {type: string}}
            X-Left: {required: true, schema: {type: integer, maximum: 10}}
            X-Also: {required: true, schema: {type: string}}
          content:
            application/vnd.thing+json: {schema: {$ref: "#/components/schemas/Thing"}}
    put:
      operationId: putThing
      security: [{one: [], two: []}, {three: []}]
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: deep, in: query, schema: {type: integer}}
      requestBody:
        content:
          application/json: {schema: {$ref: "#/components/schemas/Thing"}}
      responses:
        "204": {description: Done}
components:
  securitySchemes:
    one: {type: apiKey, in: header, name: x-one}
    two: {type: apiKey, in: header, name: x-two}
    three: {type: apiKey, in: header, name: authorization}
  schemas:
    Named:
      type: object
      required: [name, kind] # kind has no schema of its own
      properties:
        name: {type: string, maxLength: 1}
    Thing:
      allOf:
        - $ref: "#/components/schemas/Named"
        - type: object
          properties:
            secret: {type: string, writeOnly: true}
            made: {type: string, readOnly: true}
            day: {type: string, format: date}
            any: {type: string, format: uuid}
            either: {oneOf: [{type: string}, {type: boolean}]}
            all: {type: array, minItems: 1, items: {type: object, minProperties: 1, maxProperties: 2, additionalProperties: {type: integer}}}
            loose: {items: {type: string}, additionalProperties: {type: integer}}
            a/b~c: {not: {type: string}, nullable: true}
`

func TestAnotherDocument(t *testing.T) {
	t.Parallel()
	v, err := contract.NewFromDocument(other)
	require.NoError(t, err)

	for _, c := range []struct {
		method, target, body string
		header               http.Header
		want                 []string
	}{
		{method: "GET", target: "/things/new"}, // before {id}
		{
			method: "GET", target: "/things/1,2?ids=2147483647&ids=-2147483648&tags=a,b&deep=true&size=15e-1&more=1",
			header: http.Header{"X-Trace": {"abc"}},
		},
		{
			method: "GET", target: "/things/a?ids=2147483648&ids=-2147483649&ids=3&tags=a,,a&deep=1&size=0&more=true",
			header: http.Header{"X-Trace": {"ABC"}},
			want: []string{
				"getThing: path /id/0 must be of type integer (type)",
				"getThing: query /more must be of type integer (type)",
				"getThing: query /ids must have at most 2 items (maxItems)",
				"getThing: query /ids/0 must have the format int32 (format)",
				"getThing: query /ids/1 must have the format int32 (format)",
				"getThing: query /tags must not have an item twice (uniqueItems)",
				"getThing: query /tags/1 must have at least 1 character (minLength)",
				"getThing: query /deep must be of type boolean (type)",
				"getThing: query /size must be more than 0 (exclusiveMinimum)",
				"getThing: header /X-Trace must match ^[a-z]+$ (pattern)",
			},
		},
		{method: "GET", target: "/things/1?size=0x1p0&deep=T", header: http.Header{"X-Trace": {"abc"}}, want: []string{
			"getThing: query /deep must be of type boolean (type)",
			"getThing: query /size must be of type number (type)",
		}},
		{method: "GET", target: "/things/1?size=0.7", want: []string{
			"getThing: query /deep is missing (required)",
			"getThing: query /size must be a multiple of 0.5 (multipleOf)",
			"getThing: header /X-Trace is missing (required)",
		}},
		{method: "PUT", target: "/things/1", header: http.Header{"X-One": {"1"}, "X-Two": {"2"}}},
		{method: "PUT", target: "/things/1", header: http.Header{"Authorization": {"apikey 3"}}},
		{method: "PUT", target: "/things/1", header: http.Header{"X-One": {"1"}, "Authorization": {""}}, want: []string{
			"putThing: header /X-Two is missing (security)",
		}},
		{
			method: "PUT", target: "/things/1", header: http.Header{"Authorization": {"apikey 3"}},
			body: `{"name":"ab","made":"x","secret":"s","day":"2025-02-30","any":"1","either":1,"all":[{},{"x":"y"},{"a":1,"b":2,"c":3}],"loose":{"x":"y"},"a/b~c":"t","more":1}`,
			want: []string{
				"putThing: body /name must have at most 1 character (maxLength)",
				"putThing: body /kind is missing (required)",
				"putThing: body /made must not be in a request (readOnly)",
				"putThing: body /a~1b~0c does not fit its schema (not)",
				"putThing: body /all/0 must have at least 1 property (minProperties)",
				"putThing: body /all/1/* must be of type integer (type)",
				"putThing: body /all/2 must have at most 2 properties (maxProperties)",
				"putThing: body /any must have the format uuid (format)",
				"putThing: body /day must have the format date (format)",
				"putThing: body /either does not fit its schema (oneOf)",
				"putThing: body /loose/* must be of type integer (type)",
			},
		},
	} {
		t.Run(c.method+" "+c.target, func(t *testing.T) {
			t.Parallel()
			r := request(t, c.method, c.target, c.body)
			r.Header.Del("Authorization")
			maps.Copy(r.Header, c.header)
			assert.Equal(t, c.want, broken(t, v.CheckRequest(r)))
		})
	}

	t.Run("responses", func(t *testing.T) {
		t.Parallel()
		thing := request(t, "GET", "/things/1", "")
		resp := response(299, `{"secret":"s","all":[]}`)
		resp.Header = http.Header{"Content-Type": {"application/vnd.thing+json"}, "X-Left": {"11"}, "X-Also": {""}, "X-Right": {""}}
		assert.Equal(t, []string{
			"getThing: header /X-Left must be at most 10 (maximum)",
			"getThing: body /name is missing (required)",
			"getThing: body /kind is missing (required)",
			"getThing: body /secret must not be in a response (writeOnly)",
			"getThing: body /all must have at least 1 item (minItems)",
		}, broken(t, v.CheckResponse(thing, resp)))
		assert.Equal(t, []string{
			"getThing: header /X-Also is missing (required)",
			"getThing: header /X-Left is missing (required)",
			"getThing: header /X-Right is missing (required)",
			"getThing: header /Content-Type must be application/vnd.thing+json (contentType)",
		}, broken(t, v.CheckResponse(thing, response(200, "{}"))))
		assert.Equal(t, []string{"getThing: status 302 Found is not documented (status)"}, broken(t, v.CheckResponse(thing, response(302, ""))))
		assert.NoError(t, v.CheckResponse(request(t, "GET", "/things/new", ""), response(302, "")))
	})
}

func TestDocumentsThatCannotBeChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ old, new, want string }{
		{"openapi: 3.0.3", "openapi: 3.1.0", "OpenAPI 3.1.0: write it as 3.0.3"},
		{"openapi: 3.0.3", "openapi: [", "reading the OpenAPI document"},
		{"openapi: 3.0.3", "", "is not valid"},
		{"format: uuid4", "format: ipv4network", "the format ipv4network has no check for this type: leave it out of the document; formats that are checked: binary, byte, date, date-time, email, "},
		{"format: int64", "format: uint8", "the format uint8 has no check for this type: leave it out of the document; formats that are checked: int32, int64"},
		{"type: string\n          format: date-time", "type: integer\n          format: date-time", "the format date-time has no check for this type"},
		{"in: query", "in: cookie", "a parameter in cookie is not checked"},
		{"            type: integer\n            format: int64\n            minimum: 1", "            minimum: 1", "not of a plain type"},
		{"in: query", "in: query\n          style: deepObject", "deepObject"},
		{"operationId: getSSHKey\n", "\n", "give the operation an operationId"},
		{"application/json:", "application/xml:", "a body of application/xml is not checked"},
		{"type: apiKey\n      in: header", "type: apiKey\n      in: query", "only an API key in a header"},
		{"    apiKey:\n", "    apiKeys:\n", "is not valid"},
		{"/{ssh_key_id}:", "/key-{ssh_key_id}:", "let a parameter fill the whole of its segment"},
		{"schema:\n                $ref: \"#/components/schemas/SSHKeyList\"", "example: 1", "has no schema"},
		{"    get:\n      operationId: listSSHKeys", "    head:\n      operationId: createSSHKey", "is not valid"},
		{"name: ssh_key_id", "name: key_id", "is not valid"},
	} {
		t.Run(c.new, func(t *testing.T) {
			t.Parallel()
			document := strings.Replace(openAPI, c.old, c.new, 1)
			require.NotEqual(t, openAPI, document, "%q is not in openapi.yaml", c.old)
			_, err := contract.NewFromDocument(document)
			assert.ErrorContains(t, err, c.want)
		})
	}
}

func TestFormatsAreNotRegisteredForEverybody(t *testing.T) {
	t.Parallel()
	assert.NotContains(t, openapi3.SchemaStringFormats, "uuid4")
}
