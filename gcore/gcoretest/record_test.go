package gcoretest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/testenv"
)

func TestTheRecordIsBounded(t *testing.T) {
	t.Parallel()
	names := func(srv *gcoretest.Server) (names []string) {
		for _, call := range srv.Calls() {
			names = append(names, call.Name)
		}
		return names
	}

	t.Run("by the number of calls", func(t *testing.T) {
		t.Parallel()
		srv := gcoretest.NewServer(t, gcoretest.WithCallLimits(3, 1<<20))
		for i := range 5 {
			list(t, srv, fmt.Sprint(keys, "?name=", i))
		}
		assert.Equal(t, []string{"2", "3", "4"}, names(srv))
	})
	t.Run("by their bytes", func(t *testing.T) {
		t.Parallel()
		srv := gcoretest.NewServer(t, gcoretest.WithCallLimits(100, 55_000))
		for i := range 5 {
			call(t, srv, http.MethodPost, keys, fmt.Sprintf(`{"name": "%d", "junk": %q}`, i, strings.Repeat("a", 25_000)))
		}
		assert.Equal(t, []string{"3", "4"}, names(srv))
		call(t, srv, http.MethodPost, keys, fmt.Sprintf(`{"name": "large", "junk": %q}`, strings.Repeat("a", 30_000)))
		assert.Equal(t, []string{"large"}, names(srv))

		srv = gcoretest.NewServer(t, gcoretest.WithCallLimits(100, 1))
		list(t, srv, keys+"?name=first")
		list(t, srv, keys+"?name=last")
		assert.Equal(t, []string{"last"}, names(srv), "the newest call is kept in any case")
		srv.ClearCalls()
		assert.Empty(t, srv.Calls())
		list(t, srv, keys+"?name=last")
		assert.Equal(t, 1, srv.Calls()[0].Nth)
	})
	t.Run("and Nth counts recorded calls", func(t *testing.T) {
		t.Parallel()
		srv := gcoretest.NewServer(t, gcoretest.WithCallLimits(2, 1<<20))
		var nth []int
		for _, name := range []string{"a", "a", "a", "b", "b", "a"} {
			list(t, srv, keys+"?name="+name)
			calls := srv.Calls()
			nth = append(nth, calls[len(calls)-1].Nth)
		}
		assert.Equal(t, []int{1, 2, 3, 1, 2, 1}, nth)
	})
	t.Run("with bounds that can hold a call", func(t *testing.T) {
		t.Parallel()
		_, err := gcoretest.Start(gcoretest.WithCallLimits(0, 1))
		assert.EqualError(t, err, "WithCallLimits(0, 1): both must be at least 1")
	})
}

// Whoever has no API key can send much, which is not kept.
func TestBodiesWithoutAnAPIKeyAreNotRecorded(t *testing.T) {
	srv := gcoretest.NewServer(t)
	junk := `{"junk": "` + strings.Repeat("a", 30_000) + `"}`
	before := testenv.Heap()
	for range 400 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+keys, strings.NewReader(junk))
		require.NoError(t, err)
		req.Header.Set("Authorization", "apikey 1234$wrong")
		req.Header.Set("Cookie", "session=canary")
		req.Header.Set("Proxy-Authorization", "canary")
		resp, _ := do(t, srv, req)
		require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	}
	assert.Len(t, srv.Calls(), 400)
	assert.Nil(t, srv.Calls()[0].Body)
	assert.Less(t, testenv.Heap()-before, int64(4<<20), "12 MB were sent")
	assert.NotContains(t, fmt.Sprint(srv.Calls()), "canary")
	assert.NotContains(t, fmt.Sprint(srv.Calls()), "wrong")
}

func TestACallInJSON(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	req := request(t, srv, http.MethodPost, keys, createBody)
	req.Header = http.Header{"Authorization": req.Header["Authorization"], "Content-Type": req.Header["Content-Type"], "User-Agent": {"test"}, "Accept-Encoding": {"identity"}}
	resp, body := do(t, srv, req)
	require.Equal(t, http.StatusCreated, resp.StatusCode)

	data, err := json.Marshal(srv.Calls()[0])
	require.NoError(t, err)
	assert.JSONEq(t, `{
		"operation": "createSSHKey", "project_id": 1, "name": "my-ssh-key", "nth": 1,
		"method": "POST", "path": "/cloud/v1/ssh_keys/1", "body": "{\"name\": \"my-ssh-key\"}", "status": 201,
		"header": {"Content-Type": ["application/json"], "Content-Length": ["22"], "User-Agent": ["test"], "Accept-Encoding": ["identity"]}
	}`, string(data))
	var again gcoretest.Call
	require.NoError(t, json.Unmarshal(data, &again))
	assert.Equal(t, srv.Calls()[0], again)

	var created gcore.CreatedSSHKey
	require.NoError(t, json.Unmarshal([]byte(body), &created))
	line := strings.Split(created.PrivateKey.Reveal(), "\n")[1]
	assert.NotContains(t, string(data), line, "a call holds nothing of the response")
}

func TestAFaultInJSON(t *testing.T) {
	t.Parallel()
	tests := map[string]gcoretest.Fault{
		`{}`: {},
		`{"commit": "CommitNever", "status": 429, "header": {"Retry-After": ["5"]}}`: {
			Commit: gcoretest.CommitNever, Status: 429, Header: http.Header{"Retry-After": {"5"}},
		},
		`{"commit": "CommitAfterList", "break": "StallInBody", "at": 7, "hide_for": 2, "chunked": true, "body": "b", "raw": "r"}`: {
			Commit: gcoretest.CommitAfterList, Break: gcoretest.StallInBody, At: 7, HideFor: 2, Chunked: true, Body: "b", Raw: "r",
		},
	}
	for text, fault := range tests {
		var decoded gcoretest.Fault
		require.NoError(t, json.Unmarshal([]byte(text), &decoded), text)
		assert.Equal(t, fault, decoded)
		encoded, err := json.Marshal(fault)
		require.NoError(t, err)
		assert.JSONEq(t, text, string(encoded))
	}
	for text, message := range map[string]string{
		`{"commit": "never"}`: `gcoretest: no Commit is named "never": use one of CommitByStatus, CommitNow, CommitNever, CommitAfterList`,
		`{"break": "drop"}`: `gcoretest: no Break is named "drop": use one of NoBreak, DropBeforeHeaders, DropInBody, ` +
			`StallBeforeHeaders, StallInBody`,
	} {
		assert.EqualError(t, json.Unmarshal([]byte(text), new(gcoretest.Fault)), message)
	}
	encoded, err := json.Marshal(gcoretest.Fault{Edit: func(body []byte) []byte { return body }})
	require.NoError(t, err)
	assert.JSONEq(t, `{}`, string(encoded), "Edit has no form in JSON")

	assert.Equal(t, "CommitByStatus NoBreak Commit(9) Break(-1)",
		fmt.Sprint(gcoretest.CommitByStatus, gcoretest.NoBreak, gcoretest.Commit(9), gcoretest.Break(-1)))
	for commit := range gcoretest.CommitAfterList + 1 {
		assert.NotContains(t, commit.String(), "(")
	}
	for stop := range gcoretest.StallInBody + 1 {
		assert.NotContains(t, stop.String(), "(")
	}
}

func TestInjectRefusesFaultsThatCannotBe(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	for _, status := range []int{-1, 1, 99, 100, 199, 600, 1000} {
		assert.Panics(t, func() { srv.Inject("createSSHKey", gcoretest.Fault{Status: status}) }, status)
	}
	for message, fault := range map[string]gcoretest.Fault{
		"gcoretest: Inject: hide_for -1 is negative":                                                         {HideFor: -1},
		"gcoretest: Inject: there is no Commit(4)":                                                           {Commit: 4},
		"gcoretest: Inject: there is no Break(5)":                                                            {Break: 5},
		"gcoretest: Inject: status 99 is not from 200 to 599":                                                {Status: 99},
		"gcoretest: Inject: at -5 is negative":                                                               {At: -5, Break: gcoretest.DropInBody},
		"gcoretest: Inject: at 3 has no effect with DropBeforeHeaders: it is for DropInBody and StallInBody": {At: 3, Break: gcoretest.DropBeforeHeaders},
		`gcoretest: Inject: header "a b" is not a valid name`:                                                {Header: http.Header{"a b": nil}},
		"gcoretest: Inject: header Retry-After has a value with a line break or another control character":   {Header: http.Header{"retry-after": {"5", "5\r\nX: y"}}},
		"gcoretest: Inject: header Content-Length follows from the body: use raw to send a wrong one":        {Header: http.Header{"content-length": {"5"}}},
		"gcoretest: Inject: header Transfer-Encoding follows from the body: use raw to send a wrong one":     {Header: http.Header{"Transfer-Encoding": {"5"}}},
	} {
		assert.PanicsWithValue(t, message, func() { srv.Inject("createSSHKey", fault) })
	}
}
