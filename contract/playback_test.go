package contract_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/optest"
)

// sorted returns a target with its query in alphabetical order, as recordings have it.
func sorted(target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return err.Error()
	}
	u.RawQuery = u.Query().Encode()
	return u.String()
}

// playBack returns a client of a server that gives a recorded response to everything, and a function
// that returns the first request that the server got.
func playBack(t *testing.T, resp message) (*gcore.Cloud, func() message) {
	var first message
	var once sync.Once
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		once.Do(func() { first = message{method: r.Method, target: r.RequestURI, body: string(body)} })
		maps.Copy(w.Header(), resp.header)
		w.WriteHeader(resp.status)
		_, _ = io.WriteString(w, resp.body)
	}))
	t.Cleanup(server.Close)
	cloud, err := gcore.NewCloud(gcore.Config{
		APIKey: "98765$fedcba98", BaseURL: server.URL, MaxRetries: -1,
		HTTPClient: server.Client(),
		Backoff:    func(int, time.Duration) time.Duration { return 0 },
	})
	require.NoError(t, err)
	return cloud, func() message { once.Do(func() {}); return first }
}

// token finds what the client takes out of a message that quotes a token.
var token = regexp.MustCompile(`(Bad permanent token: )[^"]+`)

func TestEveryRecordedResponseIsWhatTheClientReturns(t *testing.T) {
	t.Parallel()
	all, err := recordings()
	require.NoError(t, err)
	for _, r := range all {
		t.Run(r.operation+" "+path.Base(r.file), func(t *testing.T) {
			t.Parallel()
			op := optest.Get(r.operation)
			again, err := op.Request(r.request.target, r.request.body)
			require.NoError(t, err)
			recorded := token.ReplaceAllString(r.response.body, "${1}[REDACTED]")

			cloud, first := playBack(t, r.response)
			response, err := op.API(t.Context(), cloud.API(), again)
			require.NoError(t, err)
			sent := first()
			assert.Equal(t, r.request.method+" "+sorted(r.request.target), sent.method+" "+sorted(sent.target))
			if r.request.body != "" {
				assert.JSONEq(t, r.request.body, sent.body)
			}
			assertSame(t, recorded, decoded(response, r.response.status))

			cloud, _ = playBack(t, r.response)
			result, err := op.Facade(t.Context(), cloud, again)
			if again.ProjectID < 1 {
				require.ErrorIs(t, err, gcore.ErrInvalid, "no project: nothing is sent")
				return
			}
			if r.response.status < 300 {
				require.NoError(t, err)
				assertSame(t, recorded, result)
				return
			}
			assertErrorResponse(t, r.response, recorded, err)
		})
	}
}

// kinds are what errors.Is finds in an error of each status.
var kinds = map[int]error{
	400: gcore.ErrInvalid, 401: gcore.ErrUnauthorized, 403: gcore.ErrForbidden,
	404: gcore.ErrNotFound, 409: gcore.ErrConflict, 429: gcore.ErrRateLimited,
}

func assertErrorResponse(t *testing.T, resp message, recorded string, err error) {
	t.Helper()
	if unknown, ok := errors.AsType[*gcore.UnknownOutcomeError](err); ok { // of a create whose response was 500
		assert.Equal(t, http.StatusInternalServerError, resp.status)
		err = unknown.Err
	}
	for status, kind := range kinds {
		assert.Equal(t, status == resp.status, errors.Is(err, kind), "%v: %v", kind, err)
	}
	apiErr, ok := errors.AsType[*gcore.Error](err)
	if !ok {
		// The facade found out by itself what the server was asked in vain.
		assert.Equal(t, "ValidationError", exceptionClass(recorded))
		assert.ErrorIs(t, err, gcore.ErrInvalid)
		return
	}
	var want gcore.ErrorResponse
	require.NoError(t, json.Unmarshal([]byte(recorded), &want))
	assert.Equal(t, resp.status, apiErr.StatusCode)
	assert.Equal(t, resp.method, apiErr.Method)
	assert.Equal(t, want.ExceptionClass, apiErr.ExceptionClass)
	assert.Equal(t, want.Message, apiErr.Message)
	assert.Equal(t, want.InvalidFields, apiErr.InvalidFields)
	if want.RequestID == nil {
		want.RequestID = new("")
	}
	assert.Equal(t, *want.RequestID, apiErr.RequestID)
	seconds, _ := strconv.Atoi(resp.header.Get("Retry-After")) // the recorded dates are past: no reason to wait
	assert.Equal(t, time.Duration(seconds)*time.Second, apiErr.RetryAfter)
}
