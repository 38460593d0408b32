package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

func ExampleNewFrom() {
	validator, err := contract.NewFrom([]byte(`
openapi: 3.0.3
info: {title: Coffee, version: "1"}
servers: [{url: https://coffee.example.com/v1}]
paths:
  /cups/{id}:
    get:
      operationId: getCup
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses:
        "200":
          description: A cup
          content: {application/json: {schema: {type: object, required: [size]}}}
`))
	if err != nil {
		log.Fatal(err)
	}
	r, err := http.NewRequest("GET", "https://coffee.example.com/v1/cups/one", nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(validator.CheckRequest(r))
	// Output:
	// breaks the contract: getCup: path /id must be of type integer (type)
}

const (
	documentHead = "openapi: 3.0.3\ninfo: {title: T, version: \"1\"}\n"
	anyResponse  = "{get: {operationId: a, responses: {default: {description: d}}}}"
)

// schemas is a document with the schemas given, of which A is the one of a response.
func schemas(lines ...string) string {
	return documentHead + "paths: {/a: {get: {operationId: a, responses: {'200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}}\n" +
		"components:\n  schemas:\n    " + strings.Join(lines, "\n    ") + "\n"
}

// chain is n lines, each made with its number and with what repeats the number before it ten times.
func chain(n int, line func(i int, tenTimes func(string) string) string) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = line(i, func(text string) string {
			return strings.TrimSuffix(strings.Repeat(strings.ReplaceAll(text, "#", fmt.Sprint(i-1))+",", 10), ",")
		})
	}
	return lines
}

// TestHostileDocumentsAreRefused is not parallel: it looks at how much memory the process allocates.
func TestHostileDocumentsAreRefused(t *testing.T) {
	folder := t.TempDir()
	other := filepath.Join(folder, "other.json")
	require.NoError(t, os.WriteFile(other, []byte(`{"type":"string"}`), 0o600))
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked = true
		_, _ = w.Write([]byte(`{"type":"string"}`))
	}))
	defer server.Close()
	t.Chdir(folder)

	aliases := chain(10, func(i int, tenTimes func(string) string) string {
		if i == 0 {
			return "x-a0: &a0 [x,x]"
		}
		return fmt.Sprintf("x-a%d: &a%d [%s]", i, i, tenTimes("*a#"))
	})
	schemaAliases := append([]string{"A: {type: string}"}, chain(9, func(i int, tenTimes func(string) string) string {
		if i == 0 {
			return "S0: &s0 {type: object}"
		}
		return fmt.Sprintf("S%d: &s%d {allOf: [%s]}", i, i, tenTimes("*s#"))
	})...)
	doubled := []string{"A: {$ref: '#/components/schemas/S30'}"}
	for i := range 31 {
		one := fmt.Sprintf("{$ref: '#/components/schemas/S%d'}", i-1)
		if i == 0 {
			one = "{type: object}"
		}
		doubled = append(doubled, fmt.Sprintf("S%d: {allOf: [%s, %s]}", i, one, one))
	}
	names := make([]string, 5_001)
	for i := range names {
		names[i] = fmt.Sprintf("n%d: 1", i)
	}
	for _, c := range []struct{ name, document, want string }{
		{"OpenAPI 3.1", strings.Replace(schemas("A: {type: string}"), "3.0.3", "3.1.0", 1), "OpenAPI 3.1.0: write it as 3.0.3"},
		{"a type of 3.1", strings.Replace(schemas("A: {type: [string, 'null']}"), "3.0.3", "3.1.0", 1), "OpenAPI 3.1.0: write it as 3.0.3"},
		{"Swagger 2.0", `{"swagger": "2.0", "info": {"title": "T", "version": "1"}, "paths": {}}`, "is not valid"},
		{"nothing", "", "is not valid"},
		{"text", "coffee", "reading the OpenAPI document"},
		{"a list", "[]", "reading the OpenAPI document"},
		{"binary", "\x00\x01\x02", "it is neither JSON nor YAML"},
		{"JSON cut off", `{"openapi": "3.0.3", "paths": {`, "it is neither JSON nor YAML"},
		{"a file", schemas("A: {$ref: '" + filepath.ToSlash(other) + "'}"), "refers to another"},
		{"a file beside it", schemas("A: {$ref: other.json}"), `refers to another, "other.json"`},
		{"a part of a file", schemas("A: {$ref: 'other.json#/a'}"), "refers to another"},
		{"a URL", schemas("A: {$ref: '" + server.URL + "/other.json'}"), "refers to another"},
		{"a path in a file", documentHead + "paths: {/a: {$ref: other.json}}", "refers to another"},
		{"a name twice", schemas("A: {type: string, type: integer}"), `"type" is there already, in line`},
		{"a name twice, in JSON", `{"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": {}, "paths": {}}`, `"paths" is there already, in line 1`},
		{"an alias bomb", documentHead + "paths: {}\n" + strings.Join(aliases, "\n"), "more than a million values"},
		{"an alias bomb of schemas", schemas(schemaAliases...), "more than a million values"},
		{"an anchor within itself", schemas("A: &a {properties: {a: *a}}"), "a YAML anchor is used within itself"},
		{"schemas that double", schemas(doubled...), "the schema has more than 10,000 parts"},
		{"allOf itself", schemas("A: {allOf: [{$ref: '#/components/schemas/A'}]}"), "/components/schemas/A: the schema is a part of itself"},
		{"not itself", schemas("A: {not: {$ref: '#/components/schemas/A'}}"), "is a part of itself"},
		{"a reference in a circle", schemas("A: {$ref: '#/components/schemas/B'}", "B: {$ref: '#/components/schemas/A'}"), "contract: "},
		{"itself over another", schemas("A: {oneOf: [{$ref: '#/components/schemas/B'}]}", "B: {anyOf: [{$ref: '#/components/schemas/A'}]}"), "is a part of itself"},
		{"depth", documentHead + "paths: {}\nx-a: " + strings.Repeat("[", 500_000), "exceeded max depth"},
		{"depth in lines", documentHead + "paths: {}\nx-a:\n  " + strings.Repeat("- ", 500_000) + "x", "exceeded max depth"},
		{"length", documentHead + "paths: {}\nx-a: " + strings.Repeat("x", 8<<20), "it is longer than 8 MiB"},
		{"many values", documentHead + "paths: {}\nx-a: [" + strings.Repeat("a,", 3_000_000) + "a]", "more than a million values"},
		{"many names", documentHead + "paths: {}\nx-a: {" + strings.Join(names, ",") + "}", "an object has more than 5,000 names"},
		{"a pattern that is none", schemas("A: {type: string, pattern: '(?=a)'}"), "is not valid"},
		{"servers of a path", documentHead + "paths: {/a: {servers: [{url: https://b.example.com}], get: {operationId: a, responses: {default: {description: d}}}}}", "servers of its own"},
		{"servers of an operation", documentHead + "paths: {/a: {get: {servers: [{url: https://b.example.com}], operationId: a, responses: {default: {description: d}}}}}", "servers of its own"},
		{"a server that is no URL", documentHead + "servers: [{url: 'https://[::1'}]\npaths: {/a: " + anyResponse + "}", "is not a URL"},
		{"a server relative to nothing", documentHead + "servers: [{url: v1}]\npaths: {/a: " + anyResponse + "}", "cannot be matched"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := contract.NewFrom([]byte(c.document))
			runtime.ReadMemStats(&after)
			require.ErrorContains(t, err, c.want)
			assert.True(t, strings.HasPrefix(err.Error(), "contract: "), err.Error())
			assert.Less(t, len(err.Error()), 400)
			assert.Less(t, (after.TotalAlloc-before.TotalAlloc)>>20, uint64(64), "MiB of memory, garbage included")
		})
	}
	assert.False(t, asked, "no server is asked")
}

// TestDocumentsWithinTheBoundsAreRead: what is bounded is not what people write.
func TestDocumentsWithinTheBoundsAreRead(t *testing.T) {
	t.Parallel()
	var paths, properties strings.Builder
	for i := range 400 {
		fmt.Fprintf(&paths, "  /p%d: {get: {operationId: o%d, responses: {default: {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}\n", i, i)
		fmt.Fprintf(&properties, "p%d: {allOf: [{$ref: '#/components/schemas/B'}], nullable: true}, ", i)
	}
	for name, document := range map[string]string{
		"recursive":    schemas("A: {type: object, properties: {a: {$ref: '#/components/schemas/A'}, b: {type: array, items: {oneOf: [{$ref: '#/components/schemas/A'}, {type: string}]}}}}"),
		"with aliases": schemas("A: &a {type: object}", "B: *a", "C: {properties: {a: *a}}"),
		"long":         documentHead + "paths:\n" + paths.String() + "components:\n  schemas:\n    A: {type: object, properties: {" + properties.String() + "}}\n    B: {type: object}\n",
		"minimal":      documentHead + "paths: {}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := contract.NewFrom([]byte(document))
			require.NoError(t, err)
			var value any
			require.NoError(t, yaml.Unmarshal([]byte(document), &value))
			asJSON, err := json.Marshal(value)
			require.NoError(t, err)
			_, err = contract.NewFrom(asJSON)
			require.NoError(t, err, "as JSON")
			var indented bytes.Buffer
			require.NoError(t, json.Indent(&indented, asJSON, "", "\t"))
			_, err = contract.NewFrom(indented.Bytes())
			require.NoError(t, err, "as JSON with tabs")
		})
	}
}

func TestTheBasePathOfAServerMayStandBeforeEachPath(t *testing.T) {
	t.Parallel()
	const paths = "paths:\n  /a: " + anyResponse + "\n  /v1/b: {get: {operationId: b, responses: {default: {description: d}}}}\n  /{id}/c: {get: {operationId: c, parameters: [{name: id, in: path, required: true, schema: {type: integer}}], responses: {default: {description: d}}}}\n"
	const unknown = "path belongs to no operation (path)"
	for _, c := range []struct {
		servers string
		want    map[string]string // by target; empty if all is well
	}{
		{"[]", map[string]string{"/a": "", "/v1/b": "", "/v1/a": unknown}},
		{"[{url: https://x.example.com}]", map[string]string{"/a": "", "/v1/a": unknown}},
		{"[{url: https://x.example.com/}]", map[string]string{"/a": "", "//a": unknown}},
		{"[{url: /v1}]", map[string]string{"/a": "", "/v1/a": "", "/v1/b": "", "/v1/v1/b": "", "/v2/a": unknown, "/v1a": unknown,
			"/v1/c": "c: path /id must be of type integer (type)", "/1/c": "", "/v1/1/c": ""}},
		{"[{url: https://x.example.com/v1/}, {url: http://localhost/v1/beta}]", map[string]string{"/v1/a": "", "/v1/beta/a": "", "/a": "", "/beta/a": unknown,
			"/v1/beta/c": "c: path /id must be of type integer (type)", "/v1/beta/7/c": ""}},
		{"[{url: 'https://{zone}.example.com/{version}', variables: {zone: {default: eu}, version: {default: v3}}}]", map[string]string{"/v3/a": "", "/a": "", "/v1/a": unknown}},
	} {
		t.Run(c.servers, func(t *testing.T) {
			t.Parallel()
			v, err := contract.NewFrom([]byte(documentHead + "servers: " + c.servers + "\n" + paths))
			require.NoError(t, err)
			for target, want := range c.want {
				assert.Equal(t, want, strings.Join(broken(t, v.CheckRequest(httptest.NewRequest("GET", target, nil))), "; "), target)
			}
		})
	}
}
