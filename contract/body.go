package contract

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/limit"
)

var errTooLong = errors.New("body longer than the limit")

// peek reads at most limit.Body bytes of a body. It returns them, and a body that has the same bytes and
// the same end, which can be an error. The error it returns is errTooLong or the one that reading ended
// with.
func peek(body io.ReadCloser) ([]byte, io.ReadCloser, error) {
	if body == nil || body == http.NoBody {
		return nil, body, nil
	}
	data, err := io.ReadAll(io.LimitReader(body, limit.Body+1))
	replay := &replayed{Closer: body}
	switch {
	case err != nil:
		replay.Reader = io.MultiReader(bytes.NewReader(data), failing{err})
	case len(data) > limit.Body:
		replay.Reader = io.MultiReader(bytes.NewReader(data), body)
		return nil, replay, errTooLong
	default:
		replay.Reader = bytes.NewReader(data)
	}
	return data, replay, err
}

// replayed is a body that was read before.
type replayed struct {
	io.Reader
	io.Closer
}

// failing is a reader that only fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// noBody checks that there is no body, for the reason given.
func (c *check) noBody(data []byte, why string) {
	if len(data) > 0 {
		c.add(partBody, "", "noBody", "must be empty: "+why)
	}
}

// content checks a body against the schema that its content type has in the document.
func (c *check) content(documented openapi3.Content, header http.Header, data []byte) {
	compressed := func(coding string) bool { return !strings.EqualFold(coding, "identity") }
	if slices.ContainsFunc(header["Content-Encoding"], compressed) {
		c.add(partHeader, "/Content-Encoding", "contentEncoding", "must be absent: a compressed body is not checked")
		return
	}
	sent := header["Content-Type"]
	switch {
	case len(sent) == 0:
		c.add(partHeader, "/Content-Type", "contentType", missing)
		return
	case len(sent) > 1:
		c.add(partHeader, "/Content-Type", "contentType", "is given more than once")
		return
	}
	declared := documented[sent[0]]
	if declared == nil { // perhaps there are parameters after the media type
		if mediaType, _, err := mime.ParseMediaType(sent[0]); err == nil {
			declared = documented.Get(mediaType)
		}
	}
	if declared == nil {
		c.add(partHeader, "/Content-Type", "contentType", "must be "+mediaTypes(documented))
		return
	}
	c.json(declared.Schema.Value, data)
}

// mediaTypes lists the documented media types, in words.
func mediaTypes(documented openapi3.Content) string {
	return strings.Join(slices.Sorted(maps.Keys(documented)), " or ")
}
