package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestVerifyRefusesAnEmptySpec(t *testing.T) {
	workIn(t)
	writeFile(t, "traffic.har", harFile(t, exchange(nil, nil)))
	for _, args := range [][]string{{"--spec", ""}, {"--spec="}} {
		stdout, _, err := command(t, append([]string{"verify", "traffic.har"}, args...)...)
		require.EqualError(t, err, "--spec is empty: name the file of an OpenAPI document", args)
		assert.Equal(t, statusUsage, exitStatus(t.Context(), err))
		assert.Empty(t, stdout)
	}
}

// TestVerifyNamesTheCredentialsOfTheDocument: they need not be in an Authorization header.
func TestVerifyNamesTheCredentialsOfTheDocument(t *testing.T) {
	workIn(t)
	writeFile(t, "keys.yaml", coffee+"security: [{key: [], app: []}]\ncomponents: {securitySchemes: {key: {type: apiKey, in: header, name: X-Cup-Key}, app: {type: apiKey, in: header, name: X-App}}}\n")
	sent := func(names ...string) object {
		headers := []object{{"name": "Authorization", "value": "apikey 1"}}
		for _, name := range names {
			headers = append(headers, object{"name": name, "value": "1"})
		}
		return exchange(object{"method": "GET", "url": "https://eu.coffee.example.com/v1/cups/1", "headers": headers}, nil)
	}
	const hint = "If the program that saved the file left X-App and X-Cup-Key headers out, give --without-credentials.\n"
	for _, c := range []struct {
		exchange   object
		violations int
		stderr     string
	}{
		{sent("X-Cup-Key", "X-App"), 0, ""},
		{sent(), 2, hint},
		{sent("X-App"), 1, strings.Replace(hint, "X-App and ", "", 1)},
		{sent("X-App", "X-Cup-Key", "X-Cup-Key"), 1, ""},
	} {
		writeFile(t, "traffic.har", harFile(t, c.exchange))
		stdout, stderr, err := command(t, "verify", "--spec", "keys.yaml", "traffic.har")
		assert.Equal(t, c.violations > 0, err != nil)
		assert.Contains(t, stdout, "; "+many(c.violations, "violation")+"\n")
		assert.Equal(t, c.stderr, stderr)

		stdout, stderr, _ = command(t, "verify", "--spec", "keys.yaml", "--without-credentials", "traffic.har")
		if c.stderr != "" || c.violations == 0 {
			assert.Contains(t, stdout, "; 0 violations\n")
		} else {
			assert.Contains(t, stdout, "X-Cup-Key is given more than once", "what is there is checked")
		}
		assert.Empty(t, stderr)
	}
}

func TestVerifyNamesTheHostsOfTheDocument(t *testing.T) {
	workIn(t)
	writeFile(t, "coffee.yaml", coffee)
	writeFile(t, "elsewhere.har", harFile(t, cup("https://us.coffee.example.com/v1/cups/1"), cup("http://localhost:8080/cups/1")))
	writeFile(t, "here.har", harFile(t, cup("https://eu.coffee.example.com/v2/cups/1"), cup("http://localhost:8080/cups/1")))
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--spec", "coffee.yaml", "elsewhere.har"}, "no exchange was checked: none is with eu.coffee.example.com:443: add other hosts with --host, or give --allow-empty"},
		{[]string{"--spec", "coffee.yaml", "--host", "a.example.com", "elsewhere.har"}, "no exchange was checked: none is with a.example.com or eu.coffee.example.com:443: add other hosts with --host, or give --allow-empty"},
		{[]string{"elsewhere.har"}, "no exchange was checked: none is with api.gcore.com: add other hosts with --host, or give --allow-empty"},
		{[]string{"--spec", "coffee.yaml", "here.har"}, "no exchange was checked: see --host, or give --allow-empty"},
	} {
		_, _, err := command(t, append([]string{"verify"}, c.args...)...)
		require.EqualError(t, err, c.want)
		assert.Equal(t, statusNotChecked, exitStatus(t.Context(), err))
	}
}
