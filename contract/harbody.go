package contract

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/limit"
)

// harContent is a body as a HAR file holds it: HAR's postData of a request or content of a response.
type harContent struct {
	Size     float64   `json:"size"`
	Text     *string   `json:"text"`
	Encoding string    `json:"encoding"` // base64, or none
	Params   harFields `json:"params"`   // of a form, where the text can be missing
}

// Why a body of a HAR file cannot be read.
var (
	errNotSaved = errors.New("the HAR file does not hold the body: save it with its content")
	errBase64   = errors.New("the body is not the base64 that the HAR file says it is")
	errEncoding = errors.New("the body is saved in an encoding that HAR does not have")
	errCoding   = errors.New("the body is compressed, and not with gzip or deflate: save it decompressed")
	errCorrupt  = errors.New("the body is compressed and does not decompress whole")
)

// body returns the body that is meant. coding is the Content-Encoding that the headers have for it.
func (c *harContent) body(coding string) io.ReadCloser {
	switch {
	case c.Text == nil && len(c.Params) > 0:
		return &harBody{open: c.form, left: limit.Body}
	case c.Text == nil && c.Size > 0:
		return &harBody{open: func() (io.Reader, error) { return nil, errNotSaved }}
	case c.Text == nil || *c.Text == "":
		return http.NoBody
	}
	return &harBody{open: func() (io.Reader, error) { return c.decode(coding) }, left: limit.Body}
}

// form encodes the fields of a form, as a browser sends them.
func (c *harContent) form() (io.Reader, error) {
	form, size := url.Values{}, 0
	for _, p := range c.Params {
		size += len(p.Name) + len(p.Value)
		form.Add(p.Name, p.Value)
	}
	if size > limit.Body {
		return nil, errTooLong // encoded it is no shorter
	}
	return strings.NewReader(form.Encode()), nil
}

func (c *harContent) decode(coding string) (io.Reader, error) {
	var plain io.Reader = strings.NewReader(*c.Text)
	switch strings.ToLower(c.Encoding) {
	case "":
	case "base64":
		plain = inWords{base64.NewDecoder(base64.StdEncoding, plain), errBase64}
	default:
		return nil, errEncoding
	}
	return decompress(plain, coding)
}

// decompress decompresses a body if it is compressed: most programs save bodies decompressed, but keep
// the header Content-Encoding.
func decompress(r io.Reader, coding string) (io.Reader, error) {
	buffered := bufio.NewReader(r)
	start, err := buffered.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var decompressed io.Reader
	switch strings.ToLower(coding) {
	case "", "identity":
		return buffered, nil
	case "gzip", "x-gzip":
		if len(start) < 2 || start[0] != 0x1f || start[1] != 0x8b {
			return buffered, nil
		}
		decompressed, err = gzip.NewReader(buffered)
	case "deflate":
		switch {
		case isText(start):
			return buffered, nil
		case start[0]&0x0f == 8 && len(start) > 1 && (int(start[0])<<8|int(start[1]))%31 == 0:
			decompressed, err = zlib.NewReader(buffered)
		default: // without zlib's frame, as some servers send it
			decompressed, err = flate.NewReader(buffered), nil
		}
	default:
		if isText(start) {
			return buffered, nil
		}
		return nil, errCoding
	}
	if err != nil {
		return nil, errCorrupt
	}
	return inWords{decompressed, errCorrupt}, nil
}

// isText reports whether a body begins like text, as all JSON does and nothing compressed.
func isText(start []byte) bool {
	for len(start) > 0 && utf8.FullRune(start) {
		r, size := utf8.DecodeRune(start)
		if r == utf8.RuneError && size == 1 || r < ' ' && !strings.ContainsRune("\t\r\n", r) {
			return false
		}
		start = start[size:]
	}
	return true
}

// harBody is a body that is decoded when it is read, at most left bytes of it: a small file can contain
// bodies that decompress to more than fits into memory.
type harBody struct {
	open func() (io.Reader, error)
	r    io.Reader
	left int
	err  error // once reading has ended
}

func (b *harBody) Read(p []byte) (int, error) {
	if b.r == nil && b.err == nil {
		b.r, b.err = b.open()
	}
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.r.Read(p[:min(len(p), b.left+1)])
	if n > b.left {
		n, err = b.left, errTooLong
	}
	b.left -= n
	b.err = err
	return n, err
}

func (b *harBody) Close() error { return nil }

// inWords replaces the error of reading by one that quotes nothing.
type inWords struct {
	io.Reader
	err error
}

func (w inWords) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = w.err
	}
	return n, err
}
