package contract_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

// TestNoPointerHoldsANameThatStandsWhereAnArrayShould: an object can be sent in the place of an array, and its names can
// be secrets.
func TestNoPointerHoldsANameThatStandsWhereAnArrayShould(t *testing.T) {
	t.Parallel()
	const twice = `{"` + canary + `":1,"` + canary + `":1}`
	const list = "{type: array, items: {type: object, additionalProperties: {type: string}}}"
	const members = "{type: object, additionalProperties: {type: integer}}"
	for _, c := range []struct {
		schema, body string
		want         []string
	}{
		{list, twice, []string{"postThing: body /* is in its object more than once (duplicateName)", "postThing: body must be of type array (type)"}},
		{"{anyOf: [" + list + ", {type: object}]}", twice, []string{"postThing: body /* is in its object more than once (duplicateName)"}},
		{"{oneOf: [{type: object}, " + list + "]}", `{"` + canary + `":` + twice + `}`, []string{"postThing: body /*/* is in its object more than once (duplicateName)"}},
		{"{allOf: [" + list + ", " + members + "]}", `{"` + canary + `":"x"}`, []string{"postThing: body must be of type array (type)", "postThing: body /* must be of type integer (type)"}},
		{"{type: object, properties: {a: " + list + "}}", `{"a":[` + twice + `],"a":{"0":` + twice + `}}`,
			[]string{"postThing: body /a/0/* is in its object more than once (duplicateName)", "postThing: body /a is in its object more than once (duplicateName)", "postThing: body /a/*/* is in its object more than once (duplicateName)",
				"postThing: body /a must be of type array (type)"}},
		{list, `[{"` + canary + `":1}]`, []string{"postThing: body /0/* must be of type string (type)"}},
	} {
		v, err := contract.NewFromDocument(schemaDocument(c.schema))
		require.NoError(t, err)
		err = v.CheckRequest(request(t, "POST", "/things", c.body))
		(&witness{t: t, rules: map[string]bool{}}).see(err)
		assert.Equal(t, c.want, broken(t, err), c.schema)
	}
}
