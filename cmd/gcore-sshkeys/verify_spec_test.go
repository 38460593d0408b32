package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const coffee = `
openapi: 3.0.3
info: {title: Coffee, version: "1"}
servers: [{url: "https://{zone}.coffee.example.com:443/v1", variables: {zone: {default: eu}}}]
paths:
  /cups/{id}:
    get:
      operationId: getCup
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {"204": {description: Empty}}
`

func cup(url string) object { return exchange(object{"method": "GET", "url": url}, nil) }

func TestVerifyAgainstAnotherDocument(t *testing.T) {
	workIn(t)
	traffic := harFile(t,
		cup("https://eu.coffee.example.com/v1/cups/1"),
		cup("https://eu.coffee.example.com/v1/cups/one"),
		cup("https://eu.coffee.example.com/v2/cups/1"),
		cup("http://localhost:8080/cups/two"),
		exchange(nil, nil), // Gcore's
	)
	writeFile(t, "traffic.har", traffic)
	writeFile(t, "coffee.yaml", coffee)
	writeFile(t, "anywhere.yaml", strings.Replace(coffee, `{url: "https://{zone}.coffee.example.com:443/v1", variables: {zone: {default: eu}}}`, "{url: /v1}", 1))
	t.Setenv("GCORE_BASE_URL", "http://localhost:8080")
	const one = "traffic.har: exchange 2, GET getCup, request: path /id must be of type integer (type)\n"
	const four = "traffic.har: exchange 4, GET getCup, request: path /id must be of type integer (type)\n"
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--spec", "coffee.yaml"}, one + "traffic.har: 2 exchanges checked, 3 ignored (2 with other hosts, 1 with other paths); 1 violation\n"},
		{[]string{"--spec", "coffee.yaml", "--host", "localhost:8080"}, one + four + "traffic.har: 3 exchanges checked, 2 ignored (1 with other hosts, 1 with other paths); 2 violations\n"},
		{[]string{"--spec", "anywhere.yaml"}, one + four + "traffic.har: 3 exchanges checked, 2 ignored (0 with other hosts, 2 with other paths); 2 violations\n"},
		{[]string{"--spec", "anywhere.yaml", "--host", "localhost:8080"}, four + "traffic.har: 1 exchange checked, 4 ignored (4 with other hosts, 0 with other paths); 1 violation\n"},
	} {
		stdout, stderr, err := command(t, append([]string{"verify", "traffic.har"}, c.args...)...)
		require.ErrorContains(t, err, "the traffic breaks the contract: ")
		assert.Equal(t, c.want, stdout, c.args)
		assert.Empty(t, stderr)
	}
}

func TestVerifyFailsOnDocumentsThatCannotBeChecked(t *testing.T) {
	workIn(t)
	writeFile(t, "traffic.har", harFile(t, cup("https://eu.coffee.example.com/v1/cups/one")))
	writeFile(t, "new.yaml", strings.Replace(coffee, "3.0.3", "3.1.0", 1))
	writeFile(t, "bearer.yaml", coffee+"security: [{token: []}]\ncomponents: {securitySchemes: {token: {type: http, scheme: bearer}}}\n")
	writeFile(t, "split.yaml", strings.Replace(coffee, "schema: {type: integer}", "schema: {$ref: coffee.yaml}", 1))
	writeFile(t, "long.yaml", coffee+"x-long: "+strings.Repeat("x", 8<<20)+"\n")
	writeFile(t, "empty.yaml", "")
	for name, want := range map[string]string{
		"new.yaml":    "new.yaml: contract: the document is OpenAPI 3.1.0: write it as 3.0.3",
		"bearer.yaml": "bearer.yaml: contract: GET /cups/{id}: security scheme token: only an API key in a header is checked here",
		"split.yaml":  `split.yaml: contract: the document refers to another, "coffee.yaml"`,
		"long.yaml":   "long.yaml: contract: reading the OpenAPI document: it is longer than 8 MiB",
		"empty.yaml":  "empty.yaml: contract: ",
		".":           "read the OpenAPI document: ",
	} {
		stdout, _, err := command(t, "verify", "--spec", name, "traffic.har")
		require.ErrorContains(t, err, want)
		assert.Empty(t, stdout)
	}
	_, _, err := command(t, "verify", "--spec", "missing.yaml", "traffic.har")
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, "missing.yaml")
}
