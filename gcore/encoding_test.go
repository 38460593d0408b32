package gcore_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// contentEncodings are values of the Content-Encoding header; absent means that there is no such header.
var contentEncodings = []string{
	"gzip", "GZIP", "x-gzip", "gzip, identity", "identity, gzip", " gzip ", "gzip, gzip", "deflate", "DEFLATE", "zlib",
	"br", "zstd", "compress", "identity", "", "absent", "\x80",
}

// compressors are the formats that a compressed body can have.
var compressors = map[string]func(w io.Writer, level int) (flushWriter, error){
	"gzip":        func(w io.Writer, level int) (flushWriter, error) { return gzip.NewWriterLevel(w, level) },
	"zlib":        func(w io.Writer, level int) (flushWriter, error) { return zlib.NewWriterLevel(w, level) },
	"raw deflate": func(w io.Writer, level int) (flushWriter, error) { return flate.NewWriter(w, level) },
}

type flushWriter interface {
	io.WriteCloser
	Flush() error
}

// compressed returns the parts as one stream, and the part of it that holds all parts but the last.
func compressed(t *testing.T, format string, level int, parts ...string) (whole, start string) {
	t.Helper()
	var stream bytes.Buffer
	w, err := compressors[format](&stream, level)
	require.NoError(t, err)
	for i, part := range parts {
		if i == len(parts)-1 {
			require.NoError(t, w.Flush())
			start = stream.String()
		}
		_, err = io.WriteString(w, part)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return stream.String(), start
}

func TestCompressedCreateResponses(t *testing.T) {
	t.Parallel()
	key, body := newCreatedKey(t)
	bodies := map[string]string{"plain": body, "plain after a line break": "\n" + body, "plain after a byte order mark": "\ufeff" + body}
	split := strings.Index(body, `, "created_at"`)
	levels := []int{flate.DefaultCompression, flate.BestSpeed, flate.NoCompression, flate.HuffmanOnly}
	if testing.Short() {
		levels = levels[:1]
	}
	for format := range compressors {
		for _, level := range levels {
			whole, start := compressed(t, format, level, body[:split], body[split:])
			name := fmt.Sprintf("%s, level %d", format, level)
			bodies[name] = whole
			bodies[name+", cut after the key"] = start
			bodies[name+", trailing garbage"] = whole + "garbage"
			bodies[name+", twice in sequence"] = whole + whole
			if format != "raw deflate" {
				bodies[name+", wrong checksum"] = whole[:len(whole)-8] + strings.Repeat("\x00", 8)
				bodies[name+", no checksum"] = strings.TrimSuffix(whole, whole[len(whole)-4:])
			}
		}
	}
	for name, body := range map[string]string{"": body, ", nested": `{"data": ` + body + `}`} {
		for _, file := range []string{"private_key.json", "PRIVATE KEY"} {
			var stream bytes.Buffer
			w := gzip.NewWriter(&stream)
			w.Name, w.Comment = file, file
			_, err := io.WriteString(w, body)
			require.NoError(t, err)
			require.NoError(t, w.Close())
			bodies["gzip of a file "+file+name] = stream.String()
		}
	}
	for name, body := range bodies {
		testEncodings(t, key, name, body)
	}
}

func TestCreateResponseCompressedTwice(t *testing.T) {
	t.Parallel()
	key, body := newCreatedKey(t)
	for inner := range compressors {
		for outer := range compressors {
			once, _ := compressed(t, inner, flate.DefaultCompression, body)
			twice, _ := compressed(t, outer, flate.DefaultCompression, once)
			testEncodings(t, key, inner+" in "+outer, twice)
		}
	}
}

// testEncodings sends the body as the response to creates under every label, on a transport of the caller and on the client's own.
func testEncodings(t *testing.T, key gcore.PrivateKey, name, body string) {
	t.Helper()
	known := newSecrets(key)
	var lost, shown []string
	var label string
	change := func(c *gcore.Config) { c.MaxRetries = -1 }
	handler := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method != http.MethodPost {
			_, _ = io.WriteString(w, `{"count": 0, "results": []}`)
			return
		}
		if label != "absent" {
			w.Header().Set("Content-Encoding", label)
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, body)
	}
	clouds := map[string]*gcore.Cloud{
		"wrapped transport": newCloud(t, handler, change),
		"own transport": newCloud(t, handler, change, func(c *gcore.Config) {
			*c = noWaiting(gcore.Config{APIKey: c.APIKey, BaseURL: c.BaseURL, MaxRetries: -1})
		}),
	}
	for _, label = range contentEncodings {
		for way, create := range generatedKeyCreates {
			for transport, cloud := range clouds {
				where := fmt.Sprintf("%s as %q, %s, %s", name, label, way, transport)
				created, err := create(t.Context(), cloud)
				if strings.TrimSpace(handedOver(created, err)) != strings.TrimSpace(key.Reveal()) {
					lost = append(lost, where)
				}
				if known.in(textsOf(err)) {
					shown = append(shown, where)
				}
			}
		}
	}
	assert.Empty(t, lost, "places where the key is lost")
	assert.Empty(t, shown, "places where the error shows the key")
}

// TestCompressedBombs measures what the whole process allocates, and so does not run in parallel with other tests.
func TestCompressedBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("measures memory over 64 MiB bodies; run without -short")
	}
	const size, limit = 64 << 20, 8 << 20
	bombs := map[string]struct {
		start, piece, end string
		size              int
	}{
		"blanks":                  {"", " ", "", size},
		"one string":              {`{"private_key": "`, "A", `"}`, size},
		"a created key":           {pageResponse, " ", "", size},
		"nested objects":          {"", `{"results":`, "", size},
		"nested lists":            {"", "[", "", size},
		"endless list":            {`{"count": 0, "results": [`, "{},", "{}]}", size},
		"list of objects":         {`{"count": 0, "results": [`, "{},", "{}]}", limit}, // this and the following are read whole
		"list of numbers":         {`{"count": 0, "results": [`, "0,", "0]}", limit},
		"list with nested object": {`{"count": 0, "results": [{`, `"a":{},`, `"a":{}}]}`, limit},
		"invalid fields":          {`{"exception_class": "E", "message": "m", "invalid_fields": {`, `"":[],`, `"a":[]}}`, limit},
		"reasons":                 {`{"exception_class": "E", "message": "m", "invalid_fields": {"a": [`, `"",`, `""]}}`, limit},
	}
	for name, b := range bombs {
		piece := strings.Repeat(b.piece, 1<<16/len(b.piece))
		parts := []string{b.start}
		for range (b.size - 1<<17) / len(piece) {
			parts = append(parts, piece)
		}
		once, _ := compressed(t, "gzip", flate.BestCompression, append(parts, b.end)...)
		twice, _ := compressed(t, "gzip", flate.BestCompression, once)
		testBomb(t, name, once)
		testBomb(t, name+", gzip in gzip", twice)
		if b.piece == " " || b.piece == "{}," {
			for _, format := range []string{"zlib", "raw deflate"} {
				stream, _ := compressed(t, format, flate.BestCompression, append(parts, b.end)...)
				testBomb(t, name+", "+format, stream)
			}
		}
	}
}

// testBomb sends the body to operations, as a success and as an error.
func testBomb(t *testing.T, name, body string) {
	t.Helper()
	const maxText, maxAllocated = 4 << 10, 128 << 20
	var status int
	var responded atomic.Bool
	cloud := newCloud(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if responded.Swap(true) {
			_, _ = io.WriteString(w, `{"count": 0, "results": []}`) // the lookup after a create
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}, func(c *gcore.Config) { c.MaxRetries = -1 })
	calls := []struct {
		status    int
		operation string
	}{
		{http.StatusCreated, "createSSHKey"},
		{http.StatusCreated, "API createSSHKey"},
		{http.StatusOK, "listSSHKeys"},
		{http.StatusBadRequest, "createSSHKey"},
		{http.StatusBadRequest, "API updateSSHKey"},
	}
	for _, call := range calls {
		where := fmt.Sprintf("%s, %s, status %d", name, call.operation, call.status)
		status = call.status
		responded.Store(false)
		var err error
		allocated := allocatedBy(func() { err = operations()[call.operation](t.Context(), cloud) })
		if !strings.HasPrefix(call.operation, "API") || status == http.StatusCreated {
			require.Error(t, err, where) // else the status is in the response
		}
		if name == "a created key" && status == http.StatusCreated {
			assert.Equal(t, "<private_key>", handedOver(nil, err), where)
		}
		assert.Less(t, allocated, uint64(maxAllocated), "allocated bytes: %s", where)
		if err != nil {
			assert.Less(t, len(fmt.Sprintf("%v", err)), maxText, "length of the error's text: %s", where)
			assert.Less(t, len(fmt.Sprintf("%+v", err)), maxText, "length of the error's text with %%+v: %s", where)
		}
	}
}

// allocatedBy returns how many bytes the process allocates during the call.
func allocatedBy(call func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	call()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
