package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	sshkeys "github.com/gcore-sshkeys/gcore-sshkeys-go"
)

const (
	keysPath      = "/cloud/v1/ssh_keys/{project_id}"
	keyPath       = "/cloud/v1/ssh_keys/{project_id}/{ssh_key_id}"
	longerPattern = `^[a-zA-Z0-9][a-zA-Z 0-9._\-]{1,99}[a-zA-Z0-9._]$`
)

func upstream(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("testdata/upstream.yaml")
	require.NoError(t, err)
	return string(data)
}

// ours is openapi.yaml without the operations that upstream.yaml does not have: one that is added is no drift in these tests.
var ours = sync.OnceValue(func() []byte {
	var doc map[string]any
	if err := yaml.Unmarshal([]byte(sshkeys.OpenAPI), &doc); err != nil {
		panic(err)
	}
	described := map[string][]string{keysPath: {"parameters", "get", "post"}, keyPath: {"parameters", "get", "patch", "delete"}}
	maps.DeleteFunc(doc["paths"].(map[string]any), func(path string, item any) bool {
		maps.DeleteFunc(item.(map[string]any), func(key string, _ any) bool { return !slices.Contains(described[path], key) })
		return described[path] == nil
	})
	data, err := yaml.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return data
})

// asJSON writes the same document as JSON.
func asJSON(t *testing.T, document string) string {
	t.Helper()
	doc, err := parse([]byte(document))
	require.NoError(t, err)
	data, err := json.Marshal(doc.root)
	require.NoError(t, err)
	return string(data)
}

// drift runs the program against a description and returns its lines but for the advice after the count.
func drift(t *testing.T, description string) (lines []string, drifted bool) {
	t.Helper()
	var out strings.Builder
	drifted, err := run(&out, ours(), []byte(description), knownYAML)
	require.NoError(t, err)
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "drift: ") {
			return lines, drifted
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	require.FailNow(t, "no count in what drift printed", out.String())
	return nil, false
}

func TestWordsNamesAndSpellingsAreNoDrift(t *testing.T) {
	t.Parallel()
	for encoding, description := range map[string]string{"YAML": upstream(t), "JSON": asJSON(t, upstream(t))} {
		lines, drifted := drift(t, description)
		assert.Empty(t, lines, encoding)
		assert.False(t, drifted, encoding)
	}
}

func TestDrift(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		from, to string // what changes in upstream.yaml
		want     []string
	}{
		"a default": {"maximum: 1000, default: 10", "maximum: 1000, default: 20", []string{
			"NEW: GET " + keysPath + " > query parameter limit > default: ours says 10, Gcore's says 20"}},
		"a default beside a reference": {"default: created_at.desc", "default: name.asc", []string{
			"NEW: GET " + keysPath + ` > query parameter order_by > default: ours says "created_at.desc", Gcore's says "name.asc"`}},
		"no default": {"type: boolean, default: true", "type: boolean", []string{
			"NEW: POST " + keysPath + " > request body > application/json > shared_in_project > default: only ours has it (true)"}},
		"a bound": {"maximum: 1000", "maximum: 500", []string{
			"NEW: GET " + keysPath + " > query parameter limit > maximum: ours says 1000, Gcore's says 500"}},
		"an open bound": {"exclusiveMinimum: 0", "exclusiveMinimum: 1", []string{
			"NEW: GET " + keysPath + " > query parameter limit > minimum: ours says 1, Gcore's says 2"}},
		"a new bound": {"public_key: {type: string, x-of", "public_key: {type: string, maxLength: 4096, x-of", []string{
			"NEW: POST " + keysPath + " > request body > application/json > public_key > maxLength: only Gcore's has it (4096)"}},
		"added enum value": {"ACTIVE, DELETING]", "ACTIVE, DELETING, FAILED]", []string{
			"NEW: GET " + keysPath + ` > response 200 > application/json > results > each item > state > enum: ours says ["ACTIVE","DELETING"], Gcore's says ["ACTIVE","DELETING","FAILED"]`,
			"NEW: GET " + keyPath + ` > response 200 > application/json > state > enum: ours says ["ACTIVE","DELETING"], Gcore's says ["ACTIVE","DELETING","FAILED"]`,
			"NEW: PATCH " + keyPath + ` > response 200 > application/json > state > enum: ours says ["ACTIVE","DELETING"], Gcore's says ["ACTIVE","DELETING","FAILED"]`,
			"NEW: POST " + keysPath + ` > response 201 > application/json > state > enum: ours says ["ACTIVE","DELETING"], Gcore's says ["ACTIVE","DELETING","FAILED"]`}},
		"an enum that is one value": {"Order: {type: string, enum: [name.desc, name.asc, created_at.desc, created_at.asc]}", "Order: {type: string, const: created_at.desc}", []string{
			"NEW: GET " + keysPath + ` > query parameter order_by > enum: ours says ["created_at.asc","created_at.desc","name.asc","name.desc"], Gcore's says ["created_at.desc"]`}},
		"a format": {"{in: path, name: key, required: true, schema: {type: string, format: uuid4}}", "{in: path, name: key, required: true, schema: {type: string}}", []string{
			"NEW: DELETE " + keyPath + " > path parameter ssh_key_id > format: only ours has it (uuid4)",
			"NEW: GET " + keyPath + " > path parameter ssh_key_id > format: only ours has it (uuid4)",
			"NEW: PATCH " + keyPath + " > path parameter ssh_key_id > format: only ours has it (uuid4)"}},
		"a type": {"count: {type: integer, minimum: 0}", "count: {type: number, minimum: 0}", []string{
			"NEW: GET " + keysPath + " > response 200 > application/json > count > type: ours says integer, Gcore's says number"}},
		"no longer nullable": {`private_key: {anyOf: ["type": "string", "type": "null"]`, `private_key: {anyOf: ["type": "string"]`, []string{
			"NEW: POST " + keysPath + " > response 201 > application/json > private_key > nullable: only ours has it (true)"}},
		"now nullable": {"public_key: {type: string, x-of", "public_key: {type: [string, \"null\"], x-of", []string{
			"NEW: POST " + keysPath + " > request body > application/json > public_key > nullable: only Gcore's has it (true)"}},
		"one of several": {"public_key: {type: string, x-of-some-tool: required}", "public_key: {oneOf: [{type: string, title: A}, {type: integer}]}", []string{
			"NEW: POST " + keysPath + " > request body > application/json > public_key > oneOf: only Gcore's has it ((type integer) or (type string))",
			"NEW: POST " + keysPath + " > request body > application/json > public_key > type: only ours has it (string)"}},
		"added field": {"Sharing: {properties: {shared", "Sharing: {properties: {note: {type: string}, shared", []string{
			"NEW: PATCH " + keyPath + " > request body > application/json > note: only Gcore's has it (optional)"}},
		"removed field": {"        public_key: {type: string, x-of-some-tool: required}\n", "", []string{
			"NEW: POST " + keysPath + " > request body > application/json > public_key: only ours has it (optional)"}},
		"a required field": {"required: [name]", "required: [name, public_key]", []string{
			"NEW: POST " + keysPath + " > request body > application/json > public_key: ours says optional, Gcore's says required"}},
		"other fields allowed": {"      additionalProperties: false\n", "", []string{
			"NEW: GET " + keysPath + " > response 200 > application/json > results > each item > other properties: only ours has it (not allowed)",
			"NEW: GET " + keyPath + " > response 200 > application/json > other properties: only ours has it (not allowed)",
			"NEW: PATCH " + keyPath + " > response 200 > application/json > other properties: only ours has it (not allowed)"}},
		"a schema keyword never seen before": {"Sharing: {properties", "Sharing: {dependentRequired: {a: [b]}, properties", []string{
			"NEW: PATCH " + keyPath + ` > request body > application/json > dependentRequired: only Gcore's has it ({"a":["b"]})`}},
		"a query parameter more": {"- {in: query, name: offset,", "- {in: query, name: cursor, schema: {type: string}}\n        - {in: query, name: offset,", []string{
			"NEW: GET " + keysPath + " > query parameter cursor: only Gcore's has it (optional)"}},
		"a query parameter renamed": {"{in: query, name: offset", "{in: query, name: skip", []string{
			"NEW: GET " + keysPath + " > query parameter offset: only ours has it (optional)",
			"NEW: GET " + keysPath + " > query parameter skip: only Gcore's has it (optional)"}},
		"a required parameter": {"name: limit, required: false", "name: limit, required: true", []string{
			"NEW: GET " + keysPath + " > query parameter limit: ours says optional, Gcore's says required"}},
		"another way to write a parameter": {"style: form, explode: true", "style: pipeDelimited, explode: true", []string{
			"NEW: GET " + keysPath + " > query parameter name > explode: only Gcore's has it (true)",
			"NEW: GET " + keysPath + " > query parameter name > style: only Gcore's has it (pipeDelimited)"}},
		"an operation's own parameter": {"      deprecated: false\n", "      parameters: [{in: path, name: key, required: true, schema: {type: integer}}]\n", []string{
			"NEW: GET " + keyPath + " > path parameter ssh_key_id > format: only ours has it (uuid4)",
			"NEW: GET " + keyPath + " > path parameter ssh_key_id > type: ours says string, Gcore's says integer"}},
		"another status": {"201: {description: Created", "200: {description: Created", []string{
			"NEW: POST " + keysPath + " > response 200: only Gcore's has it (described)",
			"NEW: POST " + keysPath + " > response 201: only ours has it (described)"}},
		"a body where there was none": {"204: {description: No Content}", "204: {description: No Content, content: {text/plain: {}}}", []string{
			"NEW: DELETE " + keyPath + " > response 204 > text/plain: only Gcore's has it (described)"}},
		"a response header": {"204: {description: No Content}", "204: {description: No Content, headers: {X-Request-ID: {schema: {type: string}}}}", []string{
			"NEW: DELETE " + keyPath + " > response 204 > header x-request-id: only Gcore's has it (optional)"}},
		"a default response": {"204: {description: No Content}", "204: {description: No Content}\n        default: {description: Anything}", []string{
			"NEW: DELETE " + keyPath + " > response DEFAULT: only Gcore's has it (described)"}},
		"another media type": {"requestBody:\n        content: {application/json: {schema: {$ref: \"#/components/schemas/Sharing\"}}}", "requestBody:\n        content: {application/merge-patch+json: {schema: {$ref: \"#/components/schemas/Sharing\"}}}", []string{
			"NEW: PATCH " + keyPath + " > request body > application/json: only ours has it (described)",
			"NEW: PATCH " + keyPath + " > request body > application/merge-patch+json: only Gcore's has it (described)"}},
		"removed operation": {"    delete:\n      responses:\n        204: {description: No Content}\n", "", []string{
			"NEW: DELETE " + keyPath + ": only ours has it (described)"}},
		"added operation": {"    delete:\n", "    put: {responses: {200: {description: OK}}}\n    delete:\n", []string{
			"NEW: PUT " + keyPath + ": only Gcore's has it (described)"}},
		"another version beside ours": {"  \"/cloud/v1/ssh_keys/{project}/{key}\":\n", "  \"/cloud/v2/ssh_keys\": {get: {responses: {}}}\n  \"/cloud/v1/ssh_keys/{project}/{key}\":\n", []string{
			"NEW: GET /cloud/v2/ssh_keys: only Gcore's has it (described)"}},
		"an operation deprecated": {"deprecated: false", "deprecated: true", []string{
			"NEW: GET " + keyPath + " > deprecated: only Gcore's has it (true)"}},
		"authentication by another header": {"in: header, name: authorization", "in: header, name: X-API-Key", []string{
			"NEW: DELETE " + keyPath + " > security: ours says apikey header authorization, Gcore's says apikey header x-api-key",
			"NEW: GET " + keysPath + " > security: ours says apikey header authorization, Gcore's says apikey header x-api-key",
			"NEW: GET " + keyPath + " > security: ours says apikey header authorization, Gcore's says apikey header x-api-key",
			"NEW: PATCH " + keyPath + " > security: ours says apikey header authorization, Gcore's says apikey header x-api-key",
			"NEW: POST " + keysPath + " > security: ours says apikey header authorization, Gcore's says apikey header x-api-key"}},
		"an operation without authentication": {"      deprecated: false\n", "      security: []\n", []string{
			"NEW: GET " + keyPath + " > security: ours says apikey header authorization, Gcore's says none"}},
		"another server": {"      deprecated: false\n", "      servers: [{url: \"https://eu.api.gcore.com\"}]\n", []string{
			"NEW: GET " + keyPath + " > servers: ours says https://api.gcore.com, Gcore's says https://eu.api.gcore.com"}},
		"a reference to nothing": {"count: {type: integer, minimum: 0}", "count: {$ref: \"#/components/schemas/Gone\"}", []string{
			"NEW: GET " + keysPath + " > response 200 > application/json > count > minimum: only ours has it (0)",
			"NEW: GET " + keysPath + " > response 200 > application/json > count > schema: only Gcore's has it (unreadable: #/components/schemas/Gone points at nothing)",
			"NEW: GET " + keysPath + " > response 200 > application/json > count > type: only ours has it (integer)"}},
		"a response that does not exist": {"responses:\n        200: {$ref: \"#/components/responses/KeyFound\"}", "responses:\n        200: {$ref: \"#/components/responses/Gone\"}", []string{
			"NEW: PATCH " + keyPath + " > response 200: ours says described, Gcore's says unreadable: #/components/responses/Gone points at nothing",
			"NEW: PATCH " + keyPath + " > response 200 > application/json: only ours has it (described)"}},
		"not a schema": {"count: {type: integer, minimum: 0}", "count: [integer]", []string{
			"NEW: GET " + keysPath + " > response 200 > application/json > count > minimum: only ours has it (0)",
			"NEW: GET " + keysPath + ` > response 200 > application/json > count > schema: only Gcore's has it (unreadable: ["integer"] is no object)`,
			"NEW: GET " + keysPath + " > response 200 > application/json > count > type: only ours has it (integer)"}},
		"a known divergence that is no longer true": {"requestBody:\n        content: {application/json: {schema: {$ref: \"#/components/schemas/Sharing\"}}}", "requestBody:\n        required: true\n        content: {application/json: {schema: {$ref: \"#/components/schemas/Sharing\"}}}", []string{
			"GONE: PATCH " + keyPath + " > request body: both say required"}},
		"a known divergence that became another": {`{1,61}[a-zA-Z0-9._]$'`, `{1,99}[a-zA-Z0-9._]$'`, []string{
			"NEW: GET " + keysPath + " > response 200 > application/json > results > each item > name > pattern: only Gcore's has it (" + longerPattern + ")",
			"NEW: GET " + keyPath + " > response 200 > application/json > name > pattern: only Gcore's has it (" + longerPattern + ")",
			"NEW: PATCH " + keyPath + " > response 200 > application/json > name > pattern: only Gcore's has it (" + longerPattern + ")",
			"NEW: POST " + keysPath + " > request body > application/json > name > pattern: only Gcore's has it (" + longerPattern + ")",
			"NEW: POST " + keysPath + " > response 201 > application/json > name > pattern: only Gcore's has it (" + longerPattern + ")"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			original := upstream(t)
			require.Equal(t, 1, strings.Count(original, test.from), "the change fits one place of upstream.yaml")
			description := strings.Replace(original, test.from, test.to, 1)

			for encoding, description := range map[string]string{"YAML": description, "JSON": asJSON(t, description)} {
				lines, drifted := drift(t, description)
				assert.Equal(t, test.want, lines, encoding)
				assert.True(t, drifted, encoding)
			}
		})
	}
}

func TestTheAdviceSaysWhatToDo(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	changed := strings.Replace(upstream(t), "maximum: 1000", "maximum: 500", 1)
	changed = strings.ReplaceAll(changed, "requestBody:\n", "requestBody:\n        required: true\n")

	_, err := run(&out, ours(), []byte(changed), knownYAML)

	require.NoError(t, err)
	assert.Contains(t, out.String(), "\ndrift: 1 new, 2 gone, 36 known.\n")
	assert.Contains(t, out.String(), "\nNEW: if Gcore's description is right, change openapi.yaml;")
	assert.Contains(t, out.String(), "\nGONE: the two agree there now; take the entry out of internal/drift/known.yaml.\n")
}

func TestInvalidDescriptions(t *testing.T) {
	t.Parallel()
	for description, want := range map[string]string{
		"":                                     "what Gcore publishes: neither JSON nor YAML",
		"<!doctype html><title>Log in</title>": "what Gcore publishes: not an OpenAPI document",
		"\t{":                                  "what Gcore publishes: neither JSON nor YAML",
		"openapi: 3.1.0":                       "it has no operation of openapi.yaml",
		`{"openapi": "3.1.0", "paths": {"/a": {"get": {}}}}`: "it has no operation of openapi.yaml",
	} {
		_, err := run(t.Output(), ours(), []byte(description), knownYAML)
		assert.ErrorContains(t, err, want)
	}
}

func TestACircleOfReferencesEnds(t *testing.T) {
	t.Parallel()
	for name, circle := range map[string]string{
		"of itself":     `{$ref: "#/components/schemas/State"}`,
		"through allOf": `{allOf: [{$ref: "#/components/schemas/State"}]}`,
		"through anyOf": `{anyOf: [{$ref: "#/components/schemas/State"}, {type: "null"}]}`,
		"of a field":    `{properties: {inner: {$ref: "#/components/schemas/State"}}}`,
		"of an item":    `{type: array, items: {$ref: "#/components/schemas/State"}}`,
		"of a union":    `{oneOf: [{$ref: "#/components/schemas/State"}, {type: integer}, {type: string}]}`,
	} {
		description := strings.Replace(upstream(t), "State: {type: string, title: State, enum: [ACTIVE, DELETING]}", "State: "+circle, 1)
		lines, _ := drift(t, description)
		assert.NotEmpty(t, lines, name)
	}
}

func TestJSONWithEscapedPairs(t *testing.T) {
	t.Parallel()
	description := strings.Replace(asJSON(t, upstream(t)), `"title":"Everything"`, `"title":"\ud83d\udd11"`, 1)
	require.Contains(t, description, `\ud83d`)
	lines, _ := drift(t, description)
	assert.Empty(t, lines)
}

func TestKnownDivergencesNeedAReason(t *testing.T) {
	t.Parallel()
	for known, want := range map[string]string{
		"- {where: [a], ours: b}":              "needs where and why",
		"- {why: because}":                     "needs where and why",
		"- {where: [a], why: because, our: b}": "our",
		"- {where: [no such place], why: b}":   "",
		"":                                     "",
	} {
		_, err := parseKnown([]byte(known))
		if want == "" {
			require.NoError(t, err, known)
		} else {
			require.ErrorContains(t, err, want, known)
		}
	}
	var out strings.Builder
	drifted, err := run(&out, ours(), []byte(upstream(t)), append(knownYAML, "- {where: [no such place], why: b}\n"...))
	require.NoError(t, err)
	assert.True(t, drifted)
	assert.Contains(t, out.String(), "GONE: no such place: neither says anything there\n")
}

func TestReadFileAndURL(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.FileServer(http.Dir("testdata")))
	t.Cleanup(server.Close)
	for _, where := range []string{"testdata/upstream.yaml", server.URL + "/upstream.yaml"} {
		data, err := read(where)
		require.NoError(t, err)
		assert.Equal(t, upstream(t), string(data))
		_, err = read(where + ".gone")
		require.Error(t, err)
	}
}

// An operation that is added to openapi.yaml is compared like the others, though it has nothing to do with SSH keys.
func TestEveryOperationOfOursIsCompared(t *testing.T) {
	t.Parallel()
	more := strings.Replace(string(ours()), "\npaths:\n", "\npaths:\n    /cloud/v1/projects/{id}: {get: {responses: {}}}\n", 1)
	theirs := strings.Replace(upstream(t), "\npaths:\n", "\npaths:\n  /cloud/v1/projects/{of}: {get: {deprecated: true}}\n  /cloud/v1/regions: {get: {}}\n", 1)
	var out strings.Builder

	_, err := run(&out, []byte(more), []byte(theirs), knownYAML)

	require.NoError(t, err)
	assert.Contains(t, out.String(), "NEW: GET /cloud/v1/projects/{id} > deprecated: only Gcore's has it (true)\ndrift: 1 new")
}
