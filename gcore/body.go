package gcore

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/limit"
)

// maxErrorBody is the limit.Body of an error response, which has a few hundred bytes.
const maxErrorBody = 64 << 10

var errBodyTooLarge = fmt.Errorf("the response is larger than %d MiB", limit.Body>>20)

func bodyLimit(resp *http.Response) int {
	if isSuccess(resp) {
		return limit.Body
	}
	return maxErrorBody
}

// readBody returns what arrives of a response body, up to its limit, and the error that ended it.
func readBody(resp *http.Response) ([]byte, error) {
	if resp.Body == nil { // net/http always sets one, another RoundTripper may not
		return nil, nil
	}
	limit := bodyLimit(resp)
	data, err := readAll(resp.Body, resp.ContentLength, limit)
	_ = resp.Body.Close() // what was read is complete or not, whatever this returns
	return data, err
}

// readAll reads until the end or the limit. It allocates at most 512 KiB in advance for the announced size.
func readAll(r io.Reader, size int64, limit int) ([]byte, error) {
	const least, most = 1 << 10, 512 << 10
	data := make([]byte, 0, min(max(size, least), most)+1) // and one byte, to reach the end without growing
	for empty := 0; empty < 100; empty++ {
		if len(data) == cap(data) {
			data = slices.Grow(data, cap(data))
		}
		n, err := r.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if n > 0 {
			empty = 0
		}
		switch {
		case len(data) > limit:
			return data[:limit], errBodyTooLarge
		case err == io.EOF: // not errors.Is: an error that wraps io.EOF is a failure
			return data, nil
		case err != nil:
			return data, err
		}
	}
	return data, io.ErrNoProgress
}

// contents is a response body in memory.
type contents struct {
	bytes.Reader
	data     []byte
	attempts int // see setAttempts
}

func (*contents) Close() error { return nil }

// put sets data as the body of a response.
func (c *contents) put(resp *http.Response, data []byte) {
	c.data = data
	c.Reset(data)
	resp.Body = c
	resp.ContentLength = int64(len(data))
}

// contentsOf returns the body of a response that came through attemptHandler.
func contentsOf(resp *http.Response) *contents {
	if body, ok := resp.Body.(*contents); ok {
		return body
	}
	return new(contents)
}

var errCompression = errors.New("the compressed body breaks off or is damaged")

// decompress returns the JSON in a compressed body, whatever its headers say: gzip, zlib or raw deflate, applied up to three
// times. Any other body is returned unchanged. If the compressed data is damaged, decompress returns what comes before the damage,
// with an error.
func decompress(data []byte, limit int) (plain []byte, err error) {
	plain = data
	for layers := 0; layers < 3 && len(plain) > 0 && !looksLikeJSON(plain); layers++ {
		var broken error
		if plain, broken = inflate(plain, limit); broken != nil {
			err = broken
		}
	}
	if looksLikeJSON(plain) || bytes.Contains(plain, []byte("PRIVATE KEY")) {
		return plain, err
	}
	return data, nil
}

func looksLikeJSON(data []byte) bool {
	start := bytes.TrimLeft(data, " \t\r\n")
	return len(start) > 0 && (start[0] == '{' || start[0] == '[')
}

func inflate(data []byte, limit int) ([]byte, error) {
	var stream io.Reader
	if r, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
		stream = r
	} else if r, err := zlib.NewReader(bytes.NewReader(data)); err == nil {
		stream = r
	} else {
		stream = flate.NewReader(bytes.NewReader(data))
	}
	plain, err := readAll(stream, -1, limit)
	if err != nil && !errors.Is(err, errBodyTooLarge) {
		err = errCompression
	}
	return plain, err
}
