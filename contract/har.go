package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
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
)

// ReadHAR reads an HTTP archive (HAR 1.2), the format in which browsers and proxies save traffic. It
// takes files of up to 64 MiB and 100,000 exchanges, and fails on others and on what is no HAR. Its
// errors quote nothing of the file.
//
// Bodies are decoded when they are read, 8 MiB of each at most, so that one which cannot be decoded
// does not keep the others from being read: reading it fails. Of compressed bodies, gzip and deflate
// are decoded, where the file has them compressed at all; most programs decode them before they save
// them. A body in another coding, such as br or zstd, can be read only if it was saved decoded.
// Reading also fails where the file says that there was a body, but does not hold it.
func ReadHAR(r io.Reader) ([]*Exchange, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxHAR+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("contract: reading the HAR file: %w", err)
	case len(data) > maxHAR:
		return nil, errors.New("contract: the HAR file is longer than 64 MiB: save only the traffic with Gcore")
	}
	var file struct {
		Log struct {
			Entries *list[json.RawMessage] `json:"entries"`
		} `json:"log"`
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // the byte order mark that HAR allows
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("contract: the file is not a HAR: %w", harmless(err))
	}
	if file.Log.Entries == nil {
		return nil, errors.New("contract: the file is not a HAR: it has no log.entries")
	}
	exchanges := make([]*Exchange, len(*file.Log.Entries))
	for i, raw := range *file.Log.Entries {
		var entry harEntry
		if err := json.Unmarshal(raw, &entry); err != nil {
			return nil, fmt.Errorf("contract: entry %d of the HAR file: %w", i, harmless(err))
		}
		exchanges[i] = entry.exchange()
	}
	return exchanges, nil
}

// harmless puts an error of encoding/json in words that quote nothing.
func harmless(err error) error {
	wrong, isType := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case errors.Is(err, errTooMany):
		return errTooMany
	case isType && wrong.Field != "": // a name of ours, not of the file's
		return fmt.Errorf("its %s is not of the type that HAR gives it", wrong.Field)
	case isType:
		return errors.New("it is not an object")
	}
	return errors.New("it is not JSON")
}

// What is read of an entry. HAR has much more.
type harEntry struct {
	Comment string `json:"comment"`
	Request struct {
		Method   string      `json:"method"`
		URL      string      `json:"url"`
		Headers  harHeaders  `json:"headers"`
		PostData *harContent `json:"postData"`
		BodySize float64     `json:"bodySize"`
	} `json:"request"`
	Response struct {
		Status     int        `json:"status"`
		StatusText string     `json:"statusText"`
		Headers    harHeaders `json:"headers"`
		Content    harContent `json:"content"`
	} `json:"response"`
}

type harHeaders = list[harField]

type harField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (e *harEntry) exchange() *Exchange {
	sent, got := &e.Request, &e.Response
	r := &http.Request{Method: sent.Method, URL: parseURL(sent.URL), Header: header(sent.Headers), Body: http.NoBody}
	r.Host = r.URL.Host
	switch {
	case sent.PostData != nil:
		r.Body, r.ContentLength = sent.PostData.body(""), -1
	case sent.BodySize > 0:
		r.Body, r.ContentLength = (&harContent{Size: sent.BodySize}).body(""), -1
	}
	exchange := &Exchange{Request: r, Comment: e.Comment}
	if got.Status == 0 {
		return exchange
	}
	resp := &http.Response{
		StatusCode:    got.Status,
		Status:        strings.TrimSpace(fmt.Sprintf("%d %s", got.Status, got.StatusText)),
		Header:        header(got.Headers),
		ContentLength: -1,
		Request:       r,
	}
	coding := strings.Join(resp.Header["Content-Encoding"], ", ")
	if coding != "" { // as net/http does it when it decompresses
		resp.Header.Del("Content-Encoding")
		resp.Header.Del("Content-Length")
		resp.Uncompressed = true
	}
	resp.Body = got.Content.body(coding)
	exchange.Response = resp
	return exchange
}

// header makes headers of what the file lists. Chrome joins the values of a repeated one with newlines.
func header(fields harHeaders) http.Header {
	h := make(http.Header, len(fields))
	for _, f := range fields {
		if f.Name == "" || f.Name[0] == ':' {
			continue
		}
		for value := range strings.SplitSeq(f.Value, "\n") {
			h.Add(f.Name, strings.TrimSpace(value))
		}
	}
	return h
}

// parseURL never fails: browsers send URLs that net/url does not take, such as those with a bare %,
// and one of them must not spoil a whole file.
func parseURL(text string) *url.URL {
	text, _, _ = strings.Cut(text, "#")
	if u, err := url.Parse(text); err == nil {
		return u
	}
	scheme, rest, _ := strings.Cut(text, "://")
	rest, query, _ := strings.Cut(rest, "?")
	host, path, _ := strings.Cut(rest, "/")
	return &url.URL{Scheme: scheme, Host: host, Path: "/" + path, RawQuery: query}
}

// A list is a JSON array of a bounded length: a few bytes of it can become a hundred in memory.
type list[T any] []T

var errTooMany = errors.New("it has a list that is too long")

// UnmarshalJSON reads an array, or null, which is none.
func (l *list[T]) UnmarshalJSON(data []byte) error {
	bound := maxFields
	if _, raw := any(l).(*list[json.RawMessage]); raw {
		bound = maxEntries
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if opening, err := d.Token(); opening != json.Delim('[') {
		if opening == nil {
			return err
		}
		return &json.UnmarshalTypeError{} // to which json.Unmarshal adds where
	}
	for d.More() {
		if len(*l) == bound {
			return errTooMany
		}
		var item T
		if err := d.Decode(&item); err != nil {
			return err
		}
		*l = append(*l, item)
	}
	return nil
}
