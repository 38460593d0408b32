package sandbox

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"time"

	"golang.org/x/net/http/httpguts"
)

// A file is a part of the reference page.
type file struct {
	contentType   string
	data, gzipped []byte // gzipped may be absent
}

// readGzipped reads a file that is there compressed only.
func readGzipped(from fs.FS, name, contentType string) (file, error) {
	gzipped, err := fs.ReadFile(from, name)
	if err != nil {
		return file{}, err
	}
	reader, err := gzip.NewReader(bytes.NewReader(gzipped))
	if err != nil {
		return file{}, err
	}
	data, err := io.ReadAll(reader)
	return file{contentType, data, gzipped}, err
}

// handler serves the file. Browsers ask each time whether it has changed: another sandbox may be at this address tomorrow.
func (f file) handler() http.Handler {
	etag, gzippedETag := etagOf(f.data), etagOf(f.gzipped)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Cache-Control", "no-cache")
		header.Set("Content-Security-Policy", docsPolicy)
		header.Set("Content-Type", f.contentType)
		header.Set("ETag", etag)
		header.Set("X-Content-Type-Options", "nosniff")
		data := f.data
		if f.gzipped != nil {
			header.Add("Vary", "Accept-Encoding")
			// With parameters, such as q=0, gzip does not count: the plain file is acceptable to every client.
			if httpguts.HeaderValuesContainsToken(r.Header["Accept-Encoding"], "gzip") {
				data = f.gzipped
				header.Set("Content-Encoding", "gzip")
				header.Set("ETag", gzippedETag)
			}
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	})
}

func etagOf(data []byte) string { return fmt.Sprintf(`"%x"`, sha256.Sum256(data)) }
