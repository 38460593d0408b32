package contract_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

// roundTripper is a function that is a RoundTripper.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// exchange sends r to a server with the given response. It returns the response, its body, what was
// reported, and how often the server was asked.
func exchange(t *testing.T, r *http.Request, status int, responseBody string) (resp *http.Response, body string, reported []error, asked int, err error) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		_, _ = io.Copy(io.Discard, r.Body)
		if responseBody != "" {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, responseBody)
	}))
	defer server.Close()
	r.URL.Host = strings.TrimPrefix(server.URL, "http://")
	client := &http.Client{Transport: validator.Transport(nil, func(err error) { reported = append(reported, err) })}
	resp, err = client.Do(r)
	if err == nil {
		got, readErr := io.ReadAll(resp.Body)
		require.NoError(t, readErr)
		require.NoError(t, resp.Body.Close())
		body = string(got)
	}
	client.CloseIdleConnections()
	return resp, body, reported, asked, err
}

func TestTransportPassesAGoodExchange(t *testing.T) {
	t.Parallel()
	r := request(t, "POST", onePath, uploadBody)
	sent := r.Body
	resp, body, reported, asked, err := exchange(t, r, 201, createdBody)
	require.NoError(t, err)
	assert.Equal(t, 201, resp.StatusCode)
	assert.Equal(t, createdBody, body)
	assert.Empty(t, reported)
	assert.Equal(t, 1, asked)
	assert.Equal(t, sent, r.Body, "a RoundTripper leaves the request as it is")
}

func TestTransportRefusesABadRequest(t *testing.T) {
	t.Parallel()
	r := request(t, "POST", onePath, "")
	r.Header.Set("Content-Type", "application/json")
	sent := &tracked{Reader: strings.NewReader(`{"name":""}`)}
	r.Body = sent
	_, _, reported, asked, err := exchange(t, r, 201, createdBody)
	assert.Equal(t, []string{"createSSHKey: body /name must have at least 1 character (minLength)"}, broken(t, err))
	require.Len(t, reported, 1)
	assert.ErrorIs(t, err, reported[0])
	assert.EqualError(t, reported[0], "contract: the request was not sent, since it breaks the contract: createSSHKey: body /name must have at least 1 character (minLength)")
	assert.True(t, sent.closed)
	assert.Zero(t, asked)
}

func TestTransportReportsABadResponseAndDeliversIt(t *testing.T) {
	t.Parallel()
	bad := strings.Replace(createdBody, `"state":"ACTIVE"`, `"state":"NEW"`, 1)
	_, body, reported, _, err := exchange(t, request(t, "POST", onePath, uploadBody), 201, bad)
	require.NoError(t, err)
	assert.Equal(t, bad, body)
	require.Len(t, reported, 1)
	assert.EqualError(t, reported[0], "contract: the response breaks the contract: createSSHKey: body /state must be one of ACTIVE, DELETING (enum)")
}

func TestTransportReportsARedirect(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		_, _, reported, _, _ := exchange(t, request(t, "GET", keyPath, ""), status, "")
		require.Len(t, reported, 1)
		assert.Contains(t, reported[0].Error(), "is not documented")
	}
}

func TestTransportPassesOnAFailure(t *testing.T) {
	t.Parallel()
	failure := errors.New("no connection")
	base := roundTripper(func(*http.Request) (*http.Response, error) { return nil, failure })
	report := func(err error) { t.Errorf("nothing to report, got %v", err) }
	_, err := validator.Transport(base, report).RoundTrip(request(t, "GET", keyPath, "")) //nolint:bodyclose // there is none
	assert.Equal(t, failure, err)
}

// idler is a RoundTripper that notes whether its idle connections were closed.
type idler struct {
	http.RoundTripper
	closed bool
}

func (i *idler) CloseIdleConnections() { i.closed = true }

func TestTransportClosesIdleConnections(t *testing.T) {
	t.Parallel()
	base := &idler{}
	(&http.Client{Transport: validator.Transport(base, nil)}).CloseIdleConnections()
	assert.True(t, base.closed)
	(&http.Client{Transport: validator.Transport(roundTripper(nil), nil)}).CloseIdleConnections() // has none
}

func TestTransportNeedsNoReport(t *testing.T) {
	t.Parallel()
	base := roundTripper(func(*http.Request) (*http.Response, error) { return response(200, "{}"), nil })
	resp, err := validator.Transport(base, nil).RoundTrip(request(t, "GET", keyPath, ""))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	_, err = validator.Transport(base, nil).RoundTrip(request(t, "GET", "/", "")) //nolint:bodyclose // there is none
	assert.ErrorAs(t, err, new(contract.Violations))
}
