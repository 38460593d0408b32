package contract_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

func TestFormats(t *testing.T) {
	t.Parallel()
	for format, c := range map[string]struct{ accepted, refused []string }{
		"uuid": {[]string{"36a7a97a-0672-1911-cf2b-92cd4e5b0d91", "36A7A97A-0672-1911-CF2B-92CD4E5B0D9F"}, []string{
			"", "36a7a97a067219118f2b92cd4e5b0d91", "36a7a97a-0672-1911-cf2b-92cd4e5b0d9", "36a7a97a-0672-1911-cf2b-92cd4e5b0d911",
			"36a7a97a-0672-1911-cf2b-92cd4e5b0d9g", "36a7a97a-0672-1911-cf2b-92cd4e5b0d9G", "36a7a97a-0672-1911-cf2b-92cd4e5b0d9/",
			"36a7a97a-0672-1911-cf2b-92cd4e5b0d9@", "36a7a97a-0672-1911-cf2b-92cd4e5b0d9`", "36a7a97a-0672-1911-cf2b_92cd4e5b0d91",
			"36a7a97-a0672-1911-cf2b-92cd4e5b0d91", "{6a7a97a-0672-1911-cf2b-92cd4e5b0d91", "36a7a97a-0672-1911-cf2b-92cd4e5b0d9\n",
		}},
		"uuid4":    {[]string{"36a7a97a-0672-4911-8f2b-92cd4e5b0d91"}, []string{"", "36a7a97a-0672-1911-8f2b-92cd4e5b0d91", "36a7a97a-0672-4911-7f2b-92cd4e5b0d91"}},
		"date":     {[]string{"2024-02-29"}, []string{"", "2025-02-29", "2024-2-29", "2024-02-29T00:00:00Z"}},
		"password": {[]string{"", "any string\n"}, nil},
		"binary":   {[]string{"", "any string\n"}, nil},
		"byte": {
			[]string{"", "aGk=", "+/+/"},
			[]string{"a", "aGk", "-_-_", "aG k=", "aGk=\n", "aGl=", "aGk=aGk="},
		},
		"email": {
			[]string{"a@example.com", "a.b+c@example.com", "postmaster@localhost"},
			[]string{"", "a", "a@", "@example.com", "a b@example.com", "Alice <a@example.com>", "<a@example.com>", " a@example.com", "a@example.com, b@example.com", "a@example.com\n"},
		},
		"uri": {
			[]string{"https://example.com", "https://example.com:8443/a%20b?c=d#e", "mailto:a@example.com", "urn:uuid:1", "s3://bucket/key"},
			[]string{"", "example.com", "/a/b", "//example.com/a", "https://example.com/a b", "https://exa mple.com", "https://example.com/%zz", "https://example.com/é", "https://example.com/\n", "1http://example.com", "https://example.com/<a>"},
		},
		"ipv4": {
			[]string{"192.168.0.1", "0.0.0.0"},
			[]string{"", "192.168.0", "192.168.0.256", "192.168.0.01", "192.168.0.1/32", "::1", "::ffff:192.168.0.1", " 192.168.0.1", "3232235521"},
		},
		"ipv6": {
			[]string{"::1", "2001:db8::1", "::ffff:192.168.0.1", "2001:DB8::1"},
			[]string{"", "192.168.0.1", "2001:db8::1/128", "fe80::1%eth0", "2001:db8:::1", "[::1]"},
		},
		"ipvanyaddress": {
			[]string{"192.168.0.1", "2001:db8::1"},
			[]string{"", "192.168.0.1/24", "2001:db8::/32", "fe80::1%eth0", "example.com"},
		},
		"ipvanynetwork": {
			[]string{"192.168.0.0/24", "192.168.128.0/30", "2001:db00::0/120", "0.0.0.0/0", "::/0", "192.168.0.1", "192.168.0.1/32", "2001:db8::1"},
			[]string{"", "192.168.0.1/24", "2001:db8::1/64", "192.168.0.0/33", "192.168.0.0/", "192.168.0.0/024", "192.168.0.0/255.255.255.0", "fe80::%eth0/64", "fe80::1%eth0", "hello,world", "192.168.0.1.1.1/24"},
		},
		"ipvanyinterface": {
			[]string{"192.168.0.1/24", "192.168.0.0/24", "2001:db8::1/64", "192.168.0.1", "2001:db8::1"},
			[]string{"", "192.168.0.1/33", "192.168.0.256/24", "192.168.0.1/24/24", "fe80::1%eth0/64", "fe80::1%eth0"},
		},
		"ipv4interface": {
			[]string{"192.168.0.1/24", "192.168.0.0/24", "192.168.0.1"},
			[]string{"", "2001:db8::1/64", "2001:db8::1", "192.168.0.1/33", "::ffff:192.168.0.1/24"},
		},
	} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			v, err := contract.NewFromDocument(schemaDocument("{type: string, format: " + format + "}"))
			require.NoError(t, err)
			check := func(value string) []string {
				body, err := json.Marshal(value)
				require.NoError(t, err)
				return bodyViolations(t, v, string(body))
			}
			for _, value := range c.accepted {
				assert.Nil(t, check(value), "%q", value)
			}
			for _, value := range c.refused {
				assert.Equal(t, []string{"must have the format " + format + " (format)"}, check(value), "%q", value)
			}
		})
	}
}

func TestFormatsOfNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		schema, body string
		want         []string
	}{
		{"{type: number, format: double}", "1.7976931348623157e308", nil},
		{"{type: number, format: float}", "3.4028234e38", nil},
		{"{type: number, format: float}", "-3.5e38", []string{"must have the format float (format)"}},
		{"{type: integer, format: int32}", "2147483647", nil},
		{"{type: integer, format: int32}", "2147483648", []string{"must have the format int32 (format)"}},
	} {
		v, err := contract.NewFromDocument(schemaDocument(c.schema))
		require.NoError(t, err)
		assert.Equal(t, c.want, bodyViolations(t, v, c.body), "%s: %s", c.schema, c.body)
	}
}

// The root package checks the examples of openapi.yaml too, but only the formats that kin-openapi knows.
func TestTheExamplesHaveTheirFormats(t *testing.T) {
	t.Parallel()
	require.NoError(t, wrongExamples(t, openAPI))
	for _, c := range []struct{ old, new string }{
		{"example: 36a7a97a-0672-4911-8f2b-92cd4e5b0d91\n\n  schemas:", "example: 36a7a97a-0672-1911-8f2b-92cd4e5b0d91\n\n  schemas:"},
		{"example: my-ssh\n", "example: my-ssh\n        - {name: ip, in: query, schema: {type: string, format: ipv4, example: 10.0.0.256}}\n"},
		{"id: 36a7a97a-0672-4911-8f2b-92cd4e5b0d91\n                    name", "id: 36a7a97a-0672-1911-8f2b-92cd4e5b0d91\n                    name"},
		{`example: "5"`, "example: 5"},
	} {
		require.Contains(t, openAPI, c.old)
		assert.Error(t, wrongExamples(t, strings.Replace(openAPI, c.old, c.new, 1)), c.new)
	}
}

// wrongExamples returns what is wrong with the examples of a document.
func wrongExamples(t *testing.T, document string) error {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(document))
	require.NoError(t, err)
	var wrong []error
	check := func(place string, schema *openapi3.SchemaRef, example any) {
		if example == nil {
			return
		}
		if err := contract.CheckValue(schema.Value, example); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", place, err))
		}
	}
	content := func(place string, content openapi3.Content) {
		for _, media := range content {
			check(place, media.Schema, media.Example)
			for name, example := range media.Examples {
				check(place+" "+name, media.Schema, example.Value.Value)
			}
		}
	}
	require.NoError(t, doc.WalkSchemas(func(pointer string, ref *openapi3.SchemaRef) error {
		check(pointer, ref, ref.Value.Example)
		return nil
	}))
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for _, p := range parametersOf(item, op) {
				check(op.OperationID+" "+p.Name, p.Schema, p.Example)
			}
			if op.RequestBody != nil {
				content(op.OperationID, op.RequestBody.Value.Content)
			}
			for status, response := range op.Responses.Map() {
				content(op.OperationID+" "+status, response.Value.Content)
				for name, header := range response.Value.Headers {
					check(op.OperationID+" "+status+" "+name, header.Value.Schema, header.Value.Example)
				}
			}
		}
	}
	return errors.Join(wrong...)
}
