package contract_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

// BenchmarkCreateExchange checks the request and the response of one create, which are there
// already: the cost on top of the exchange itself.
func BenchmarkCreateExchange(b *testing.B) {
	check := createExchange(b)
	b.ReportAllocs()
	for b.Loop() {
		check()
	}
}

// BenchmarkListResponse checks a full page of 1,000 keys.
func BenchmarkListResponse(b *testing.B) {
	body := listBody(1000)
	r := request(b, "GET", "/cloud/v1/ssh_keys/1?limit=1000", "")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, validator.CheckResponse(r, response(200, body)))
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		_, err := contract.New()
		require.NoError(b, err)
	}
}

func TestCheckingACreateAllocatesLittle(t *testing.T) {
	assert.LessOrEqual(t, testing.AllocsPerRun(100, createExchange(t)), 50.0)
}

// createExchange returns a function that checks a create with a generated key.
func createExchange(t testing.TB) func() {
	r := request(t, "POST", "/cloud/v1/ssh_keys/1", uploadBody)
	sent, received := strings.NewReader(""), strings.NewReader("")
	resp := response(201, createdBody)
	return func() {
		sent.Reset(uploadBody)
		received.Reset(createdBody)
		r.Body, resp.Body = io.NopCloser(sent), io.NopCloser(received)
		if err := validator.CheckRequest(r); err != nil {
			t.Fatal(err)
		}
		if err := validator.CheckResponse(r, resp); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkNewOf500Operations reads a document of the size of Gcore's whole API, whose parameters and formats are as varied.
func BenchmarkNewOf500Operations(b *testing.B) {
	document := largeDocument()
	for b.Loop() {
		_, err := contract.NewFromDocument(document)
		require.NoError(b, err)
	}
}

// BenchmarkOperationOf500 finds the last of 500 operations.
func BenchmarkOperationOf500(b *testing.B) {
	v, err := contract.NewFromDocument(largeDocument())
	require.NoError(b, err)
	r := request(b, "GET", "/cloud/v1/things_499/1/2/"+keyID, "")
	b.ReportAllocs()
	for b.Loop() {
		if id, _ := v.Operation(r); id != "getThing499" {
			b.Fatal(id)
		}
	}
}

// largeDocument returns a document with 500 operations and as many schemas.
func largeDocument() string {
	var paths, schemas strings.Builder
	for i := range 500 {
		fmt.Fprintf(&paths, `
  /cloud/v1/things_%[1]d/{project_id}/{region_id}/{thing_id}:
    get:
      operationId: getThing%[1]d
      parameters:
        - {name: project_id, in: path, required: true, schema: {type: integer, format: int64}}
        - {name: region_id, in: path, required: true, schema: {type: integer, format: int64}}
        - {name: thing_id, in: path, required: true, schema: {type: string, format: uuid4}}
        - {name: ip, in: query, schema: {type: string, format: ipvanyaddress}}
        - {name: tags, in: query, schema: {type: array, items: {type: string}}}
        - {name: status, in: query, schema: {anyOf: [{type: integer}, {type: string, enum: [ACTIVE, ERROR]}]}}
      responses:
        "200": {description: A thing., content: {application/json: {schema: {$ref: "#/components/schemas/Thing%[1]d"}}}}
        "404": {description: None., content: {application/json: {schema: {type: object}}}}
`, i)
		fmt.Fprintf(&schemas, `
    Thing%d:
      type: object
      required: [id, price]
      properties:
        id: {type: string, format: uuid4}
        price: {type: number, minimum: 0}
        cidr: {type: string, format: ipvanynetwork, nullable: true}
        made: {type: string, format: date-time}
        names: {type: array, maxItems: 10, items: {type: string, minLength: 1, pattern: "^[a-z]+$"}}
        next: {oneOf: [{$ref: "#/components/schemas/Thing%d"}, {type: string}]}
`, i, i/10*10)
	}
	return "openapi: 3.0.3\ninfo: {title: Large, version: '1'}\npaths:" + paths.String() + "components:\n  schemas:" + schemas.String()
}
