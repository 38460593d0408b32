package gcore_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/optest"
)

// TestMissingPropertiesAreNamed leaves each required property out of the response to each operation and out of the items of a
// list, or makes it null or empty.
func TestMissingPropertiesAreNamed(t *testing.T) {
	t.Parallel()
	spoilt := 0
	for _, op := range optest.All() {
		if op.Body == "" {
			continue
		}
		schema := op.Spec.Responses.Status(op.Status).Value.Content.Get("application/json").Schema.Value
		var body map[string]any
		require.NoError(t, json.Unmarshal([]byte(op.Body), &body))
		spoilEach(schema, body, "", func(property, change string, mayBeNull bool) {
			data, err := json.Marshal(body)
			require.NoError(t, err)
			cloud := newCloud(t, testResponse{op.Status, "application/json", string(data)}.ServeHTTP, func(c *gcore.Config) { c.MaxRetries = -1 })
			_, err = op.Facade(t.Context(), cloud, op.Example)
			where := fmt.Sprint(op.ID, " ", property, " ", change)
			if spoilt++; change == "null" && mayBeNull && property != "private_key" {
				require.NoError(t, err, where)
				return
			}
			if unknown, ok := errors.AsType[*gcore.UnknownOutcomeError](err); ok { // without private_key
				require.Equal(t, "private_key", property, where)
				err = unknown.Err
			}
			says := map[string]string{"left out": " is missing", "null": " is null", "empty": " "}[change]
			if property == "private_key" {
				says = " is missing" // null is documented, but not for a generated key
			}
			require.ErrorContains(t, err, ": "+property+says, where)
			broken, ok := errors.AsType[*gcore.ResponseError](err)
			require.True(t, ok, where)
			if op.ID == "createSSHKey" && property != "private_key" {
				require.NotNil(t, broken.Key, where)
				assert.Equal(t, "<private_key>", broken.Key.PrivateKey.Reveal(), "the error contains what arrived")
			}
		})
	}
	assert.Greater(t, spoilt, 100)
}

// spoilEach changes each required property of an object and of the first items of its lists, one at a time, and calls f.
func spoilEach(schema *openapi3.Schema, object map[string]any, place string, f func(property, change string, mayBeNull bool)) {
	for _, name := range schema.Required {
		property, kept := schema.Properties[name].Value, object[name]
		delete(object, name)
		f(place+name, "left out", property.Nullable)
		for change, value := range map[string]any{"null": nil, "empty": ""} {
			object[name] = value
			f(place+name, change, property.Nullable)
		}
		object[name] = kept
		if items, ok := kept.([]any); ok {
			spoilEach(property.Items.Value, items[0].(map[string]any), place+name+"[0]: ", f)
		}
	}
}

// TestABodyWhereThereIsNone has a success whose status is documented without a body. net/http reads no body of a 204, but a
// transport of another kind may.
func TestABodyWhereThereIsNone(t *testing.T) {
	t.Parallel()
	for _, op := range optest.All() {
		if op.Body != "" {
			continue
		}
		for body, want := range map[string]string{"": "", " ": "there should be no body", "{}": "there should be no body", listedKey: "there should be no body"} {
			_, err := op.Facade(t.Context(), cloudThrough(t, anyURL, canned{op.Status, jsonHeader(""), []byte(body)}), op.Example)
			if want == "" {
				require.NoError(t, err, op.ID)
				continue
			}
			require.ErrorContains(t, err, want, "%s %q", op.ID, body)
			assert.True(t, isTyped(err), op.ID)
		}
	}
}
