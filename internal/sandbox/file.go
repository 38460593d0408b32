package sandbox

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"sync"
	"time"

	"golang.org/x/net/http/httpguts"
)

// A file is a part of the reference page.
type file struct {
	contentType    string
	plain, gzipped func() content // gzipped may be nil
}

// content is what a file holds in one encoding.
type content struct {
	data []byte
	etag string
}

func newContent(data []byte) content { return content{data, fmt.Sprintf(`"%x"`, sha256.Sum256(data))} }

func newFile(contentType string, data []byte) file {
	plain := newContent(data)
	return file{contentType: contentType, plain: func() content { return plain }}
}

// newGzippedFile returns a file that is there compressed only. It takes memory when it is first asked for, and without compression
// only if a client needs it so.
func newGzippedFile(contentType string, from fs.FS, name string) file {
	gzipped := sync.OnceValue(func() content {
		data, err := fs.ReadFile(from, name)
		if err != nil {
			panic(err) // the files are part of the program
		}
		return newContent(data)
	})
	plain := sync.OnceValue(func() content {
		reader, err := gzip.NewReader(bytes.NewReader(gzipped().data))
		if err != nil {
			panic(err)
		}
		data, err := io.ReadAll(reader)
		if err != nil {
			panic(err)
		}
		return newContent(data)
	})
	return file{contentType, plain, gzipped}
}

// ServeHTTP lets browsers ask each time whether the file has changed: another sandbox may be at this address tomorrow.
func (f file) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-cache")
	header.Set("Content-Security-Policy", docsPolicy)
	header.Set("Content-Type", f.contentType)
	header.Set("X-Content-Type-Options", "nosniff")
	get := f.plain
	if f.gzipped != nil {
		header.Add("Vary", "Accept-Encoding")
		// With parameters, such as q=0, gzip does not count: the plain file is acceptable to every client.
		if httpguts.HeaderValuesContainsToken(r.Header["Accept-Encoding"], "gzip") {
			header.Set("Content-Encoding", "gzip")
			get = f.gzipped
		}
	}
	content := get()
	header.Set("ETag", content.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content.data))
}
