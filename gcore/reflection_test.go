package gcore_test

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// TestReflectionFindsNoAPIKey looks for the API key in all that can be reached from a client, also in its transport: the buffers of
// a connection hold the requests that were sent.
func TestReflectionFindsNoAPIKey(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, listedKey)
	})
	_, err := cloud.SSHKeys(1).Get(t.Context(), someID)
	require.NoError(t, err)
	_, err = cloud.API().GetSSHKeyWithResponse(t.Context(), 1, someID)
	require.NoError(t, err)
	for name, value := range map[string]any{"cloud": cloud, "keys": cloud.SSHKeys(1), "api": cloud.API()} {
		assert.Empty(t, pathsToCanary(value), name)
	}
	found := pathsToCanary(struct {
		config any
		buffer *[][]byte
	}{gcore.Config{APIKey: canaryToken}, &[][]byte{nil, []byte("apikey " + canaryToken)}})
	assert.Equal(t, []string{".config.APIKey", ".buffer[1]"}, found, "where the key is, the test finds it")
}

// pathsToCanary returns where the API key is in a value, as paths of fields.
func pathsToCanary(value any) []string {
	w := walker{seen: map[unsafe.Pointer]bool{}}
	w.walk(reflect.ValueOf(value), "")
	return w.found
}

type walker struct {
	seen  map[unsafe.Pointer]bool // pointers that were followed
	found []string
}

func (w *walker) walk(v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && !w.seen[v.UnsafePointer()] {
			w.seen[v.UnsafePointer()] = true
			w.walk(v.Elem(), path)
		}
	case reflect.Interface:
		w.walk(v.Elem(), path)
	case reflect.Struct:
		for info, field := range v.Fields() {
			w.walk(field, path+"."+info.Name)
		}
	case reflect.Map:
		for entry := v.MapRange(); entry.Next(); {
			w.walk(entry.Key(), path+"[key]")
			w.walk(entry.Value(), path+"[]")
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			w.text(string(v.Bytes()), path)
			return
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			w.walk(v.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	case reflect.String:
		w.text(v.String(), path)
	}
}

func (w *walker) text(text, path string) {
	if strings.Contains(text, "canarytoken") {
		w.found = append(w.found, path)
	}
}
