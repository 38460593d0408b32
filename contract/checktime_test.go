package contract_test

import (
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

const (
	tooLong = "takes too long to check against its schemas (maxBody)"
	tooDeep = "is nested more than 200 levels deep (maxBody)"
)

// expressions is a schema that is part of itself by a oneOf, and others, each twice the work of the one before it.
var expressions = `    Expression: {oneOf: [{$ref: "#/components/schemas/And"}, {$ref: "#/components/schemas/Or"}, {$ref: "#/components/schemas/Leaf"}]}
    And: {type: object, required: [op, args], properties: {op: {type: string, enum: [and]}, args: {type: array, items: {$ref: "#/components/schemas/Expression"}}}}
    Or: {type: object, required: [op, args], properties: {op: {type: string, enum: [or]}, args: {type: array, items: {$ref: "#/components/schemas/Expression"}}}}
    Leaf: {type: object, required: [value], properties: {value: {type: number}}}
    Both: {allOf: [{properties: {c: {$ref: "#/components/schemas/Both"}}}, {properties: {c: {$ref: "#/components/schemas/Both"}}}]}
    Not: {properties: {c: {not: {$ref: "#/components/schemas/Not"}}, d: {type: string}}, not: {properties: {c: {$ref: "#/components/schemas/Not"}}, required: [e]}}
    Wide: {anyOf: [{type: string}, {type: object, properties: {c: {$ref: "#/components/schemas/Wide"}}}]}
    S0: {type: object}
` + strings.Join(chain(40, func(i int, _ func(string) string) string {
	return strings.NewReplacer("#NEXT", "S"+strconv.Itoa(i+1), "#LAST", "S"+strconv.Itoa(i)).Replace(
		`    #NEXT: {allOf: [{properties: {c: {$ref: "#/components/schemas/#LAST"}}}, {properties: {c: {$ref: "#/components/schemas/#LAST"}}}]}`)
}), "\n")

// nested is a text around inner, n times.
func nested(n int, before, inner, after string) string {
	return strings.Repeat(before, n) + inner + strings.Repeat(after, n)
}

func schemaReference(name string) string { return `{$ref: "#/components/schemas/` + name + `"}` }

// TestBodiesThatTakeTooLongAreRefused would run for days without the limit.
func TestBodiesThatTakeTooLongAreRefused(t *testing.T) {
	t.Parallel()
	and := func(n int, leaf string) string { return nested(n, `{"op":"and","args":[`, leaf, "]}") }
	for _, c := range []struct {
		name, schema, body string
		want               []string
	}{
		{"small", "Expression", and(8, `{"value":1.5}`), nil},
		{"broken deep down", "Expression", and(8, `{"value":""}`), []string{"does not fit its schema (oneOf)"}},
		{"deep", "Expression", and(20, `{"value":1.5}`), []string{tooLong}},
		{"as deep as can be", "Expression", and(99, `{"value":1.5}`), []string{tooLong}},
		{"broken", "Expression", and(20, `{"value":""}`), []string{tooLong}},
		{"with an integer to look for", "Expression", and(20, `{"value":1.0}`), []string{tooLong}},
		{"wide", "Expression", `{"op":"or","args":[` + strings.Repeat(`{"value":1},`, 10_000) + `{"value":1}]}`, nil},
		{"wide, with integers", "Expression", `{"op":"or","args":[` + strings.Repeat(`{"value":1.0},`, 10_000) + `{"value":1}]}`, nil},
		{"allOf", "Both", nested(40, `{"c":`, "{}", "}"), []string{tooLong}},
		{"not", "Not", nested(60, `{"c":`, "{}", "}"), []string{tooLong}},
		{"anyOf", "Wide", nested(40, `{"c":`, "{}", "}"), []string{tooLong}},
		{"anyOf of little depth", "Wide", nested(10, `{"c":`, "{}", "}"), nil},
		{"copies", "Wide", nested(12, `{"c":`, `{"x":[`+strings.Repeat("1,", 100_000)+`1]}`, "}"), []string{tooLong}},
		{"no schema in itself", "S40", nested(40, `{"c":`, "{}", "}"), []string{tooLong}},
		{"twice a name, and deep", "Both", nested(40, `{"c":`, `{"c":1,"c":2}`, "}"),
			[]string{strings.Repeat("/c", 41) + " is in its object more than once (duplicateName)", tooLong}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v, err := contract.NewFromDocument(schemaDocument(schemaReference(c.schema)) + expressions)
			require.NoError(t, err)
			assert.Equal(t, c.want, bodyViolations(t, v, c.body))
		})
	}
}

// TestALargeBodyOfComposedSchemasIsChecked: the bound is on what grows with each level, not on what is long.
func TestALargeBodyOfComposedSchemasIsChecked(t *testing.T) {
	t.Parallel()
	v, err := contract.NewFromDocument(schemaDocument("{type: array, items: {oneOf: [{type: object, properties: {a: {type: string}, b: {type: number}}}, {type: string}]}}"))
	require.NoError(t, err)
	list := func(item string) string { return "[" + strings.Repeat(item+",", 80_000) + `""]` }
	assert.Empty(t, bodyViolations(t, v, list(`{"a":"x","b":1.0}`)))
	assert.Equal(t, []string{"/0 does not fit its schema (oneOf)"}, bodyViolations(t, v, list(`{"a":1,"b":1}`)))
}

func TestBodiesThatAreTooDeepAreRefused(t *testing.T) {
	t.Parallel()
	v, err := contract.NewFromDocument(schemaDocument("{}"))
	require.NoError(t, err)
	assert.Empty(t, bodyViolations(t, v, nested(200, `[`, "", "]")))
	assert.Equal(t, []string{tooDeep}, bodyViolations(t, v, nested(201, `[`, "", "]")))
	assert.Empty(t, bodyViolations(t, v, nested(200, `{"a":`, "1", "}")))
	assert.Equal(t, []string{tooDeep}, bodyViolations(t, v, nested(9_990, `{"a":`, "1", "}")))
}

// TestADeepBodyTakesLittleMemory is not parallel: it looks at how much memory the process allocates.
func TestADeepBodyTakesLittleMemory(t *testing.T) {
	v, err := contract.NewFromDocument(schemaDocument(schemaReference("Node")) +
		"    Node: {type: object, required: [id], properties: {id: {type: integer}, c: {$ref: \"#/components/schemas/Node\"}}}\n")
	require.NoError(t, err)
	for depth, want := range map[int]int{200: 200, 9_990: 1} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := v.CheckRequest(request(t, "POST", "/things", nested(depth-1, `{"c":`, "{}", "}")))
		text := err.Error()
		runtime.ReadMemStats(&after)
		var found contract.Violations
		require.ErrorAs(t, err, &found)
		assert.Len(t, found, want)
		assert.Less(t, len(text), 10_000)
		assert.Less(t, (after.TotalAlloc-before.TotalAlloc)>>20, uint64(20), "MiB of memory, garbage included")
	}
}

func TestALongPointerIsCutInTheText(t *testing.T) {
	t.Parallel()
	v := &contract.Violation{Part: "body", Pointer: "/start" + strings.Repeat("/é", 500) + "/end", Reason: "is wrong", Rule: "type"}
	assert.Regexp(t, `^body /start(/é)+ … (/é)+/end is wrong \(type\)$`, v.Error())
	assert.Less(t, len(v.Error()), 300)
	v.Pointer = strings.Repeat("/abcd", 40)
	assert.Equal(t, "body "+v.Pointer+" is wrong (type)", v.Error(), "200 bytes")
}
