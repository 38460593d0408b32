package contract_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

func ExampleReadHAR() {
	file := strings.NewReader(`{"log": {"version": "1.2", "entries": [{
		"request": {
			"method": "DELETE",
			"url": "https://api.gcore.com/cloud/v1/ssh_keys/1/36a7a97a-0672-4911-8f2b-92cd4e5b0d91",
			"headers": [{"name": "authorization", "value": "apikey 1234$abcdef"}]
		},
		"response": {"status": 200, "content": {"size": 2, "mimeType": "application/json", "text": "{}"}}
	}]}}`)
	validator, err := contract.New()
	if err != nil {
		log.Fatal(err)
	}
	for exchange, err := range contract.ReadHAR(file) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("request:", validator.CheckRequest(exchange.Request))
		fmt.Println("response:", validator.CheckResponse(exchange.Request, exchange.Response))
	}
	// Output:
	// request: <nil>
	// response: breaks the contract: deleteSSHKey: status 200 OK is not documented (status)
}

// har is a file with one exchange: a create unless the arguments, JSON objects, say otherwise.
func har(request, response string) string {
	entry := map[string]map[string]any{
		"request":  {"method": "POST", "url": "https://api.gcore.com" + onePath},
		"response": {"status": 201},
	}
	for name, more := range map[string]string{"request": request, "response": response} {
		changes := map[string]any{}
		if err := json.Unmarshal([]byte(more), &changes); err != nil {
			panic(name + ": " + err.Error())
		}
		maps.Copy(entry[name], changes)
	}
	data, err := json.Marshal(map[string]any{"log": map[string]any{"entries": []any{entry}}})
	if err != nil {
		panic(err)
	}
	return string(data)
}

// readAll reads a file, and returns the exchanges before the error, too.
func readAll(file io.Reader) (exchanges []*contract.Exchange, err error) {
	for exchange, err := range contract.ReadHAR(file) {
		if err != nil {
			return exchanges, err
		}
		exchanges = append(exchanges, exchange)
	}
	return exchanges, nil
}

// readOne reads a file with one exchange.
func readOne(t testing.TB, file string) *contract.Exchange {
	t.Helper()
	exchanges, err := readAll(strings.NewReader(file))
	require.NoError(t, err)
	require.Len(t, exchanges, 1)
	return exchanges[0]
}

// compressed is text after a compressor, such as gzip.NewWriter.
func compressed[W io.WriteCloser](newWriter func(io.Writer) W, text string) string {
	var b bytes.Buffer
	w := newWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

var (
	gzipped     = compressed(gzip.NewWriter, createdBody)
	zlibbed     = compressed(zlib.NewWriter, createdBody)
	rawDeflated = compressed(func(w io.Writer) io.WriteCloser {
		c, _ := flate.NewWriter(w, flate.BestCompression)
		return c
	}, createdBody)
	// What brotli makes of "{}" as an uncompressed block. The standard library cannot decode it.
	brotli = "\x0b\x00\x80{}\x03"
)

// content is HAR's content of a response: the text and what else there is in it.
func content(headers, text, encoding string) string {
	c, err := json.Marshal(map[string]any{"size": len(text), "text": text, "encoding": encoding})
	if err != nil {
		panic(err)
	}
	return `{"headers":[{"name":"content-type","value":"application/json"}` + headers + `],"content":` + string(c) + `}`
}

func coding(name string) string { return `,{"name":"Content-Encoding","value":"` + name + `"}` }

func base64ed(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func TestBodiesAsBrowsersAndProxiesSaveThem(t *testing.T) {
	t.Parallel()
	for name, response := range map[string]string{
		"plain":                       content("", createdBody, ""),
		"base64":                      content("", base64ed(createdBody), "base64"),
		"base64 in other letters":     content("", base64ed(createdBody), "Base64"),
		"base64 in lines":             content("", base64ed(createdBody)[:76]+"\r\n"+base64ed(createdBody)[76:], "base64"),
		"gzip, saved decoded":         content(coding("gzip"), createdBody, ""),
		"br, saved decoded":           content(coding("br"), createdBody, ""),
		"zstd, saved decoded":         content(coding("zstd"), base64ed(createdBody), "base64"),
		"deflate, saved decoded":      content(coding("deflate"), createdBody, ""),
		"two codings, saved decoded":  content(coding("gzip, br"), createdBody, ""),
		"gzip, decoded and base64":    content(coding("gzip"), base64ed(createdBody), "base64"),
		"gzip, saved as it came":      content(coding("gzip"), base64ed(gzipped), "base64"),
		"GZIP, saved as it came":      content(coding("GZIP"), base64ed(gzipped), "base64"),
		"x-gzip, saved as it came":    content(coding("x-gzip"), base64ed(gzipped), "base64"),
		"deflate, saved as it came":   content(coding("deflate"), base64ed(zlibbed), "base64"),
		"deflate, without zlib frame": content(coding("deflate"), base64ed(rawDeflated), "base64"),
		"identity":                    content(coding("identity"), createdBody, ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			exchange := readOne(t, har(`{}`, response))
			assert.Empty(t, exchange.Response.Header["Content-Encoding"])
			assert.NoError(t, validator.CheckResponse(exchange.Request, exchange.Response))
			body, err := io.ReadAll(exchange.Response.Body)
			require.NoError(t, err)
			assert.Equal(t, createdBody, string(body))
		})
	}
}

func TestBodiesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, response, want string }{
		{"not saved", `{"content":{"size":512,"mimeType":"application/json"}}`, "does not hold the body"},
		{"null", `{"content":{"size":512,"text":null}}`, "does not hold the body"},
		{"not base64", content("", createdBody, "base64"), "is not the base64"},
		{"base64 cut off", content("", base64ed(createdBody)[:41], "base64"), "is not the base64"},
		{"unknown encoding", content("", createdBody, "rot13"), "an encoding that HAR does not have"},
		{"br", content(coding("br"), base64ed(brotli), "base64"), "not with gzip or deflate"},
		{"gzip twice", content(coding("gzip, gzip"), base64ed(gzipped), "base64"), "not with gzip or deflate"},
		{"gzip cut off", content(coding("gzip"), base64ed(gzipped[:len(gzipped)-9]), "base64"), "does not decompress whole"},
		{"gzip header only", content(coding("gzip"), base64ed(gzipped[:2]), "base64"), "does not decompress whole"},
		{"gzip spoilt", content(coding("gzip"), base64ed(gzipped[:40]+"\xff\xff\xff\xff"+gzipped[44:]), "base64"), "does not decompress whole"},
		{"zlib cut off", content(coding("deflate"), base64ed(zlibbed[:60]), "base64"), "does not decompress whole"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			exchange := readOne(t, har(`{}`, c.response))
			err := validator.CheckResponse(exchange.Request, exchange.Response)
			assert.Contains(t, broken(t, err), "createSSHKey: body could not be read to its end (read)")
			_, err = io.ReadAll(exchange.Response.Body)
			assert.ErrorContains(t, err, c.want)
			assert.NotContains(t, err.Error(), "36a7a97a")
		})
	}
}

func TestABodyDecompressesToABound(t *testing.T) {
	t.Parallel()
	bomb := compressed(gzip.NewWriter, strings.Repeat(" ", 100<<20))
	exchange := readOne(t, har(`{}`, content(coding("gzip"), base64ed(bomb), "base64")))
	assert.Equal(t, []string{"createSSHKey: body is longer than 8 MiB (maxBody)"},
		broken(t, validator.CheckResponse(exchange.Request, exchange.Response)))

	exchange = readOne(t, har(`{}`, content(coding("gzip"), base64ed(bomb), "base64")))
	body, err := io.ReadAll(exchange.Response.Body)
	assert.Error(t, err)
	assert.Len(t, body, contract.MaxBody)

	whole := strings.Repeat(" ", contract.MaxBody)
	body, err = io.ReadAll(readOne(t, har(`{}`, content("", whole, ""))).Response.Body)
	assert.NoError(t, err)
	assert.Len(t, body, contract.MaxBody)
}

func TestNoBody(t *testing.T) {
	t.Parallel()
	for _, response := range []string{
		`{"status":204}`,
		`{"status":204,"content":null}`,
		`{"status":204,"content":{"size":0,"mimeType":"x-unknown"}}`,
		`{"status":204,"content":{"size":-1,"text":""}}`,
	} {
		exchange := readOne(t, har(`{"method":"DELETE","url":"http://localhost`+keyPath+`"}`, response))
		assert.NoError(t, validator.CheckResponse(exchange.Request, exchange.Response), response)
		body, err := io.ReadAll(exchange.Request.Body)
		require.NoError(t, err)
		assert.Empty(t, body)
	}
}

func TestRequestsAsBrowsersAndProxiesSaveThem(t *testing.T) {
	t.Parallel()
	headers := `"headers":[
		{"name":":authority","value":"api.gcore.com"}, {"name":":method","value":"POST"}, {"name":":path","value":"/"}, {"name":"","value":"x"},
		{"name":"authorization","value":"apikey 1234$abcdef"}, {"name":"content-type","value":"application/json"},
		{"name":"x-twice","value":"one\ntwo"}]`
	for _, postData := range []string{
		`{"mimeType":"application/json","text":"{\"name\":\"my-ssh-key\"}"}`,
		`{"mimeType":"application/json","params":[],"text":"{\"name\":\"my-ssh-key\"}","comment":""}`,
		`{"mimeType":"application/json","encoding":"base64","text":"` + base64ed(`{"name":"my-ssh-key"}`) + `"}`,
	} {
		exchange := readOne(t, har(`{`+headers+`,"url":"https://api.gcore.com`+onePath+`#top","postData":`+postData+`}`, `{}`))
		assert.NoError(t, validator.CheckRequest(exchange.Request))
		body, err := io.ReadAll(exchange.Request.Body)
		require.NoError(t, err)
		assert.JSONEq(t, `{"name":"my-ssh-key"}`, string(body))
		assert.Equal(t, http.Header{
			"Authorization": {"apikey 1234$abcdef"}, "Content-Type": {"application/json"}, "X-Twice": {"one", "two"},
		}, exchange.Request.Header)
		assert.Equal(t, "https://api.gcore.com"+onePath, exchange.Request.URL.String())
		assert.Equal(t, "api.gcore.com", exchange.Request.Host)
		assert.Same(t, exchange.Request, exchange.Response.Request)
	}

	form := readOne(t, har(`{"postData":{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"name","value":"a b"}]}}`, `{}`))
	body, err := io.ReadAll(form.Request.Body)
	require.NoError(t, err)
	assert.Equal(t, "name=a+b", string(body))

	for _, unsaved := range []string{`{"bodySize":22}`, `{"bodySize":22,"postData":null}`} {
		exchange := readOne(t, har(unsaved, `{}`))
		assert.Contains(t, broken(t, validator.CheckRequest(exchange.Request)), "createSSHKey: body could not be read to its end (read)")
	}
}

func TestAbortedRequests(t *testing.T) {
	t.Parallel()
	for _, response := range []string{`{"status":0}`, `{"status":0,"headers":[],"content":{"size":0},"_error":"net::ERR_ABORTED"}`, `{"status":null}`} {
		exchange := readOne(t, har(`{}`, response))
		assert.Nil(t, exchange.Response, response)
		assert.NotNil(t, exchange.Request)
	}
	exchanges, err := readAll(strings.NewReader(`{"log":{"entries":[{}, null, {"request":{}}]}}`))
	require.NoError(t, err)
	require.Len(t, exchanges, 3)
	for _, exchange := range exchanges {
		assert.Error(t, validator.CheckRequest(exchange.Request), "and nothing panics")
	}
}

func TestStrangeURLs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"https://api.gcore.com" + onePath + "/%zz?a=%":       {"api.gcore.com", onePath + "/%zz"},
		"https://api.gcore.com:badport" + onePath:            {"api.gcore.com:badport", onePath},
		"https://api.gcore.com\x7f":                          {"api.gcore.com\x7f", "/"},
		"https://api.gcore.com" + onePath + "?a b=\x00":      {"api.gcore.com", onePath},
		"data:text/plain,hello":                              {"", ""},
		"blob:https://api.gcore.com" + onePath:               {"", ""},
		"about:blank":                                        {"", ""},
		"":                                                   {"", ""},
		"https://[::1":                                       {"[::1", "/"},
		"chrome-extension://abc/x.js":                        {"abc", "/x.js"},
		"https://user:pass@api.gcore.com" + onePath + "#%zz": {"api.gcore.com", onePath},
	} {
		file, err := json.Marshal(map[string]any{"log": map[string]any{"entries": []any{map[string]any{"request": map[string]any{"url": text}}}}})
		require.NoError(t, err)
		u := readOne(t, string(file)).Request.URL
		assert.Equal(t, want, [2]string{u.Host, u.Path}, text)
		assert.Empty(t, u.Fragment)
	}
}

func TestCommentAndByteOrderMark(t *testing.T) {
	t.Parallel()
	exchange := readOne(t, "\ufeff"+`{"log":{"entries":[{"comment":"sandbox","request":{"method":"GET","url":"/"},"response":{"status":200,"statusText":"OK"}}]}}`)
	assert.Equal(t, "sandbox", exchange.Comment)
	assert.Equal(t, "200 OK", exchange.Response.Status)
}

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
		{`{"log":{"entries":[{},"` + canary + `"]}}`, "contract: entry 1 of the HAR file: it is not an object"},
		{`{"log":{"entries":[{"response":{"status":"` + canary + `"}}]}}`, "contract: entry 0 of the HAR file: its response.status is not of the type that HAR gives it"},
		{`{"log":{"entries":[{"response":{"status":` + number + `e9}}]}}`, "contract: entry 0 of the HAR file: its response.status is not of the type that HAR gives it"},
		{`{"log":{"entries":[{"request":{"headers":[{"value":["` + canary + `"]}]}}]}}`, "contract: entry 0 of the HAR file: its request.headers.value is not of the type that HAR gives it"},
		{`{"log":{"entries":[{"request":{"headers":"` + canary + `"}}]}}`, "contract: entry 0 of the HAR file: its request.headers is not of the type that HAR gives it"},
		{`{"log":{"entries":[{"response":{"headers":[` + many(1000, "{}") + `]}}]}}`, "contract: entry 0 of the HAR file: it has a list that is too long"},
		{`{"log":{"entries":[{"request":{"headers":[{"value":"` + many(1000, `\n`) + `"}]}}]}}`, "contract: entry 0 of the HAR file: it has a list that is too long"},
		{`{"log":{"entries":[{"response":{"status":200,"headers":[{"name":"` + many(128<<10, `a`) + `"}]}}]}}`, "contract: entry 0 of the HAR file: it has headers that are longer than 256 KiB"},
		{`{"log":{"entries":[{"request":{"url":"https://api.gcore.com/` + many(128<<10, `a`) + `"}}]}}`, "contract: entry 0 of the HAR file: its request.url is longer than 256 KiB"},
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
	for range contract.ReadHAR(strings.NewReader(file)) {
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
		assert.EqualError(t, failed[0], "contract: entry 2 of the HAR file: it is not an object")
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
