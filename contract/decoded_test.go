package contract_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// decoded returns what a response of the generated client has decoded of a body; nil if there is none
// in a response of that status.
func decoded(response any, status int) any {
	field := reflect.ValueOf(response).Elem().FieldByName("JSON" + strconv.Itoa(status))
	if !field.IsValid() {
		return nil
	}
	return field.Interface()
}

// assertSame checks that a typed value holds all that a recorded body does, and nothing else.
func assertSame(t *testing.T, recorded string, value any) {
	t.Helper()
	if recorded == "" {
		assert.Nil(t, value)
		return
	}
	var want any
	require.NoError(t, json.Unmarshal([]byte(recorded), &want))
	assert.Equal(t, canonical(want), canonical(untyped(reflect.ValueOf(value))))
}

// untyped returns a generated value as what its JSON would decode to. encoding/json does not do it: it
// refuses private keys, on purpose.
func untyped(v reflect.Value) any {
	switch value := v.Interface().(type) {
	case time.Time:
		return value.Format(time.RFC3339Nano)
	case gcore.PrivateKey:
		if value.IsZero() {
			return nil
		}
		return value.Reveal()
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return untyped(v.Elem())
	case reflect.Struct:
		object := map[string]any{}
		for i := range v.NumField() {
			name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if !strings.Contains(options, "omitempty") || !v.Field(i).IsZero() {
				object[name] = untyped(v.Field(i))
			}
		}
		return object
	case reflect.Map:
		object := map[string]any{}
		for name, member := range v.Seq2() {
			object[name.String()] = untyped(member)
		}
		return object
	case reflect.Slice:
		list := []any{}
		for i := range v.Len() {
			list = append(list, untyped(v.Index(i)))
		}
		return list
	case reflect.Int64:
		return float64(v.Int())
	case reflect.String:
		return v.String()
	}
	return v.Interface()
}

// canonical writes each time in a value in one way, since the same time can be written in several, and
// the sum of a private key in its place, so that no failure prints the key.
func canonical(value any) any {
	switch value := value.(type) {
	case string:
		if at, err := time.Parse(time.RFC3339, value); err == nil {
			return at.UTC().Format(time.RFC3339Nano)
		}
	case []any:
		for i := range value {
			value[i] = canonical(value[i])
		}
	case map[string]any:
		for name := range value {
			value[name] = canonical(value[name])
		}
		if key, ok := value["private_key"].(string); ok {
			value["private_key"] = fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(key)))
		}
	}
	return value
}
