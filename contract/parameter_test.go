package contract_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

// parameterDocument returns a document whose one operation takes one parameter p, given as the inside of a flow YAML mapping.
func parameterDocument(parameter string) string {
	path := "/things"
	if strings.Contains(parameter, "in: path") {
		path = "/things/{p}"
	}
	return `
openapi: 3.0.3
info: {title: One parameter, version: "1"}
paths:
  ` + path + `:
    get:
      operationId: getThings
      parameters: [{name: p, ` + parameter + `}]
      responses: {"204": {description: Done}}
components:
  schemas:
    Order: {type: string, enum: [name.asc, name.desc]}
    States: {type: array, maxItems: 2, items: {type: string, enum: [NEW, RUNNING]}}
    Named: {type: object, required: [name], properties: {name: {type: string, minLength: 2}}}
`
}

func TestParameters(t *testing.T) {
	t.Parallel()
	const (
		order      = `in: query, schema: {allOf: [{$ref: "#/components/schemas/Order"}], default: name.asc}`
		either     = `in: query, schema: {anyOf: [{type: integer, maximum: 9}, {type: string, enum: [all, "12"]}]}`
		oneOf      = `in: query, schema: {oneOf: [{type: boolean}, {type: number, minimum: 1}]}`
		optional   = `in: query, schema: {anyOf: [{type: integer, minimum: 1}, {nullable: true, enum: [null]}]}`
		nullable   = `in: query, schema: {nullable: true, anyOf: [{type: string, format: ipvanyaddress}]}`
		exploded   = `in: query, schema: {type: array, maxItems: 2, items: {type: integer, maximum: 9}}`
		joined     = `in: query, explode: false, schema: {type: array, uniqueItems: true, items: {type: string, maxLength: 3}}`
		states     = `in: query, schema: {anyOf: [{$ref: "#/components/schemas/States"}, {nullable: true, enum: [null]}]}`
		eitherList = `in: query, schema: {anyOf: [{type: integer}, {type: array, minItems: 2, items: {type: integer}}]}`
		items      = `in: query, explode: false, schema: {type: array, items: {anyOf: [{type: integer}, {$ref: "#/components/schemas/Order"}]}}`
		deep       = `in: query, required: true, style: deepObject, schema: {type: object, maxProperties: 2, properties: {size: {type: integer, minimum: 1}}, additionalProperties: {type: string, maxLength: 3}}`
		closed     = `in: query, style: deepObject, schema: {additionalProperties: false, type: object, properties: {on: {anyOf: [{type: boolean}, {type: string, enum: ["any"]}]}}}`
		composed   = `in: query, style: deepObject, schema: {allOf: [{$ref: "#/components/schemas/Named"}, {type: object, properties: {size: {type: number}}}]}`
		header     = `in: header, schema: {type: array, items: {type: integer}}`
		inPath     = `in: path, required: true, schema: {type: array, items: {type: string, maxLength: 3}}`
		number     = `in: query, schema: {anyOf: [{type: integer}, {type: number, maximum: 2}]}`
	)
	for _, c := range []struct {
		parameter, target string
		want              []string
	}{
		{order, "/things?p=name.asc", nil},
		{order, "/things?p=name", []string{"query /p must be one of name.asc, name.desc (enum)"}},
		{order, "/things?p=name.asc&p=name.desc", []string{"query /p is given more than once (repeatedParameter)"}},

		{either, "/things?p=9", nil},
		{either, "/things?p=all", nil},
		{either, "/things?p=12", nil}, // as a string
		{either, "/things?p=10", []string{"query /p does not fit its schema (anyOf)"}},
		{either, "/things?p=1.0", []string{"query /p does not fit its schema (anyOf)"}},
		{either, "/things?p=", []string{"query /p does not fit its schema (anyOf)"}},
		{oneOf, "/things?p=true", nil},
		{oneOf, "/things?p=1.0", nil},
		{oneOf, "/things?p=0", []string{"query /p does not fit its schema (oneOf)"}},
		{oneOf, "/things?p=True", []string{"query /p does not fit its schema (oneOf)"}},
		{number, "/things?p=1.0", nil},
		{number, "/things?p=3", nil},
		{number, "/things?p=3.0", []string{"query /p does not fit its schema (anyOf)"}}, // neither an integer nor at most 2
		{optional, "/things?p=1", nil},
		{optional, "/things", nil},
		{optional, "/things?p=0", []string{"query /p does not fit its schema (anyOf)"}},
		{optional, "/things?p=null", []string{"query /p does not fit its schema (anyOf)"}},
		{nullable, "/things?p=%3A%3A1", nil},
		{nullable, "/things?p=localhost", []string{"query /p does not fit its schema (anyOf)"}},

		{exploded, "/things?p=1&p=2", nil},
		{exploded, "/things?p=1&p=10&p=3", []string{"query /p must have at most 2 items (maxItems)", "query /p/1 must be at most 9 (maximum)"}},
		{exploded, "/things?p=1,2", []string{"query /p/0 must be of type integer (type)"}},
		{joined, "/things?p=a,b", nil},
		{joined, "/things?p=a%2Cb,c", nil},
		{joined, "/things?p=a%2Cbc,c", []string{"query /p/0 must have at most 3 characters (maxLength)"}},
		{joined, "/things?%70=a,+a&p=a", []string{"query /p is given more than once (repeatedParameter)", "query /p must not have an item twice (uniqueItems)"}},
		{joined, "/things?p", nil},
		{states, "/things?p=NEW&p=RUNNING", nil},
		{states, "/things?p=NEW", nil},
		{states, "/things?p=NEW&p=OLD", []string{"query /p does not fit its schema (anyOf)"}},
		{eitherList, "/things?p=1", nil},
		{eitherList, "/things?p=1&p=2", nil},
		{eitherList, "/things?p=1&p=a", []string{"query /p does not fit its schema (anyOf)"}},
		{items, "/things?p=1,name.asc", nil},
		{items, "/things?p=1,name", []string{"query /p/1 does not fit its schema (anyOf)"}},
		{header, "/things", nil},
		{inPath, "/things/a,b", nil},
		{inPath, "/things/a%2Cb,c", nil},
		{inPath, "/things/a%2Cbc", []string{"path /p/0 must have at most 3 characters (maxLength)"}},

		{deep, "/things?p[size]=1&p%5Ba%5Bb%5D%5D=x%26y", nil},
		{deep, "/things?p[size]=0&p[a]=long", []string{"query /p/* must have at most 3 characters (maxLength)", "query /p/size must be at least 1 (minimum)"}},
		{deep, "/things?p[size]=1.0", []string{"query /p/size must be of type integer (type)"}},
		{deep, "/things?p[size]=1&p[size]=2", []string{"query /p/size is given more than once (repeatedParameter)"}},
		{deep, "/things?p[a]=1&p[b]=2&p[c]=3", []string{"query /p must have at most 2 properties (maxProperties)"}},
		{deep, "/things", []string{"query /p is missing (required)"}},
		{deep, "/things?p[]=1&p=1&p[a][b]=1&p[a=1&q[a]=1", []string{"query /p is missing (required)", "query has 5 parameters that the contract does not have: it takes only p (unknownParameter)"}},
		{closed, "/things?p[on]=true", nil},
		{closed, "/things?p[on]=any", nil},
		{closed, "/things?p[on]=yes&p[off]=1", []string{"query /p has a name that the schema does not have: it has only on (additionalProperties)", "query /p/on does not fit its schema (anyOf)"}},
		{composed, "/things?p[name]=ab&p[size]=1.0", nil},
		{composed, "/things?p[size]=a", []string{"query /p/name is missing (required)", "query /p/size must be of type number (type)"}},
	} {
		t.Run(c.parameter+" "+c.target, func(t *testing.T) {
			t.Parallel()
			v, err := contract.NewFromDocument(parameterDocument(c.parameter))
			require.NoError(t, err)
			var want []string
			for _, line := range c.want {
				want = append(want, "getThings: "+line)
			}
			assert.Equal(t, want, broken(t, v.CheckRequest(request(t, "GET", c.target, ""))))
		})
	}

	v, err := contract.NewFromDocument(parameterDocument(header))
	require.NoError(t, err)
	r := request(t, "GET", "/things", "")
	r.Header = http.Header{"P": {"1,2"}}
	require.NoError(t, v.CheckRequest(r))
	r.Header = http.Header{"P": {"1,a"}}
	assert.Equal(t, []string{"getThings: header /P/1 must be of type integer (type)"}, broken(t, v.CheckRequest(r)))
}

func TestParametersThatCannotBeChecked(t *testing.T) {
	t.Parallel()
	const notPlain = "parameter p: its schema is not of a plain type, nor an array of one"
	for parameter, want := range map[string]string{
		`in: query, schema: {type: object}`:                            notPlain,
		`in: query, schema: {}`:                                        notPlain,
		`in: query, schema: {nullable: true, enum: [a]}`:               notPlain,
		`in: query, schema: {anyOf: [{type: string}, {type: object}]}`: notPlain,
		`in: query, schema: {anyOf: [{type: array, items: {type: string}}, {type: array, items: {type: integer}}]}`:   notPlain,
		`in: query, schema: {type: array, items: {type: array, items: {type: string}}}`:                               notPlain,
		`in: query, schema: {type: array, items: {}}`:                                                                 notPlain,
		`in: query, schema: {type: array, items: {allOf: [{type: object}]}}`:                                          notPlain,
		`in: query, style: deepObject, schema: {type: string}`:                                                        "deepObject",
		`in: query, style: deepObject, schema: {anyOf: [{type: object}, {type: string}]}`:                             "parameter p: a deepObject whose schema is not an object",
		`in: query, style: deepObject, schema: {allOf: [{nullable: true}]}`:                                           "parameter p: a deepObject whose schema is not an object",
		`in: query, style: deepObject, schema: {type: object, properties: {a: {type: array, items: {type: string}}}}`: "parameter p: a deepObject with a member that is not of a plain type",
		`in: query, style: deepObject, schema: {type: object, additionalProperties: {allOf: [{type: object}]}}`:       "parameter p: a deepObject with a member that is not of a plain type",
		`in: query, style: deepObject, explode: false, schema: {type: object}`:                                        "deepObject",
		`in: query, style: spaceDelimited, explode: false, schema: {type: array, items: {type: string}}`:              "parameter p: the style spaceDelimited is not checked here",
		`in: query, style: pipeDelimited, explode: false, schema: {type: array, items: {type: string}}`:               "parameter p: the style pipeDelimited is not checked here",
		`in: path, required: true, style: label, schema: {type: string}`:                                              "parameter p: the style label is not checked here",
		`in: cookie, schema: {type: string}`:                                                                          "parameter p: a parameter in cookie is not checked here",
		`in: query, content: {application/json: {schema: {type: object}}}`:                                            "parameter p: it has no schema to check",
		`in: query, schema: {type: string, pattern: "^(?=.*[a-z])"}`:                                                  `(?=`,
		`in: query, schema: {type: string, format: hostname}`:                                                         "the format hostname has no check for this type",
	} {
		t.Run(parameter, func(t *testing.T) {
			t.Parallel()
			_, err := contract.NewFromDocument(parameterDocument(parameter))
			assert.ErrorContains(t, err, want)
		})
	}
}

func TestASchemaThatIsMadeOfItselfIsRefused(t *testing.T) {
	t.Parallel()
	for _, loop := range []string{
		"Loop: {allOf: [{$ref: '#/components/schemas/Loop'}]}",
		"Loop: {anyOf: [{type: string}, {oneOf: [{$ref: '#/components/schemas/Loop'}]}]}",
	} {
		_, err := contract.NewFromDocument(parameterDocument("in: query, schema: {type: string}") + "    " + loop + "\n")
		assert.ErrorContains(t, err, "/components/schemas/Loop: the schema is a part of itself, by its allOf, anyOf, oneOf or not")
	}
}
