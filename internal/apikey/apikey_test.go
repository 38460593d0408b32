package apikey_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/apikey"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"1234$abcdef", "My API Key", "a", "12", "apikeyring", "~!$"} {
		assert.NoError(t, apikey.Check(key), "%q", key)
	}
	for key, want := range map[string]string{
		"":                   "empty",
		" 1234$abcdef":       "space",
		"1234$abcdef ":       "space",
		"1234$abcdef\n":      "line break",
		"1234\tabcdef":       "line break",
		"1234$\u00e9":        "at byte 6",
		"1234$a\u00a0b":      "at byte 7",
		"apikey 1234$abcdef": "leave the word out",
		"APIKey 1234$abcdef": "leave the word out",
	} {
		err := apikey.Check(key)
		if assert.ErrorContains(t, err, want, "%q", key) {
			assert.NotContains(t, err.Error(), "abcdef")
		}
	}
}

func TestFromHeader(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"apikey 1234$a": "1234$a", "APIKey My API Key": "My API Key", "apikey ": "", "apikey  x": " x"} {
		key, ok := apikey.FromHeader(value)
		assert.True(t, ok, value)
		assert.Equal(t, want, key)
	}
	for _, value := range []string{"", "apikey", "Bearer x", "apikeyx y"} {
		_, ok := apikey.FromHeader(value)
		assert.False(t, ok, value)
	}
}
