package contract_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

func TestWhatIsNoHARIsRefused(t *testing.T) {
	t.Parallel()
	many := func(n int, item string) string { return strings.Repeat(item+",", n) + item }
	for _, c := range []struct{ file, want string }{
		{``, "contract: the file is not a HAR: it is not JSON"},
		{canary, "contract: the file is not a HAR: it is not JSON"},
		{`{"log":{"entries":[]}} ` + canary, "contract: the file is not a HAR: it is not JSON"},
		{`[]`, "contract: the file is not a HAR: it is not an object"},
		{`"` + canary + `"`, "contract: the file is not a HAR: it is not an object"},
		{`{}`, "contract: the file is not a HAR: it has no log.entries"},
		{`{"log":{}}`, "contract: the file is not a HAR: it has no log.entries"},
		{`{"log":{"entries":null}}`, "contract: the file is not a HAR: it has no log.entries"},
		{`{"log":"` + canary + `"}`, "contract: the file is not a HAR: its log is not of the type that HAR gives it"},
		{`{"log":{"entries":{"` + canary + `":1}}}`, "contract: the file is not a HAR: its log.entries is not of the type that HAR gives it"},
		{`{"log":{"entries":[{},"` + canary + `"]}}`, "contract: entry 2 of the HAR file: it is not an object"},
		{`{"log":{"entries":[{"response":{"status":"` + canary + `"}}]}}`, "contract: entry 1 of the HAR file: its response.status is not of the type that HAR gives it"},
		{`{"log":{"entries":[{"response":{"status":` + number + `e9}}]}}`, "contract: entry 1 of the HAR file: its response.status is not of the type that HAR gives it"},
		{`{"log":{"entries":[{"request":{"headers":[{"value":["` + canary + `"]}]}}]}}`, "contract: entry 1 of the HAR file: its request.headers.value is not of the type that HAR gives it"},
		{`{"log":{"entries":[{"request":{"headers":"` + canary + `"}}]}}`, "contract: entry 1 of the HAR file: its request.headers is not of the type that HAR gives it"},
		{`{"log":{"entries":[{"response":{"headers":[` + many(1000, "{}") + `]}}]}}`, "contract: entry 1 of the HAR file: it has a list that is too long"},
		{`{"log":{"entries":[{"request":{"headers":[{"value":"` + many(999, `\n`) + `"}]}}]}}`, "contract: entry 1 of the HAR file: it has a list that is too long"},
		{`{"log":{"entries":[{"response":{"status":200,"headers":[{"name":"` + many(64<<10, `a`) + `"}]}}]}}`, "contract: entry 1 of the HAR file: it has headers that are longer than 128 KiB"},
		{`{"log":{"entries":[{"request":{"url":"https://api.gcore.com/` + many(64<<10, `a`) + `"}}]}}`, "contract: entry 1 of the HAR file: its request.url is longer than 128 KiB"},
		{`{"log":{"entries":[` + many(100_000, "{}") + `]}}`, "contract: the HAR file has more than 100,000 entries: save only the traffic with Gcore"},
		{`{"log":{"entries":[]},"log":{"entries":[{"comment":"` + canary + `"}]}}`, `contract: the file is not a HAR: it has more than one "log"`},
		{`{"log":{"entries":[],"Entri\u0065s":[{}]}}`, `contract: the file is not a HAR: it has more than one "entries"`},
		{`{"log":{"entries":[{"comment":"` + "\xff" + `"}]}}`, "contract: the file is not a HAR: it is not UTF-8"},
		{`{"log":{"entries":[{},]}}`, "contract: the file is not a HAR: it is not JSON"},
		{`{"log":{"entries":[{}]}`, "contract: the file is not a HAR: it is not JSON"},
		{strings.Repeat(`{"log":`, 20_000), "contract: the file is not a HAR: it is not JSON"},
	} {
		_, err := readAll(strings.NewReader(c.file))
		assert.EqualError(t, err, c.want)
	}
	_, err := readAll(io.MultiReader(strings.NewReader("{"), failing{}))
	assert.ErrorIs(t, err, errDisk)
}

var errDisk = errors.New("disk on fire")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errDisk }

// endless is a file without end.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	return len(p), nil
}

// TestHostileFilesFindABound is not parallel: it looks at how much memory the process allocates.
func TestHostileFilesFindABound(t *testing.T) {
	file := &endless{}
	_, err := readAll(file)
	require.EqualError(t, err, "contract: the HAR file is longer than 64 MiB: save only the traffic with Gcore")
	assert.Less(t, file.read, 65<<20)

	headers := strings.Repeat(`{"name":"a"},`, 999) + `{"name":"a"}`
	entry := `{"request":{"headers":[` + headers + `]},"response":{"status":200,"headers":[` + headers + `]}}`
	hostile := `{"log":{"entries":[` + strings.Repeat(entry+",", 4<<20/len(entry)) + entry + `]}}`
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	exchanges, err := readAll(strings.NewReader(hostile))
	require.NoError(t, err)
	runtime.ReadMemStats(&after)
	took := after.TotalAlloc - before.TotalAlloc
	t.Logf("%d exchanges of %d MiB took %d MiB of memory, garbage included", len(exchanges), len(hostile)>>20, took>>20)
	assert.Less(t, took, uint64(50*len(hostile)))
}

// TestEachExchangeIsReleasedBeforeTheNextIsRead is what bounds the memory of a caller who keeps none.
func TestEachExchangeIsReleasedBeforeTheNextIsRead(t *testing.T) {
	t.Parallel()
	entry := `{"request":{"postData":{"text":"{}"}},"response":{"status":200,"content":{"text":"{}"}}}`
	var last weak.Pointer[contract.Exchange]
	read := 0
	for exchange, err := range contract.ReadHAR(strings.NewReader(`{"log":{"entries":[` + strings.Repeat(entry+",", 9) + entry + `]}}`)) {
		require.NoError(t, err)
		runtime.GC()
		assert.Nil(t, last.Value(), "exchange %d is still there", read)
		last = weak.Make(exchange)
		read++
	}
	assert.Equal(t, 10, read)
}

func TestTheIterationEndsWhereItsCallerOrAnErrorEndsIt(t *testing.T) {
	t.Parallel()
	file := `{"log":{"entries":[{"comment":"one"},{"comment":"two"},[],{"comment":"four"}]}}`
	read := 0
	for _, err := range contract.ReadHAR(strings.NewReader(file)) {
		require.NoError(t, err)
		read++
		break
	}
	assert.Equal(t, 1, read)

	var comments []string
	var failed []error
	for exchange, err := range contract.ReadHAR(strings.NewReader(file)) {
		if err != nil {
			assert.Nil(t, exchange)
			failed = append(failed, err)
			continue
		}
		comments = append(comments, exchange.Comment)
	}
	assert.Equal(t, []string{"one", "two"}, comments)
	if assert.Len(t, failed, 1) {
		assert.EqualError(t, failed[0], "contract: entry 3 of the HAR file: it is not an object")
	}
}

// TestMembersMayStandInAnyOrder: and those that HAR does not have are passed over, whatever is in them.
func TestMembersMayStandInAnyOrder(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		`{"log":{"entries":[{"comment":"it"}],"version":"1.2"}}`,
		`{"_x":["]}",{"entries":[{}]},"\\\""] , "log" : {"version":"1.2","pages":[{"id":"\\"},[],{}],"entries":[ {"comment":"it"} ] } , "y":-1e3}`,
		"\n{\"log\":{\"creator\":{\"log\":{\"entries\":[]}},\"entries\"\t:\r\n[\n{\"comment\":\"it\"}\n]}}\n",
		`{"Log":{"\u0065ntries":[{"Comment":"it"}]}}`,
		`{"log":{"entries":[{"_,":"{[\",","comment":"it"}]}}`,
	} {
		assert.Equal(t, "it", readOne(t, file).Comment, file)
	}
	for _, empty := range []string{`{"log":{"entries":[]}}`, `{"log":{"entries":[ ` + "\n" + `]}}`} {
		exchanges, err := readAll(strings.NewReader(empty))
		require.NoError(t, err)
		assert.Empty(t, exchanges)
	}
}

// FuzzReadHAR reads files of any kind: nothing panics, errors quote nothing, and what was read can be
// checked, with bodies of a bounded length.
func FuzzReadHAR(f *testing.F) {
	f.Add([]byte(har(`{"headers":[{"name":":path","value":"/"},{"name":"Authorization","value":"apikey 1234$abcdef"}],"postData":{"text":"{}"}}`, content("", createdBody, ""))))
	f.Add([]byte(har(`{"postData":{"params":[{"name":"a","value":"b"}]}}`, content(coding("gzip"), base64ed(gzipped), "base64"))))
	f.Add([]byte(har(`{"bodySize":3,"url":"https://api.gcore.com/%zz?%#"}`, content(coding("deflate"), base64ed(zlibbed), "base64"))))
	f.Add([]byte(har(`{"method":"GET"}`, content(coding("br"), base64ed(brotli), "base64"))))
	f.Add([]byte(har(`{"method":"DELETE","url":"https://api.gcore.com`+keyPath+`"}`, `{"status":0}`)))
	f.Add([]byte("\ufeff" + `{"log":{"entries":[null,{"comment":"live","request":null,"response":{"status":-7,"content":{"size":1e300}}}]}}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		exchanges, err := readAll(bytes.NewReader(file))
		if err != nil {
			assert.Regexp(t, `^contract: (the file is not a HAR: (it is not UTF-8|it has more than one "(log|entries)")|(the file is not a HAR|entry \d+ of the HAR file): [a-zA-Z. ]+)$`, err.Error())
		}
		for _, exchange := range exchanges {
			assertSane(t, validator.CheckRequest(exchange.Request))
			bodies := []io.Reader{exchange.Request.Body}
			if exchange.Response != nil {
				assertSane(t, validator.CheckResponse(exchange.Request, exchange.Response))
				bodies = append(bodies, exchange.Response.Body)
			}
			for _, body := range bodies {
				n, err := io.Copy(io.Discard, body)
				assert.LessOrEqual(t, n, int64(contract.MaxBody))
				if err != nil {
					assert.Regexp(t, `^(the body|the HAR file) [a-zA-Z0-9, ]+(: [a-z ]+)?$|^body longer than the limit$`, err.Error())
				}
			}
		}
	})
}
