package contract_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A recording is one file in testdata/recordings: an exchange with Gcore, with the sandbox, or an
// example of the documentation, as its comment says.
type recording struct {
	file      string
	operation string // the folder
	status    string // the beginning of the file's name
	comment   string
	request   message
	response  message
}

var recordings = sync.OnceValues(func() ([]recording, error) {
	files, err := filepath.Glob("testdata/recordings/*/*.har")
	if err != nil {
		return nil, err
	}
	var all []recording
	for _, file := range files {
		r, err := readRecording(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, r)
	}
	return all, nil
})

func readRecording(file string) (r recording, err error) {
	f, err := os.Open(file)
	if err != nil {
		return r, err
	}
	defer func() { _ = f.Close() }()
	exchanges, err := readAll(f)
	if err != nil {
		return r, err
	}
	if len(exchanges) != 1 || exchanges[0].Response == nil {
		return r, fmt.Errorf("it holds %d exchanges, and should hold one with a response", len(exchanges))
	}
	e := exchanges[0]
	sent, err := io.ReadAll(e.Request.Body)
	if err != nil {
		return r, err
	}
	got, err := io.ReadAll(e.Response.Body)
	if err != nil {
		return r, err
	}
	r.file, r.operation, r.comment = file, filepath.Base(filepath.Dir(file)), e.Comment
	r.status, _, _ = strings.Cut(filepath.Base(file), "-")
	r.request = message{name: file, method: e.Request.Method, target: e.Request.URL.RequestURI(), header: e.Request.Header, body: string(sent)}
	r.response = r.request
	r.response.status, r.response.header, r.response.body = e.Response.StatusCode, e.Response.Header, string(got)
	return r, nil
}

func TestEveryRecordingKeepsTheContract(t *testing.T) {
	t.Parallel()
	all, err := recordings()
	require.NoError(t, err)
	assert.NotEmpty(t, all)
	for _, r := range all {
		assert.Empty(t, violations(r.request.check(validator)), "%s: the request", r.file)
		assert.Empty(t, violations(r.response.check(validator)), "%s: the response", r.file)
	}
	t.Logf("%d recordings", len(all))
}

var provenance = regexp.MustCompile(`^(documented|sandbox|live)(: .+)?$`)

func TestEveryRecordingIsWhatItsNameAndCommentSay(t *testing.T) {
	t.Parallel()
	all, err := recordings()
	require.NoError(t, err)
	coverage, err := newCoverage(openAPI)
	require.NoError(t, err)
	for _, r := range all {
		assert.Equal(t, r.status, fmt.Sprint(r.response.status), r.file)
		assert.Regexp(t, provenance, r.comment, r.file)
		_, op, _ := coverage.route(r.request)
		if assert.NotNil(t, op, r.file) {
			assert.Equal(t, r.operation, op.OperationID, r.file)
		}
		// The token in Gcore's documentation, which is not valid.
		assert.Contains(t, []string{"apikey 1234$abcdef", "apikey [REDACTED]"}, r.request.header.Get("Authorization"), r.file)
		assert.Empty(t, r.response.header[http.CanonicalHeaderKey("Set-Cookie")], r.file)
	}
}
