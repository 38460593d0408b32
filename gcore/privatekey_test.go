package gcore_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/davecgh/go-spew/spew"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/canary"
)

const (
	canaryKey   = "canary-private-key"
	canaryToken = canary.Token
)

// holders are values with the canary private key in all the ways a program may hold one.
func holders() map[string]any {
	key := gcore.NewPrivateKey(canaryKey)
	created := gcore.CreatedSSHKey{Name: "k", PrivateKey: key}
	pair := gcore.KeyPair{PrivateKey: key}
	return map[string]any{
		"key":               key,
		"pointer":           &key,
		"created key":       created,
		"created pointer":   &created,
		"pair":              pair,
		"pair pointer":      &pair,
		"slice":             []gcore.PrivateKey{key},
		"map":               map[string]gcore.PrivateKey{"k": key},
		"exported field":    struct{ Key gcore.PrivateKey }{key},
		"unexported field":  struct{ key gcore.PrivateKey }{key},
		"unexported nested": struct{ created *gcore.CreatedSSHKey }{&created},
		"interface":         struct{ any any }{created},
		"error":             &gcore.ResponseError{Key: &created},
		"wrapped error":     fmt.Errorf("x: %w", &gcore.UnknownOutcomeError{Err: &gcore.ResponseError{Key: &created}}),
	}
}

func TestPrivateKeyIsNeverPrinted(t *testing.T) {
	t.Parallel()
	verbs := []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%w", "%t", "%c", "%U", "%e", "%T", "%z", "%10.3v", "%-5s", "%+q", "%#x"}
	for name, value := range holders() {
		for _, verb := range verbs {
			assertNoCanary(t, name+" "+verb, fmt.Sprintf(verb, value))
			assertNoCanary(t, name+" wrapped "+verb, fmt.Errorf(verb, value).Error())
		}
		assertNoCanary(t, name+" Sprint", fmt.Sprint(value))
		assertNoCanary(t, name+" Sprintln", fmt.Sprintln("key", value))
		assertNoCanary(t, name+" spew", spew.Sdump(value))
		bare := spew.ConfigState{DisableMethods: true, DisablePointerMethods: true, Indent: " ", SpewKeys: true}
		assertNoCanary(t, name+" spew without methods", bare.Sdump(value))
		assertNoCanary(t, name+" spew %#v", bare.Sprintf("%#+v", value))

		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "value", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "value", value)
		assertNoCanary(t, name+" slog", log.String())
	}
	assert.Equal(t, "[REDACTED] [REDACTED] [REDACTED]", fmt.Sprintf("%v %x %d", gcore.NewPrivateKey("a"), gcore.NewPrivateKey("b"), gcore.NewPrivateKey("c")))
}

func TestPrivateKeyIsNotInATestDiff(t *testing.T) {
	t.Parallel()
	recorder := &failures{}
	for name, value := range holders() {
		assert.Equal(recorder, "something else", value)
		assert.Nil(recorder, value)
		assert.ElementsMatch(recorder, []any{value}, []any{1})
		assertNoCanary(t, name, recorder.String())
	}
	require.NotEmpty(t, recorder.String())
}

func TestPrivateKeyIsNotEncoded(t *testing.T) {
	t.Parallel()
	key := gcore.NewPrivateKey(canaryKey)
	encoders := map[string]func(any) ([]byte, error){
		"json": json.Marshal,
		"xml":  xml.Marshal,
		"yaml": yaml.Marshal,
		"gob": func(v any) ([]byte, error) {
			var b bytes.Buffer
			err := gob.NewEncoder(&b).Encode(v)
			return b.Bytes(), err
		},
	}
	for format, encode := range encoders {
		for name, value := range map[string]any{
			"key": key, "pointer": &key, "created": gcore.CreatedSSHKey{PrivateKey: key},
			"pair": gcore.KeyPair{PrivateKey: key}, "field": struct{ Key gcore.PrivateKey }{key},
		} {
			data, err := encode(value)
			require.Error(t, err, "%s %s: a copy without the key would lose it silently", format, name)
			assertNoCanary(t, format+" "+name, string(data)+err.Error())
		}
	}
}

func TestPrivateKeyJSON(t *testing.T) {
	t.Parallel()
	var none, some gcore.PrivateKey
	data, err := json.Marshal(none)
	require.NoError(t, err)
	assert.Equal(t, "null", string(data))
	assert.True(t, none.IsZero())
	assert.Empty(t, none.Reveal())

	require.NoError(t, json.Unmarshal([]byte(`"secret"`), &some))
	assert.Equal(t, "secret", some.Reveal())
	assert.False(t, some.IsZero())
	require.NoError(t, json.Unmarshal([]byte(`null`), &some))
	assert.Equal(t, "secret", some.Reveal(), "null and empty text lose nothing")
	require.NoError(t, json.Unmarshal([]byte(`""`), &some))
	assert.Equal(t, "secret", some.Reveal())

	err = json.Unmarshal([]byte(`{"private_key": 12345}`), &struct {
		Key *gcore.PrivateKey `json:"private_key"`
	}{&some})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "12345")
}

func TestConfigAndCloudRedactThemselves(t *testing.T) {
	t.Parallel()
	config := gcore.Config{APIKey: canaryToken, BaseURL: "https://user:" + canaryToken + "@example.test"}
	cloud, err := gcore.NewCloud(gcore.Config{APIKey: canaryToken})
	require.NoError(t, err)
	bare := spew.ConfigState{DisableMethods: true, DisablePointerMethods: true}
	values := map[string]any{
		"config": config, "config pointer": &config, "cloud": cloud, "keys": cloud.SSHKeys(1), "api": cloud.API(),
		"holder": struct{ cloud *gcore.Cloud }{cloud},
	}
	for name, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			assertNoCanary(t, name+" "+verb, fmt.Sprintf(verb, value))
		}
		assertNoCanary(t, name+" spew", spew.Sdump(value))
		if !strings.HasPrefix(name, "config") { // its field is a plain string, as its doc comment warns
			assertNoCanary(t, name+" spew without methods", bare.Sdump(value))
			recorder := &failures{}
			assert.Equal(recorder, "something else", value)
			assertNoCanary(t, name+" test diff", recorder.String())
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "value", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "value", value)
		assertNoCanary(t, name+" slog", log.String())
	}
	for name, value := range map[string]any{"config": gcore.Config{APIKey: canaryToken}, "cloud": cloud} {
		data, _ := json.Marshal(value)
		assertNoCanary(t, name+" json", string(data))
		data, _ = xml.Marshal(value)
		assertNoCanary(t, name+" xml", string(data))
		data, _ = yaml.Marshal(value)
		assertNoCanary(t, name+" yaml", string(data))
		var stream bytes.Buffer
		require.Error(t, gob.NewEncoder(&stream).Encode(value))
		assertNoCanary(t, name+" gob", stream.String())
	}
}

// assertNoCanary fails if a canary, or a telling part of one, is in text.
func assertNoCanary(t *testing.T, where, text string) {
	t.Helper()
	if canary.In(text) {
		t.Errorf("%s shows a secret", where)
	}
}

// failures is a testing.T that only remembers what it was told.
type failures struct{ bytes.Buffer }

func (f *failures) Errorf(format string, args ...any) { fmt.Fprintf(f, format, args...) }
