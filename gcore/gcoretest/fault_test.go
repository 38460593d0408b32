package gcoretest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// onTheWire is what a client receives of one response.
type onTheWire struct {
	doErr   error // from the request itself: no headers came
	status  int
	header  http.Header
	length  int64 // as announced, -1 if not
	chunked bool
	body    string // as far as it came
	bodyErr error
}

// faulty has the server meet its next call of the operation with a fault and returns what comes back.
func faulty(t *testing.T, srv *gcoretest.Server, operation string, fault gcoretest.Fault, req *http.Request) onTheWire {
	t.Helper()
	srv.Inject(operation, fault)
	resp, err := direct(srv).Do(req)
	if err != nil {
		return onTheWire{doErr: err}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return onTheWire{
		status: resp.StatusCode, header: resp.Header, length: resp.ContentLength,
		chunked: len(resp.TransferEncoding) == 1 && resp.TransferEncoding[0] == "chunked",
		body:    string(body), bodyErr: err,
	}
}

func faultyCreate(t *testing.T, srv *gcoretest.Server, fault gcoretest.Fault) onTheWire {
	t.Helper()
	return faulty(t, srv, "createSSHKey", fault, request(t, srv, http.MethodPost, keys, createBody))
}

// Each protocol, since net/http breaks a response off in different ways.
func onBothProtocols(t *testing.T, test func(t *testing.T, opts ...gcoretest.Option)) {
	t.Run("HTTP 1.1", func(t *testing.T) {
		t.Parallel()
		test(t)
	})
	t.Run("HTTP 2", func(t *testing.T) {
		t.Parallel()
		test(t, gcoretest.WithHTTP2())
	})
}

func TestDropBeforeHeaders(t *testing.T) {
	t.Parallel()
	onBothProtocols(t, func(t *testing.T, opts ...gcoretest.Option) {
		srv := gcoretest.NewServer(t, opts...)
		got := faultyCreate(t, srv, gcoretest.Fault{Break: gcoretest.DropBeforeHeaders, Commit: gcoretest.CommitNever})
		assert.Error(t, got.doErr)
		assert.Empty(t, srv.Keys(1))

		got = faultyCreate(t, srv, gcoretest.Fault{Break: gcoretest.DropBeforeHeaders})
		assert.Error(t, got.doErr)
		assert.Len(t, srv.Keys(1), 1)

		got = faultyCreate(t, srv, gcoretest.Fault{})
		assert.NoError(t, got.doErr)
		assert.Equal(t, http.StatusCreated, got.status, "the server works again")
	})
}

func TestDropInBody(t *testing.T) {
	t.Parallel()
	whole := int64(len(created(t, gcoretest.NewServer(t))))
	tests := map[string]struct {
		at       int
		received int64
	}{
		"at once":       {0, 0},
		"in the middle": {100, 100},
		"at the end":    {1 << 30, whole},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBothProtocols(t, func(t *testing.T, opts ...gcoretest.Option) {
				srv := gcoretest.NewServer(t, opts...)
				got := faultyCreate(t, srv, gcoretest.Fault{Break: gcoretest.DropInBody, At: test.at})
				require.NoError(t, got.doErr)
				assert.Equal(t, http.StatusCreated, got.status)
				assert.Len(t, got.body, int(test.received))
				assert.Equal(t, max(whole, test.received+1), got.length)
				assert.Error(t, got.bodyErr)
				assert.Len(t, srv.Keys(1), 1)
			})
		})
	}
}

func TestDropInChunks(t *testing.T) {
	t.Parallel()
	for at, whole := range map[int]bool{0: false, 100: false, 1 << 30: true} {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			t.Parallel()
			srv := gcoretest.NewServer(t)
			got := faultyCreate(t, srv, gcoretest.Fault{Chunked: true, Break: gcoretest.DropInBody, At: at})
			require.NoError(t, got.doErr)
			assert.True(t, got.chunked)
			assert.ErrorIs(t, got.bodyErr, io.ErrUnexpectedEOF)
			assert.Equal(t, whole, json.Valid([]byte(got.body)))
			if !whole {
				assert.Len(t, got.body, at)
			}
		})
	}
}

func TestChunkedAloneIsAGoodResponse(t *testing.T) {
	t.Parallel()
	got := faultyCreate(t, gcoretest.NewServer(t), gcoretest.Fault{Chunked: true})
	require.NoError(t, errors.Join(got.doErr, got.bodyErr))
	assert.True(t, got.chunked)
	assert.Equal(t, int64(-1), got.length)
	assert.True(t, json.Valid([]byte(got.body)))
}

func TestAStallLastsUntilTheClientLeaves(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault    gcoretest.Fault
		received int // of the body, before it stalls; -1 if not even the headers
	}{
		"before the headers": {gcoretest.Fault{Break: gcoretest.StallBeforeHeaders}, -1},
		"in the body":        {gcoretest.Fault{Break: gcoretest.StallInBody, At: 10}, 10},
		"in chunks":          {gcoretest.Fault{Break: gcoretest.StallInBody, At: 10, Chunked: true}, 10},
		"at the end":         {gcoretest.Fault{Break: gcoretest.StallInBody, At: 4, Body: "body"}, 4},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBothProtocols(t, func(t *testing.T, opts ...gcoretest.Option) {
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				// A response that does not stall arrives long before the client leaves.
				leaveSoon := func() { time.AfterFunc(50*time.Millisecond, leave) }
				srv := gcoretest.NewServer(t, append(opts, gcoretest.WithFaults(func(gcoretest.Call) gcoretest.Fault {
					if test.received < 0 {
						leaveSoon()
					}
					return test.fault
				}))...)
				ended := make(chan struct{})
				other := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					defer close(ended)
					srv.Handler.ServeHTTP(w, r)
				}))
				other.EnableHTTP2 = len(opts) > 0
				other.StartTLS()
				t.Cleanup(other.Close)

				req := request(t, srv, http.MethodPost, keys, createBody).WithContext(ctx)
				req.URL.Scheme, req.URL.Host = "https", other.Listener.Addr().String()
				resp, err := other.Client().Do(req)
				if test.received >= 0 {
					require.NoError(t, err)
					defer func() { _ = resp.Body.Close() }()
					_, err = io.ReadFull(resp.Body, make([]byte, test.received))
					require.NoError(t, err)
					leaveSoon()
					_, err = io.ReadFull(resp.Body, make([]byte, 1))
				}
				assert.ErrorIs(t, err, context.Canceled)
				<-ended
				assert.Len(t, srv.Keys(1), 1)
			})
		})
	}
}

func TestAStallEndsWhenTheServerIsClosed(t *testing.T) {
	t.Parallel()
	onBothProtocols(t, func(t *testing.T, opts ...gcoretest.Option) {
		for _, at := range []gcoretest.Break{gcoretest.StallBeforeHeaders, gcoretest.StallInBody} {
			arrived := make(chan struct{})
			srv := gcoretest.NewServer(t, append(opts, gcoretest.WithFaults(func(gcoretest.Call) gcoretest.Fault {
				close(arrived)
				return gcoretest.Fault{Break: at}
			}))...)
			go func() { <-arrived; srv.Close() }()
			resp, err := srv.Client().Do(request(t, srv, http.MethodGet, keys, ""))
			if err == nil {
				_, err = io.ReadAll(resp.Body)
				_ = resp.Body.Close()
			}
			assert.Error(t, err)
			srv.Close()
		}
	})
}

func TestAStallEndsAfterAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, err := gcoretest.NewUnstarted(gcoretest.WithAnyAPIKey())
		require.NoError(t, err)
		srv.Inject("listSSHKeys", gcoretest.Fault{Break: gcoretest.StallBeforeHeaders})
		start := time.Now()
		assert.PanicsWithValue(t, http.ErrAbortHandler, func() {
			req := httptest.NewRequest(http.MethodGet, keys, nil)
			req.Header.Set("Authorization", "apikey any")
			srv.Handler.ServeHTTP(httptest.NewRecorder(), req)
		})
		assert.Equal(t, time.Minute, time.Since(start), "by the test's own clock")
	})
}

func TestAStallOnAnotherListenerEndsWhenTheServerIsClosed(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	srv := gcoretest.NewServer(t, gcoretest.WithFaults(func(gcoretest.Call) gcoretest.Fault {
		close(arrived)
		return gcoretest.Fault{Break: gcoretest.StallBeforeHeaders}
	}))
	other := httptest.NewServer(srv.Handler)
	t.Cleanup(other.Close)
	go func() { <-arrived; srv.Close() }()
	req := request(t, srv, http.MethodGet, keys, "")
	req.URL.Host = other.Listener.Addr().String()
	_, err := other.Client().Do(req)
	assert.ErrorIs(t, err, io.EOF)
}

func TestCloseDoesNotWaitForAClientThatStalls(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	dialInBody(t, srv)
	srv.Close() // or the test never ends
}

func TestAResponseWithoutABodyBreaksBeforeItsHeaders(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	made := srv.Add(1, gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	fault := gcoretest.Fault{Break: gcoretest.DropInBody, At: 5}
	got := faulty(t, srv, "deleteSSHKey", fault, request(t, srv, http.MethodDelete, keys+"/"+made.ID, ""))
	assert.ErrorIs(t, got.doErr, io.EOF)
	assert.Empty(t, srv.Keys(1))

	made = srv.Add(1, gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	ctx, leave := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer leave()
	fault = gcoretest.Fault{Break: gcoretest.StallInBody, At: 5}
	got = faulty(t, srv, "deleteSSHKey", fault, request(t, srv, http.MethodDelete, keys+"/"+made.ID, "").WithContext(ctx))
	assert.ErrorIs(t, got.doErr, context.DeadlineExceeded)
}

func TestStatus(t *testing.T) {
	t.Parallel()
	for status, class := range map[int]string{
		400: "ValidationError", 401: "AuthenticationError", 403: "ForbiddenError", 404: "NotFoundError",
		408: "HTTPError", 409: "ConflictError", 429: "TooManyRequestsError", 500: "InternalServerError",
		502: "HTTPError", 503: "HTTPError", 504: "HTTPError", 599: "HTTPError",
	} {
		for commit, there := range map[gcoretest.Commit]int{gcoretest.CommitNever: 0, gcoretest.CommitNow: 1} {
			t.Run(fmt.Sprint(status, there), func(t *testing.T) {
				t.Parallel()
				srv := gcoretest.NewServer(t)
				got := faultyCreate(t, srv, gcoretest.Fault{Status: status, Commit: commit})
				require.NoError(t, errors.Join(got.doErr, got.bodyErr))
				assert.Equal(t, status, got.status)
				var e gcore.ErrorResponse
				require.NoError(t, json.Unmarshal([]byte(got.body), &e))
				assert.Equal(t, class, e.ExceptionClass)
				assert.NotEmpty(t, e.Message)
				assert.NotEmpty(t, e.RequestID)
				assert.Empty(t, got.header.Get("Retry-After"))
				assert.Len(t, srv.Keys(1), there)
			})
		}
	}
}

func TestWhatIsNotCarriedOutGets500(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	got := faultyCreate(t, srv, gcoretest.Fault{Commit: gcoretest.CommitNever})
	assert.Equal(t, http.StatusInternalServerError, got.status)
	assert.Contains(t, got.body, "InternalServerError")
}

func TestHeader(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	got := faultyCreate(t, srv, gcoretest.Fault{
		Commit: gcoretest.CommitNever, Status: 429,
		Header: http.Header{"Retry-After": {"5"}, "content-type": nil},
	})
	assert.Equal(t, "5", got.header.Get("Retry-After"))
	assert.NotEqual(t, "application/json", got.header.Get("Content-Type"))
}

func TestRedirect(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		srv := gcoretest.NewServer(t)
		got := faultyCreate(t, srv, gcoretest.Fault{
			Commit: gcoretest.CommitNever, Status: status, Header: http.Header{"Location": {"https://elsewhere.invalid/"}},
		})
		assert.Equal(t, status, got.status)
		assert.Equal(t, "https://elsewhere.invalid/", got.header.Get("Location"))
		assert.Empty(t, got.body)
		assert.Empty(t, srv.Keys(1))
	}
}

func TestAStatusBelow400KeepsTheBody(t *testing.T) {
	t.Parallel()
	got := faultyCreate(t, gcoretest.NewServer(t), gcoretest.Fault{Status: http.StatusOK})
	assert.Equal(t, http.StatusOK, got.status)
	assert.Contains(t, got.body, "OPENSSH PRIVATE KEY")
}

func TestProxyPage(t *testing.T) {
	t.Parallel()
	for _, status := range []int{403, 502, 503, 504} {
		srv := gcoretest.NewServer(t)
		page := gcoretest.ProxyPage(status)
		page.Commit = gcoretest.CommitNever
		got := faultyCreate(t, srv, page)
		assert.Equal(t, status, got.status)
		assert.Equal(t, "text/html", got.header.Get("Content-Type"))
		assert.Contains(t, got.body, fmt.Sprintf("<h1>%d %s</h1>", status, http.StatusText(status)))
		assert.Empty(t, srv.Keys(1))
	}
}

func TestBodyAndEdit(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault gcoretest.Fault
		check func(t *testing.T, body string)
	}{
		"garbage JSON": {gcoretest.Fault{Body: `{"id": `}, func(t *testing.T, body string) {
			assert.Equal(t, `{"id": `, body)
		}},
		"trailing data": {gcoretest.Fault{Edit: func(own []byte) []byte { return append(own, "}}"...) }}, func(t *testing.T, body string) {
			own := strings.TrimSuffix(body, "}}")
			assert.NotEqual(t, own, body)
			assert.True(t, json.Valid([]byte(own)))
		}},
		"empty": {gcoretest.Fault{Edit: func([]byte) []byte { return nil }}, func(t *testing.T, body string) {
			assert.Empty(t, body)
		}},
		"both": {gcoretest.Fault{Body: "a", Edit: func(own []byte) []byte { return append(own, 'b') }}, func(t *testing.T, body string) {
			assert.Equal(t, "ab", body)
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := gcoretest.NewServer(t)
			got := faultyCreate(t, srv, test.fault)
			require.NoError(t, errors.Join(got.doErr, got.bodyErr))
			assert.Equal(t, http.StatusCreated, got.status)
			test.check(t, got.body)
			assert.Len(t, srv.Keys(1), 1)
		})
	}
}

func TestRaw(t *testing.T) {
	t.Parallel()
	onBothProtocols(t, func(t *testing.T, opts ...gcoretest.Option) {
		srv := gcoretest.NewServer(t, opts...)
		got := faultyCreate(t, srv, gcoretest.Fault{Raw: "SSH-2.0-OpenSSH_9.9\r\n"})
		assert.Error(t, got.doErr)
		if strings.HasPrefix(srv.URL, "http:") {
			assert.ErrorContains(t, got.doErr, "malformed HTTP response \"SSH-2.0-OpenSSH_9.9\"")
		}
		assert.Len(t, srv.Keys(1), 1)

		got = faultyCreate(t, srv, gcoretest.Fault{Raw: "HTTP/1.1 201 Created\r\n"})
		assert.Error(t, got.doErr, "the connection is closed after it")
	})
}

// Faults stand outside of everything else, as a proxy does.
func TestAFaultNeedsNoValidRequest(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t, gcoretest.WithFaults(func(gcoretest.Call) gcoretest.Fault { return gcoretest.ProxyPage(502) }))
	resp, err := srv.Client().Get(srv.URL + "/anything")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusBadGateway, resp.StatusCode)
}

// created returns the response body of a good create.
func created(t *testing.T, srv *gcoretest.Server) string {
	t.Helper()
	_, body := call(t, srv, http.MethodPost, keys, createBody)
	return body
}
