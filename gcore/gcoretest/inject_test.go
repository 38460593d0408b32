package gcoretest_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

func TestLateCommit(t *testing.T) {
	t.Parallel()
	late := gcoretest.Fault{Commit: gcoretest.CommitAfterList, Break: gcoretest.DropBeforeHeaders}

	t.Run("after a list that it could be in", func(t *testing.T) {
		t.Parallel()
		srv := gcoretest.NewServer(t)
		require.Error(t, faultyCreate(t, srv, late).doErr)
		assert.Empty(t, srv.Keys(1))

		for _, elsewhere := range []string{keys + "?name=other", "/cloud/v1/ssh_keys/2"} {
			list(t, srv, elsewhere)
			assert.Empty(t, srv.Keys(1), elsewhere)
		}
		srv.Inject("listSSHKeys", gcoretest.Fault{Commit: gcoretest.CommitNever, Status: 503})
		call(t, srv, http.MethodGet, keys, "")
		call(t, srv, http.MethodGet, keys+"?limit=0", "")
		assert.Empty(t, srv.Keys(1), "a list that fails is no list")
		other := srv.Add(1, gcore.CreateSSHKeyRequest{Name: "ssh"})
		call(t, srv, http.MethodGet, keys+"/"+other.ID, "")
		call(t, srv, http.MethodDelete, keys+"/"+other.ID, "")
		assert.Empty(t, srv.Keys(1), "nor is any other operation")

		assert.Empty(t, list(t, srv, keys+"?name=my-ssh").Results)
		assert.Len(t, srv.Keys(1), 1)
		assert.Len(t, list(t, srv, keys+"?name=my-ssh").Results, 1)
		assert.Len(t, srv.Keys(1), 1, "it is done once")
	})
	t.Run("or on CommitPending", func(t *testing.T) {
		t.Parallel()
		srv := gcoretest.NewServer(t)
		require.Error(t, faultyCreate(t, srv, late).doErr)
		srv.CommitPending()
		assert.Len(t, srv.Keys(1), 1)
		srv.CommitPending()
		assert.Len(t, srv.Keys(1), 1)
	})
	t.Run("of a delete", func(t *testing.T) {
		t.Parallel()
		srv := gcoretest.NewServer(t)
		made := srv.Add(1, gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
		faulty(t, srv, "deleteSSHKey", late, request(t, srv, http.MethodDelete, keys+"/"+made.ID, ""))
		assert.Len(t, list(t, srv, keys).Results, 1)
		assert.Empty(t, list(t, srv, keys).Results)
	})
	t.Run("whose own response is a 500", func(t *testing.T) {
		t.Parallel()
		got := faultyCreate(t, gcoretest.NewServer(t), gcoretest.Fault{Commit: gcoretest.CommitAfterList})
		assert.Equal(t, http.StatusInternalServerError, got.status)
	})
}

func TestAHiddenKeyIsLeftOutOfSomeLists(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	got := faultyCreate(t, srv, gcoretest.Fault{HideFor: 2})
	require.Equal(t, http.StatusCreated, got.status)
	var key gcore.SSHKey
	require.NoError(t, json.Unmarshal([]byte(got.body), &key))

	assert.Len(t, srv.Keys(1), 1)
	resp, _ := call(t, srv, http.MethodGet, keys+"/"+key.ID, "")
	assert.Equal(t, http.StatusOK, resp.StatusCode, "other operations find it")
	list(t, srv, keys+"?name=other")
	list(t, srv, "/cloud/v1/ssh_keys/2")
	for range 2 {
		page := list(t, srv, keys+"?name=my-ssh-key")
		assert.Empty(t, page.Results)
		assert.Zero(t, page.Count)
	}
	assert.Len(t, list(t, srv, keys+"?name=my-ssh-key").Results, 1)
}

func TestInjectedFaultsComeOneACallAndFirst(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t, gcoretest.WithFaults(func(gcoretest.Call) gcoretest.Fault { return gcoretest.Fault{Status: 500} }))
	srv.Inject("listSSHKeys", gcoretest.Fault{Status: 503}, gcoretest.Fault{})
	srv.Inject("listSSHKeys", gcoretest.Fault{Status: 429})
	srv.Inject("getSSHKey", gcoretest.Fault{Status: 404})
	var statuses []int
	for range 4 {
		resp, _ := call(t, srv, http.MethodGet, keys, "")
		statuses = append(statuses, resp.StatusCode)
	}
	assert.Equal(t, []int{503, 200, 429, 500}, statuses)
	assert.PanicsWithValue(t, `gcoretest: Inject: openapi.yaml has no operation "createSSHkey"`, func() { srv.Inject("createSSHkey") })
}

func TestRandomFaultsFollowFromTheSeed(t *testing.T) {
	t.Parallel()
	faults := []gcoretest.Fault{{Status: 500}, {Status: 503, Commit: gcoretest.CommitNever}, {Status: 429, Commit: gcoretest.CommitNever}}
	// run returns the statuses that each name met, with all names at work at once.
	run := func(seed uint64) map[string][]int {
		srv := gcoretest.NewServer(t, gcoretest.WithFaults(gcoretest.RandomFaults(seed, 0.3, faults...)))
		var mu sync.Mutex
		met := map[string][]int{}
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				name := fmt.Sprint("key-", i)
				for range 10 {
					resp, err := srv.Client().Do(request(t, srv, http.MethodPost, keys, `{"name": "`+name+`"}`))
					if !assert.NoError(t, err) {
						return
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
					mu.Lock()
					met[name] = append(met[name], resp.StatusCode)
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		return met
	}
	first := run(1)
	assert.Equal(t, first, run(1))
	assert.NotEqual(t, first, run(2))

	count := map[int]int{}
	for _, statuses := range first {
		for _, status := range statuses {
			count[status]++
		}
	}
	assert.InDelta(t, 0.7, float64(count[201])/640, 0.06)
	for _, fault := range faults {
		assert.InDelta(t, 0.1, float64(count[fault.Status])/640, 0.05, fault.Status)
	}
	assert.Zero(t, gcoretest.RandomFaults(1, 1)(gcoretest.Call{}), "no faults to choose from")
}

func TestCallsAreWhatWasSent(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	made := srv.Add(7, gcore.CreateSSHKeyRequest{Name: "there"})
	assert.Empty(t, srv.Calls(), "Add is no call")

	call(t, srv, http.MethodPost, "/cloud/v1/ssh_keys/7", createBody)
	call(t, srv, http.MethodPost, "/cloud/v1/ssh_keys/7", createBody)
	call(t, srv, http.MethodGet, "/cloud/v1/ssh_keys/7?name=ssh&limit=5", "")
	call(t, srv, http.MethodDelete, "/cloud/v1/ssh_keys/7/"+made.ID, "")
	call(t, srv, http.MethodDelete, "/cloud/v1/ssh_keys/7/"+made.ID, "")
	srv.Inject("createSSHKey", gcoretest.Fault{Status: 503, Commit: gcoretest.CommitNever})
	call(t, srv, http.MethodPost, "/cloud/v1/ssh_keys/7", `{"name": 1}`)
	call(t, srv, http.MethodPut, "/nowhere", "")
	for _, fault := range []gcoretest.Fault{{Break: gcoretest.DropBeforeHeaders}, {Raw: "junk"}, {Break: gcoretest.DropInBody}} {
		faultyCreate(t, srv, fault)
	}

	type brief struct {
		operation string
		project   int64
		name      string
		nth       int
		method    string
		path      string
		body      string
		status    int
	}
	var got []brief
	for _, c := range srv.Calls() {
		got = append(got, brief{c.Operation, c.ProjectID, c.Name, c.Nth, c.Method, c.Path, string(c.Body), c.Status})
		assert.NotContains(t, fmt.Sprint(c), srv.APIKey)
		assert.NotEmpty(t, c.Header.Get("User-Agent"))
	}
	project, one := "/cloud/v1/ssh_keys/7", "/cloud/v1/ssh_keys/7/"+made.ID
	assert.Equal(t, []brief{
		{"createSSHKey", 7, "my-ssh-key", 1, "POST", project, createBody, 201},
		{"createSSHKey", 7, "my-ssh-key", 2, "POST", project, createBody, 201},
		{"listSSHKeys", 7, "ssh", 1, "GET", project + "?name=ssh&limit=5", "", 200},
		{"deleteSSHKey", 7, "there", 1, "DELETE", one, "", 204},
		{"deleteSSHKey", 7, "there", 2, "DELETE", one, "", 404},
		{"createSSHKey", 7, "", 1, "POST", project, `{"name": 1}`, 503},
		{"", 0, "", 1, "PUT", "/nowhere", "", 404},
		{"createSSHKey", 1, "my-ssh-key", 1, "POST", keys, createBody, 0},
		{"createSSHKey", 1, "my-ssh-key", 2, "POST", keys, createBody, 0},
		{"createSSHKey", 1, "my-ssh-key", 3, "POST", keys, createBody, 201},
	}, got)
}

func TestARequestThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	resp, body := call(t, srv, http.MethodPost, keys, `{"name": "`+strings.Repeat("a", 1<<20)+`"}`)
	assertRefused(t, resp, body, http.StatusRequestEntityTooLarge, "HTTPError", "HTTP 413: Request Entity Too Large")
}

func TestHalfARequestDoesNothing(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	conn := dialInBody(t, srv)
	_, err := io.WriteString(conn, createBody)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	srv.Close() // after that nothing is under way
	assert.Empty(t, srv.Keys(1))
	assert.Empty(t, srv.Calls())
}

// dialInBody sends the headers of a create and returns the connection when the server reads the body,
// of which it has been told to expect more than there is in createBody.
func dialInBody(t *testing.T, srv *gcoretest.Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(srv.URL, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: gcore\r\nAuthorization: apikey %s\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n", keys, srv.APIKey, len(createBody)+1)
	require.NoError(t, err)
	line, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "100 Continue")
	return conn
}

// Whatever is added to openapi.yaml has an operation in Calls, and Inject takes it.
func TestEveryOperationOfTheContractIsKnown(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	replace := strings.NewReplacer("{project_id}", "1", "{ssh_key_id}", noID)
	for path, item := range document(t).Paths.Map() {
		for method, operation := range item.Operations() {
			call(t, srv, method, replace.Replace(path), "")
			calls := srv.Calls()
			assert.Equal(t, operation.OperationID, calls[len(calls)-1].Operation)
			assert.NotPanics(t, func() { srv.Inject(operation.OperationID) })
		}
	}
}

// The server's errors are those of openapi.yaml's examples.
func TestErrorsAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	srv := gcoretest.NewServer(t)
	seen := 0
	for name, response := range document(t).Paths.Value("/cloud/v1/ssh_keys/{project_id}").Post.Responses.Map() {
		var status int
		_, err := fmt.Sscan(name, &status)
		require.NoError(t, err)
		if status < 400 {
			continue
		}
		examples := map[string]bool{}
		for _, example := range response.Value.Content["application/json"].Examples {
			value := example.Value.Value.(map[string]any)
			examples[fmt.Sprint(value["exception_class"], ": ", value["message"])] = true
		}
		got := faultyCreate(t, srv, gcoretest.Fault{Status: status})
		var e gcore.ErrorResponse
		require.NoError(t, json.Unmarshal([]byte(got.body), &e))
		assert.Contains(t, examples, e.ExceptionClass+": "+e.Message)
		seen++
	}
	assert.Equal(t, 7, seen)
}

func document(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("../../openapi.yaml")
	require.NoError(t, err)
	return doc
}
