package gcore_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

const (
	largeBody    = 8 << 20   // the largest body that is read, in bytes
	mostProblems = 32        // of a ResponseError
	mostText     = 4 << 10   // bytes of an error's text
	mostMemory   = 128 << 20 // bytes that a call may allocate, in sum
)

// largeList is a list of nearly 8 MiB that is made of one item.
func largeList(item string) []byte {
	const start, end = `{"count": 1, "results": [`, `]}`
	n := (largeBody - len(start) - len(end) + 1) / (len(item) + 1)
	return []byte(start + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + end)
}

// largeLists are bodies of lists that are large and wrong.
func largeLists() map[string][]byte {
	megabytes := strings.Repeat("a", 4<<20)
	return map[string][]byte{
		"empty objects":             largeList(`{}`),
		"numbers":                   largeList(`0`),
		"nulls":                     largeList(`null`),
		"nested objects":            largeList(strings.Repeat(`{"a":`, 20) + `{}` + strings.Repeat(`}`, 20)),
		"nested in a property":      largeList(`{"id":{"id":{"id":{}}}}`),
		"one wrong property":        largeList(strings.Replace(listedKey, "2025-06-16T17:05:50Z", "yesterday", 1)),
		"a name given often":        []byte(`{"count": 1, ` + strings.Repeat(`"results":[0],`, largeBody/14-10) + `"results": []}`),
		"a long string":             []byte(`{"count": 1, "results": "` + megabytes + `"}`),
		"a long string in a list":   []byte(`{"count": 1, "results": ["` + megabytes + `"]}`),
		"a long name of a property": []byte(`{"count": 1, "` + megabytes + `": 0, "results": [{"` + megabytes[:3<<20] + `": 0}]}`),
		"a long time":               []byte(`{"count": 1, "results": [` + strings.Replace(listedKey, "2025-06-16T17:05:50Z", megabytes, 1) + `]}`),
		"a long number":             []byte(`{"count": 1` + strings.Repeat("0", 4<<20) + `, "results": []}`),
		"deep objects":              []byte(`{"count": 1, "results": [` + strings.Repeat(`{"a":`, largeBody/5-10)),
		"deep lists":                []byte(`{"count": 1, "results": ` + strings.Repeat(`[`, largeBody-30)),
		"deep lists that end":       largeList(strings.Repeat(`[`, 9_000) + strings.Repeat(`]`, 9_000)),
	}
}

// zipped is data as gzip.
func zipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var buffer bytes.Buffer
	writer, err := gzip.NewWriterLevel(&buffer, gzip.BestCompression)
	require.NoError(t, err)
	_, err = writer.Write(data)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return buffer.Bytes()
}

// jsonHeader is the header of a JSON body in the given content encoding, if there is one.
func jsonHeader(encoding string) http.Header {
	header := http.Header{"Content-Type": {"application/json"}}
	if encoding != "" {
		header.Set("Content-Encoding", encoding)
	}
	return header
}

// TestLargeListsAreBounded measures allocated bytes, so it and its subtests do not run in parallel with others.
func TestLargeListsAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("decodes 8 MiB many times; run without -short")
	}
	for name, body := range largeLists() {
		require.LessOrEqual(t, len(body), largeBody, name)
		for encoding, sent := range map[string][]byte{"": body, "gzip": zipped(t, body)} {
			t.Run(strings.TrimSpace(name+" "+encoding), func(t *testing.T) {
				if encoding != "" {
					require.Less(t, len(sent), 64<<10, "bytes on the wire")
				}
				keys := keysOver(t, canned{http.StatusOK, jsonHeader(encoding), sent})
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, err := keys.List(t.Context(), gcore.ListSSHKeysParams{})
				runtime.ReadMemStats(&after)
				allocated := after.TotalAlloc - before.TotalAlloc

				wrong, ok := errors.AsType[*gcore.ResponseError](err)
				require.True(t, ok, "%T", err)
				assert.Less(t, allocated, uint64(mostMemory), "bytes allocated")
				assert.NotEmpty(t, wrong.Problems)
				require.LessOrEqual(t, len(wrong.Problems), mostProblems)
				assert.Less(t, len(err.Error()), mostText, "bytes of text")
			})
		}
	}
}

// TestATooLargeListIsBounded has a list that is larger than what is read, as it is and behind a little gzip.
func TestATooLargeListIsBounded(t *testing.T) {
	body := append(bytes.Repeat([]byte(" "), 64<<20), largeList("{}")...)
	for encoding, sent := range map[string][]byte{"": body, "gzip": zipped(t, body)} {
		keys := keysOver(t, canned{http.StatusOK, jsonHeader(encoding), sent})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := keys.List(t.Context(), gcore.ListSSHKeysParams{})
		runtime.ReadMemStats(&after)
		_, ok := errors.AsType[*gcore.ResponseError](err)
		require.True(t, ok, "%T", err)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(mostMemory), "bytes allocated, %q", encoding)
		assert.Less(t, len(err.Error()), mostText, "bytes of text, %q", encoding)
	}
}

// cancelAtEnd is a transport that cancels when the end of a response's body is read.
type cancelAtEnd struct {
	canned
	cancel func()
}

func (c cancelAtEnd) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := c.canned.RoundTrip(req)
	resp.Body = &cancellingBody{resp.Body, c.cancel}
	return resp, err
}

type cancellingBody struct {
	io.ReadCloser
	cancel func()
}

func (b *cancellingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.cancel()
	}
	return n, err
}

// TestTheContextIsObeyedWhileDecoding cancels when the whole body is read and not yet decoded.
func TestTheContextIsObeyedWhileDecoding(t *testing.T) {
	t.Parallel()
	good := `{"count": 1, "results": [` + listedKey + `]}`
	for name, body := range map[string][]byte{"good": []byte(good), "large": largeList(listedKey), "wrong": []byte(`{"results": [0]}`)} {
		ctx, cancel := context.WithCancel(t.Context())
		keys := keysOver(t, cancelAtEnd{canned{http.StatusOK, jsonHeader(""), body}, cancel})
		_, err := keys.List(ctx, gcore.ListSSHKeysParams{})
		cancel()
		require.ErrorIs(t, err, context.Canceled, name)
	}
}

// TestACancelledCreateIsDecoded does the same with a create: its response may hold the only copy of a private key.
func TestACancelledCreateIsDecoded(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	keys := keysOver(t, cancelAtEnd{canned{http.StatusCreated, jsonHeader(""), []byte(pageResponse)}, cancel})
	key, err := keys.Create(ctx, gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	require.NoError(t, err)
	require.Error(t, ctx.Err())
	assert.Equal(t, someID, key.ID)
	assert.False(t, key.PrivateKey.IsZero())
}

// TestCancelledCreatesHoldNoBodies measures the memory that is in use while the grace periods of cancelled creates run, which is
// after the creates have returned. It does not run in parallel with others.
func TestCancelledCreatesHoldNoBodies(t *testing.T) {
	if testing.Short() {
		t.Skip("measures memory; run without -short")
	}
	const creates, size = 10, 4 << 20
	body := []byte(`{"pad": "` + strings.Repeat("x", size) + `"}`)
	synctest.Test(t, func(t *testing.T) {
		inUse := func() int64 {
			runtime.GC()
			runtime.GC() // the first leaves what finalizers and pools held
			var stats runtime.MemStats
			runtime.ReadMemStats(&stats)
			return int64(stats.HeapAlloc)
		}
		before := inUse()
		for range creates {
			ctx, cancel := context.WithCancel(t.Context())
			transport := cancelAtEnd{canned{http.StatusCreated, jsonHeader(""), body}, func() { cancel(); synctest.Wait() }}
			// The runtime frees a stopped timer when it is the next one, so the limits, whose timers are stopped, are the shorter ones.
			cloud := cloudThrough(t, anyURL, transport, func(c *gcore.Config) { *c = c.WithLimits(time.Second, time.Second, time.Hour) })
			_, err := cloud.API().CreateSSHKeyWithResponse(ctx, 1, gcore.CreateSSHKeyRequest{Name: "generated"})
			require.Error(t, err)
		}
		assert.Less(t, inUse()-before, int64(creates*size/4), "bytes in use")
	})
}

// BenchmarkHostileList decodes 8 MiB of empty objects.
func BenchmarkHostileList(b *testing.B) {
	keys := keysOver(b, canned{http.StatusOK, jsonHeader(""), largeList("{}")})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := keys.List(b.Context(), gcore.ListSSHKeysParams{}); err == nil {
			b.Fatal("no error")
		}
	}
}
