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

// An Exchange is a request and its response, as a HAR file holds them.
type Exchange struct {
	// Request has the method, URL, headers and body that were sent. HTTP/2's pseudo headers, such as
	// :authority, are not among the headers, and a fragment is not part of the URL.
	Request *http.Request

	// Response is nil if none came, as when the request was aborted. Its body is the one that was
	// meant: base64 and compression are undone, and Content-Encoding is gone from the headers then.
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
	// More than browsers and servers take. A list of parameters in them can become a thousand times as much memory.
	maxURL     = 256 << 10
	maxHeaders = 256 << 10 // of one message, names and values together
)

// ReadHAR reads an HTTP archive (HAR 1.2), the format in which browsers and proxies save traffic, and
// yields its exchanges one after the other. r is read when the iteration starts, so that it can run once.
//
// An error is the last thing that is yielded, with a nil Exchange. Of a file that cannot be read, is longer
// than 64 MiB or is no HAR it is the only thing. An entry that is not as HAR has it, or that exceeds a bound,
// ends the iteration too, after the exchanges before it: the error has its number, counted from 0. The bounds
// are 100,000 entries; in a message 1,000 headers, of 256 KiB together (each line of a value counts), and as
// many fields of a form; and 256 KiB for a URL, though a data URL is cut there. The errors quote nothing of the
// file.
//
// The iteration keeps the file in memory and makes one exchange at a time, which it does not keep.
//
// Bodies are decoded when they are read, 8 MiB of each at most, so that one which cannot be decoded
// does not keep the others from being read: reading it fails. Of compressed bodies, gzip and deflate
// are decoded, where the file has them compressed at all; most programs decode them before they save
// them. A body in another coding, such as br or zstd, can be read only if it was saved decoded.
// Reading also fails where the file says that there was a body, but does not hold it.
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
		// HAR forbids it, and encoding/json would make three bytes of each that is wrong.
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

// newExchange reads the entry with number n of a file.
func newExchange(n int, raw []byte) (*Exchange, error) {
	if n == maxEntries {
		return nil, errors.New("the HAR file has more than 100,000 entries: save only the traffic with Gcore")
	}
	var entry harEntry
	err := json.Unmarshal(raw, &entry)
	if err != nil {
		return nil, fmt.Errorf("entry %d of the HAR file: %w", n, harmless(err))
	}
	exchange, err := entry.exchange()
	if err != nil {
		return nil, fmt.Errorf("entry %d of the HAR file: %w", n, err)
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

// header makes headers of what the file lists. Chrome joins the values of a repeated one with newlines.
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
		return nil, errors.New("it has headers that are longer than 256 KiB")
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

// parseURL fails on long URLs only: browsers send some that net/url does not take, such as those with a bare %,
// and one of them must not spoil a whole file. Nor must a page's images in data URLs, which can be of any length.
func parseURL(text string) (*url.URL, error) {
	text, _, _ = strings.Cut(text, "#")
	if len(text) > maxURL {
		if !strings.EqualFold(text[:5], "data:") {
			return nil, errors.New("its request.url is longer than 256 KiB")
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
