package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// An Exchange is a request and its response from a HAR file.
type Exchange struct {
	// Request has the method, URL, headers and body that were sent. HTTP/2's pseudo headers, such as
	// :authority, are not among the headers, and a fragment is not part of the URL.
	Request *http.Request

	// Response is nil if there was none, for example because the request was aborted. Its body is
	// decoded from base64 and decompressed; then the headers have no Content-Encoding.
	Response *http.Response

	// Comment is the entry's comment. In this project's recordings it says where they are from:
	// documented, sandbox or live.
	Comment string
}

// Bounds on what is read of a file, so that it cannot take all the memory.
const (
	maxHAR     = 64 << 20
	maxEntries = 100_000
	maxFields  = 1_000 // headers of one message
	// More than usual servers take. A list in them, of which every item is wrong, takes a thousand times as much memory.
	maxURL     = 128 << 10
	maxHeaders = 128 << 10 // of one message, names and values together
)

// ReadHAR reads an HTTP archive (HAR 1.2), the format in which browsers and proxies save traffic, and
// yields its exchanges one after the other. r is read when the iteration starts: iterate only once.
//
// An error ends the iteration, and comes with a nil Exchange. If the file cannot be read, is longer than 64 MiB
// or is not a HAR, the error is the only value. If an entry is not valid or exceeds a bound, the exchanges before
// it are yielded first, and the error has its number, counted from 0. The bounds are 100,000 entries; in a message
// 1,000 headers, of 128 KiB together (each line of a value counts), and 1,000 fields of a form; and 128 KiB for a
// URL, but a longer data URL is cut. The errors quote nothing of the file.
//
// The iteration holds the file and one exchange at a time in memory.
//
// A body is decoded when it is read, 8 MiB at most. If it cannot be decoded, only reading that body
// fails. Bodies that the file has in gzip or deflate are decompressed; most programs decompress bodies
// before they save them. A body in another coding, such as br or zstd, can be read only if it was saved
// decompressed. Reading also fails if the file says that there was a body, but does not contain it.
func ReadHAR(r io.Reader) iter.Seq2[*Exchange, error] {
	return func(yield func(*Exchange, error) bool) {
		entries, err := harEntries(r)
		if err != nil {
			yield(nil, fmt.Errorf("contract: %w", err))
			return
		}
		n := 0
		for raw := range parts(entries) {
			exchange, err := newExchange(n, raw)
			if err != nil {
				yield(nil, fmt.Errorf("contract: %w", err))
				return
			}
			if !yield(exchange, nil) {
				return
			}
			n++
		}
	}
}

// harEntries returns the array log.entries of a file.
func harEntries(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxHAR+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the HAR file: %w", err)
	case len(data) > maxHAR:
		return nil, errors.New("the HAR file is longer than 64 MiB: save only the traffic with Gcore")
	}
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff"))) // the byte order mark that HAR allows
	switch {
	case !utf8.Valid(data):
		// HAR is UTF-8, and encoding/json would replace each invalid byte by three.
		return nil, errors.New("the file is not a HAR: it is not UTF-8")
	case !json.Valid(data):
		return nil, errors.New("the file is not a HAR: it is not JSON")
	}
	log, err := member(data, "log")
	if err != nil {
		return nil, fmt.Errorf("the file is not a HAR: %w", err)
	}
	entries, err := member(log, "entries")
	switch {
	case errors.Is(err, errNoObject):
		return nil, errors.New("the file is not a HAR: its log is not of the type that HAR gives it")
	case err != nil:
		return nil, fmt.Errorf("the file is not a HAR: %w", err)
	case entries == nil || entries[0] == 'n':
		return nil, errors.New("the file is not a HAR: it has no log.entries")
	case entries[0] != '[':
		return nil, errors.New("the file is not a HAR: its log.entries is not of the type that HAR gives it")
	}
	return entries, nil
}

// newExchange reads the entry with index n of a file; errors count from 1.
func newExchange(n int, raw []byte) (*Exchange, error) {
	if n == maxEntries {
		return nil, errors.New("the HAR file has more than 100,000 entries: save only the traffic with Gcore")
	}
	var entry harEntry
	err := json.Unmarshal(raw, &entry)
	if err != nil {
		return nil, fmt.Errorf("entry %d of the HAR file: %w", n+1, harmless(err))
	}
	exchange, err := entry.exchange()
	if err != nil {
		return nil, fmt.Errorf("entry %d of the HAR file: %w", n+1, err)
	}
	return exchange, nil
}

// What is read of an entry. HAR has much more.
type harEntry struct {
	Comment string `json:"comment"`
	Request struct {
		Method   string      `json:"method"`
		URL      string      `json:"url"`
		Headers  harFields   `json:"headers"`
		PostData *harContent `json:"postData"`
		BodySize float64     `json:"bodySize"`
	} `json:"request"`
	Response struct {
		Status     int        `json:"status"`
		StatusText string     `json:"statusText"`
		Headers    harFields  `json:"headers"`
		Content    harContent `json:"content"`
	} `json:"response"`
}

func (e *harEntry) exchange() (*Exchange, error) {
	sent, got := &e.Request, &e.Response
	u, err := parseURL(sent.URL)
	if err != nil {
		return nil, err
	}
	r := &http.Request{Method: sent.Method, URL: u, Host: u.Host, Body: http.NoBody}
	if r.Header, err = header(sent.Headers); err != nil {
		return nil, err
	}
	switch {
	case sent.PostData != nil:
		r.Body, r.ContentLength = sent.PostData.body(""), -1
	case sent.BodySize > 0:
		r.Body, r.ContentLength = (&harContent{Size: sent.BodySize}).body(""), -1
	}
	exchange := &Exchange{Request: r, Comment: e.Comment}
	if got.Status == 0 {
		return exchange, nil
	}
	resp := &http.Response{
		StatusCode:    got.Status,
		Status:        strings.TrimSpace(fmt.Sprintf("%d %s", got.Status, got.StatusText)),
		ContentLength: -1,
		Request:       r,
	}
	if resp.Header, err = header(got.Headers); err != nil {
		return nil, err
	}
	coding := strings.Join(resp.Header["Content-Encoding"], ", ")
	if coding != "" { // as net/http does it when it decompresses
		resp.Header.Del("Content-Encoding")
		resp.Header.Del("Content-Length")
		resp.Uncompressed = true
	}
	resp.Body = got.Content.body(coding)
	exchange.Response = resp
	return exchange, nil
}

// header converts the file's list of headers. Chrome joins the values of a repeated header with newlines.
func header(fields harFields) (http.Header, error) {
	lines, size := len(fields), 0
	for _, f := range fields {
		lines += strings.Count(f.Value, "\n")
		size += len(f.Name) + len(f.Value)
	}
	switch {
	case lines > maxFields:
		return nil, errTooMany
	case size > maxHeaders:
		return nil, errors.New("it has headers that are longer than 128 KiB")
	}
	h := make(http.Header, len(fields))
	for _, f := range fields {
		if f.Name == "" || f.Name[0] == ':' {
			continue
		}
		for value := range strings.SplitSeq(f.Value, "\n") {
			h.Add(f.Name, strings.TrimSpace(value))
		}
	}
	return h, nil
}

// parseURL fails for long URLs only. Browsers send URLs that net/url does not parse, such as with a bare %, and data URLs of any
// length: neither may end the iteration.
func parseURL(text string) (*url.URL, error) {
	text, _, _ = strings.Cut(text, "#")
	if len(text) > maxURL {
		if !strings.EqualFold(text[:5], "data:") {
			return nil, errors.New("its request.url is longer than 128 KiB")
		}
		text = text[:maxURL]
	}
	if u, err := url.Parse(text); err == nil {
		return u, nil
	}
	scheme, rest, _ := strings.Cut(text, "://")
	rest, query, _ := strings.Cut(rest, "?")
	host, path, _ := strings.Cut(rest, "/")
	return &url.URL{Scheme: scheme, Host: host, Path: "/" + path, RawQuery: query}, nil
}
