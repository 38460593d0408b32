package contract_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

// headed has responses whose body HTTP leaves out.
const headed = documentHead + `paths:
  /a:
    get:
      operationId: get
      responses: &responses
        "200": {description: d, headers: {X-Left: {required: true, schema: {type: integer}}}, content: {application/json: {schema: {type: object}}}}
        "204": {description: d, content: {application/json: {schema: {type: object}}}}
        "304": {description: d, content: {application/json: {schema: {type: object}}}}
    head: {operationId: head, responses: *responses}
`

func headedValidator(t *testing.T) *contract.Validator {
	v, err := contract.NewFrom([]byte(headed))
	require.NoError(t, err)
	return v
}

func TestAResponseThatHasNoBodyInHTTPNeedsNone(t *testing.T) {
	t.Parallel()
	v := headedValidator(t)
	left := http.Header{"X-Left": {"1"}}
	typed := http.Header{"X-Left": {"1"}, "Content-Type": {"application/json"}}
	for _, c := range []struct {
		method string
		status int
		header http.Header
		body   string
		want   []string
	}{
		{"HEAD", 200, left, "", nil},
		{"HEAD", 200, typed, "", nil},
		{"HEAD", 200, nil, "", []string{"head: header /X-Left is missing (required)"}},
		{"HEAD", 200, http.Header{"X-Left": {"x"}}, "", []string{"head: header /X-Left must be of type integer (type)"}},
		{"HEAD", 404, nil, "", []string{"head: status 404 Not Found is not documented (status)"}},
		{"GET", 200, typed, "", []string{"get: body is empty (json)"}},
		{"GET", 204, nil, "", nil},
		{"GET", 304, nil, "", nil},
		{"GET", 204, typed, "{}", []string{"get: body must be empty: HTTP has no body for this status (noBody)"}},
		{"GET", 304, typed, "{}", []string{"get: body must be empty: HTTP has no body for this status (noBody)"}},
	} {
		resp := &http.Response{StatusCode: c.status, Header: c.header, Body: io.NopCloser(strings.NewReader(c.body))}
		err := v.CheckResponse(httptest.NewRequest(c.method, "/a", nil), resp)
		assert.Equal(t, c.want, broken(t, err), "%s %d %v", c.method, c.status, c.header)
	}
}

// TestHeadOverHTTP: a handler may write to HEAD what it writes to GET.
func TestHeadOverHTTP(t *testing.T) {
	t.Parallel()
	v := headedValidator(t)
	server := httptest.NewServer(v.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Left", "1")
		_, _ = io.WriteString(w, `{"a":1}`)
	})))
	defer server.Close()
	client := &http.Client{Transport: v.Transport(nil, func(err error) { t.Error(err) })}
	resp, err := client.Head(server.URL + "/a")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, 200, resp.StatusCode)
	assert.Equal(t, "7", resp.Header.Get("Content-Length"))
}

func TestAContentLengthThatIsNotTheBodysBreaksTheContract(t *testing.T) {
	t.Parallel()
	v := headedValidator(t)
	for _, c := range []struct {
		method, length string
		status         int
		body           string
		want           int
	}{
		{"GET", "7", 200, `{"a":1}`, 200},
		{"GET", "10", 200, `{"a":1}`, 500},
		{"GET", "2", 200, `{"a":1}`, 500},
		{"GET", "x", 200, `{"a":1}`, 500},
		{"GET", "0", 204, "", 204},
		{"GET", "7", 204, "", 500},
		{"GET", "7", 304, "", 304},
		{"HEAD", "7", 200, "", 200},
		{"HEAD", "10", 200, `{"a":1}`, 200},
	} {
		w := httptest.NewRecorder()
		v.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("X-Left", "1")
			w.Header().Set("Content-Length", c.length)
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
			r.Method = "POST" // a handler's own business
		})).ServeHTTP(w, httptest.NewRequest(c.method, "/a", nil))
		name := c.method + " " + c.length + " " + strconv.Itoa(c.status)
		assert.Equal(t, c.want, w.Code, name)
		if c.want == 500 {
			assert.Contains(t, w.Body.String(), "get: header /Content-Length is not the length of the body (contentLength)", name)
		} else {
			assert.Equal(t, c.length, w.Header().Get("Content-Length"), name)
		}
	}
}
