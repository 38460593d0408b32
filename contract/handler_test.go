package contract_test

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// receivedError is the body of an error response.
type receivedError struct {
	ExceptionClass string              `json:"exception_class"`
	Message        string              `json:"message"`
	RequestID      string              `json:"request_id"`
	InvalidFields  map[string][]string `json:"invalid_fields"`
}

// serve sends r to a server that has next behind the contract.
func serve(t *testing.T, next http.HandlerFunc, r *http.Request) (*http.Response, string, error) {
	server := httptest.NewUnstartedServer(validator.Handler(next))
	server.Config.ErrorLog = log.New(complaints{t}, "", 0)
	server.Start()
	defer server.Close()
	r.URL.Host = strings.TrimPrefix(server.URL, "http://")
	resp, err := server.Client().Do(r)
	if err != nil {
		return nil, "", err
	}
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, resp.Body.Close())
	return resp, string(body), err
}

// complaints fails a test for what net/http logs of a server.
type complaints struct{ t *testing.T }

func (c complaints) Write(p []byte) (int, error) {
	c.t.Errorf("the server logs: %s", p)
	return len(p), nil
}

func never(t *testing.T) http.HandlerFunc {
	return func(http.ResponseWriter, *http.Request) { t.Error("the request was let through") }
}

func created(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, createdBody)
}

func TestHandlerPassesAGoodExchange(t *testing.T) {
	t.Parallel()
	var received string
	resp, body, err := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		received = string(got)
		w.Header().Set("X-Extra", "1")
		w.WriteHeader(http.StatusContinue) // informational: not the response
		created(w, r)
		w.WriteHeader(http.StatusTeapot) // too late, as in net/http
		w.Header().Set("X-Late", "1")
	}, request(t, "POST", onePath, uploadBody))
	require.NoError(t, err)
	assert.Equal(t, uploadBody, received)
	assert.Equal(t, 201, resp.StatusCode)
	assert.Equal(t, createdBody, body)
	assert.Equal(t, "1", resp.Header.Get("X-Extra"))
	assert.Empty(t, resp.Header.Get("X-Late"))
}

func TestHandlerRefusesLikeGcore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, target, auth, body string
		status                     int
		class, message             string
		fields                     map[string][]string
	}{
		"unknown path":        {"GET", "/cloud/v1/other", "apikey a", "", 404, "NotFoundError", "HTTP 404: Not Found", nil},
		"unknown method":      {"PUT", keyPath, "apikey a", "{}", 405, "HTTPError", "HTTP 405: Method Not Allowed", nil},
		"no credentials":      {"GET", "/cloud/v1/ssh_keys/x", "", "", 401, "AuthenticationError", "Authentication credentials were not provided.", nil},
		"another kind of it":  {"GET", keyPath, "Bearer a", "", 401, "AuthenticationError", "Given token not valid for any token type", nil},
		"no body":             {"POST", onePath, "apikey a", "", 400, "ValidationError", "Request validation failed", map[string][]string{"body": {"is missing"}}},
		"a body that is none": {"POST", onePath, "apikey a", "{", 400, "ValidationError", "Request validation failed", map[string][]string{"body": {"is not JSON: one value and nothing after it"}}},
		"all else": {"POST", "/cloud/v1/ssh_keys/x?y=z", "apikey a", `{"name":"","shared_in_project":1,"name":""}`, 400, "ValidationError", "Request validation failed", map[string][]string{
			"project_id":        {"must be of type integer"},
			"query":             {"has 1 parameter that the contract does not have: it takes none"},
			"name":              {"is in its object more than once", "must have at least 1 character"},
			"shared_in_project": {"must be of type boolean"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request(t, c.method, c.target, c.body)
			r.Header.Del("Authorization")
			if c.auth != "" {
				r.Header.Set("Authorization", c.auth)
			}
			resp, body, err := serve(t, never(t), r)
			require.NoError(t, err)
			assert.Equal(t, c.status, resp.StatusCode)
			var got receivedError
			require.NoError(t, json.Unmarshal([]byte(body), &got), body)
			assert.Regexp(t, "^[0-9a-f]{32}$", got.RequestID)
			got.RequestID = ""
			assert.Equal(t, receivedError{ExceptionClass: c.class, Message: c.message, InvalidFields: c.fields}, got)
			if c.status == http.StatusMethodNotAllowed {
				assert.Equal(t, "DELETE, GET, PATCH", resp.Header.Get("Allow"))
			}
			if c.status < 402 {
				resp.Body = io.NopCloser(strings.NewReader(body))
				assert.NoError(t, validator.CheckResponse(r, resp), "the error response keeps the contract")
			}
		})
	}
}

func TestHandlerKeepsTheHeadersSetAroundIt(t *testing.T) {
	t.Parallel()
	recorder := httptest.NewRecorder()
	recorder.Header().Set("X-Outer", "kept")
	recorder.Header().Set("X-Gone", "deleted by next")
	validator.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "kept", w.Header().Get("X-Outer"))
		w.Header().Del("X-Gone")
		created(w, r)
	})).ServeHTTP(recorder, request(t, "POST", onePath, uploadBody))
	assert.Equal(t, "kept", recorder.Header().Get("X-Outer"))
	assert.NotContains(t, recorder.Header(), "X-Gone")
}

func TestHandlerHoldsBackABadResponse(t *testing.T) {
	t.Parallel()
	r := request(t, "GET", keyPath, "")
	resp, body, err := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Secret", "canary")
		w.Header().Set("Content-Length", "500")
		created(w, r)
	}, r)
	require.NoError(t, err)
	assert.Equal(t, 500, resp.StatusCode)
	var got receivedError
	require.NoError(t, json.Unmarshal([]byte(body), &got), body)
	assert.Equal(t, "InternalServerError", got.ExceptionClass)
	assert.Equal(t, "the server's own 201 response breaks the contract: getSSHKey: status 201 Created is not documented (status)", got.Message)
	assert.Empty(t, resp.Header.Get("X-Secret"))
	resp.Body = io.NopCloser(strings.NewReader(body))
	assert.NoError(t, validator.CheckResponse(r, resp))
}

func TestHandlerTakesSilenceFor200(t *testing.T) {
	t.Parallel()
	_, body, err := serve(t, func(http.ResponseWriter, *http.Request) {}, request(t, "GET", keyPath, ""))
	require.NoError(t, err)
	assert.Contains(t, body, "getSSHKey: header /Content-Type is missing (contentType)")
}

func TestHandlerLetsNextAbort(t *testing.T) {
	t.Parallel()
	_, _, err := serve(t, func(w http.ResponseWriter, r *http.Request) {
		created(w, r)
		panic(http.ErrAbortHandler)
	}, request(t, "POST", onePath, uploadBody))
	assert.ErrorIs(t, err, io.EOF)
}

func TestHandlerLetsNextHijack(t *testing.T) {
	t.Parallel()
	resp, body, err := serve(t, func(w http.ResponseWriter, r *http.Request) {
		created(w, r)
		conn, buffer, err := http.NewResponseController(w).Hijack()
		if !assert.NoError(t, err) {
			return
		}
		_, _ = buffer.WriteString("HTTP/1.1 418 \r\nContent-Length: 10\r\n\r\nhalf")
		_ = buffer.Flush()
		_ = conn.Close()
	}, request(t, "POST", onePath, uploadBody))
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.NotNil(t, resp)
	assert.Equal(t, 418, resp.StatusCode)
	assert.Equal(t, "half", body)
}

func TestHandlerWithoutAConnectionToHijack(t *testing.T) {
	t.Parallel()
	recorder := httptest.NewRecorder()
	validator.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _, err := http.NewResponseController(w).Hijack()
		assert.ErrorIs(t, err, http.ErrNotSupported)
		created(w, r)
	})).ServeHTTP(recorder, request(t, "POST", onePath, uploadBody))
	assert.Equal(t, 201, recorder.Code, "the response is still sent")
}
