package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// maxSandboxMemory is what a sandbox takes at most, in KiB.
const maxSandboxMemory = 60 << 10

// TestJunkIsNotKeptByTheSandbox sends a gigabyte without an API key, from a page of another origin, and to another name.
func TestJunkIsNotKeptByTheSandbox(t *testing.T) {
	t.Parallel()
	url, process := startSandbox(t)
	junk := bytes.Repeat([]byte("junk"), 8_000)
	withKey := func(r *http.Request) { r.Header.Set("Authorization", "apikey any") }
	for _, attack := range []struct {
		status int
		edit   func(*http.Request)
	}{
		{http.StatusUnauthorized, func(*http.Request) {}},
		{http.StatusForbidden, func(r *http.Request) { withKey(r); r.Header.Set("Origin", "http://evil.example") }},
		{http.StatusForbidden, func(r *http.Request) { withKey(r); r.Host = "rebound.example" }},
	} {
		parallel(16, 700, func() {
			assert.Equal(t, attack.status, send(t, http.MethodPost, url+"/cloud/v1/ssh_keys/1", junk, attack.edit))
		})
	}
	resp, err := http.Get(url + "/_sandbox/calls")
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	var calls []gcoretest.Call
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&calls))
	assert.Len(t, calls, 1_000, "the newest")
	for _, call := range calls {
		assert.Nil(t, call.Body)
		assert.Equal(t, http.StatusUnauthorized, call.Status)
	}
	assert.Less(t, peakMemory(t, process), maxSandboxMemory)
}

// TestSlowClientsAreDisconnected takes all connections that the sandbox accepts.
func TestSlowClientsAreDisconnected(t *testing.T) {
	t.Parallel()
	url, process := startSandbox(t)
	host := strings.TrimPrefix(url, "http://")
	header := "POST /cloud/v1/ssh_keys/1 HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 60000\r\n"
	var group sync.WaitGroup
	for i := range 256 {
		conn, err := net.Dial("tcp", host)
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		_, err = io.WriteString(conn, []string{"", header, header + "\r\n{", header + "Authorization: apikey any\r\n\r\n{"}[i%4])
		require.NoError(t, err)
		group.Go(func() { _, _ = io.Copy(io.Discard, conn) })
	}
	assert.Equal(t, http.StatusOK, send(t, http.MethodGet, url+"/_sandbox/health", nil, func(*http.Request) {}), "when there is room again")
	group.Wait()
	assert.Less(t, peakMemory(t, process), maxSandboxMemory)
}

// TestManyClientsTakeLittleMemory has many clients read and send as much as they can at the same time.
func TestManyClientsTakeLittleMemory(t *testing.T) {
	t.Parallel()
	const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMzSiHhVTBaHerNPgRLHm+tQhvTtnOsZQEfgHMPmCxFZ"
	var keys []map[string]string
	for i := range 10_000 {
		keys = append(keys, map[string]string{"name": fmt.Sprint("key ", i), "public_key": publicKey})
	}
	data, err := json.Marshal(keys)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "keys.json")
	require.NoError(t, os.WriteFile(file, data, 0o600))
	url, process := startSandbox(t, "--keys", file)
	withKey := func(r *http.Request) { r.Header.Set("Authorization", "apikey any") }

	parallel(200, 5, func() {
		assert.Equal(t, http.StatusOK, send(t, http.MethodGet, url+"/cloud/v1/ssh_keys/1?limit=1000", nil, withKey))
	})
	array := []byte(`{"name": [1` + strings.Repeat(",1", 16_000) + `]}`)
	parallel(200, 5, func() {
		assert.Equal(t, http.StatusBadRequest, send(t, http.MethodPost, url+"/cloud/v1/ssh_keys/1", array, withKey))
	})
	parallel(200, 20, func() {
		assert.Equal(t, http.StatusBadRequest, send(t, http.MethodGet, url+"/cloud/v1/ssh_keys/1?"+manyParameters, nil, withKey))
	})
	fault := []byte(`{"fault": {"body": "` + strings.Repeat("a", 250_000) + `", "unknown": 1}}`)
	parallel(200, 2, func() {
		assert.Equal(t, http.StatusBadRequest, send(t, http.MethodPost, url+"/_sandbox/faults", fault, withKey))
	})
	parallel(200, 2, func() {
		assert.Equal(t, http.StatusOK, send(t, http.MethodGet, url+"/docs/swagger-ui-bundle.js", nil, func(r *http.Request) {
			r.Header.Set("Accept-Encoding", "identity") // so that it is decompressed
		}))
	})
	parallel(10, 1, func() { // with the 32 kB of each create; more of them would take longer than the sandbox lets a client on a busy machine
		assert.Equal(t, http.StatusOK, send(t, http.MethodGet, url+"/_sandbox/calls", nil, withKey))
	})
	assert.Less(t, peakMemory(t, process), maxSandboxMemory)
}

// manyParameters take much more memory when they are parsed.
var manyParameters = strings.Repeat("a&", 7_000)

// TestChangedKeysAndUnreadListsTakeLittleMemory changes all keys again and again while clients do not read lists of them.
func TestChangedKeysAndUnreadListsTakeLittleMemory(t *testing.T) {
	t.Parallel()
	const project, key = "/cloud/v1/ssh_keys/1", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMzSiHhVTBaHerNPgRLHm+tQhvTtnOsZQEfgHMPmCxFZ "
	var keys []map[string]string
	for i := range 100 {
		id := fmt.Sprintf("36a7a97a-0672-4911-8f2b-%012d", i)
		keys = append(keys, map[string]string{"id": id, "name": "k", "public_key": key + strings.Repeat("a", 30_000)})
	}
	data, err := json.Marshal(keys)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "keys.json")
	require.NoError(t, os.WriteFile(file, data, 0o600))
	url, process := startSandbox(t, "--keys", file)
	withKey := func(r *http.Request) { r.Header.Set("Authorization", "apikey any") }
	for range 30 {
		unread(t, url, project+"?limit=1000", 1)
		for _, key := range keys {
			assert.Equal(t, http.StatusOK, send(t, http.MethodPatch, url+project+"/"+key["id"], []byte(`{"shared_in_project": true}`), withKey))
		}
	}
	assert.Less(t, peakMemory(t, process), maxSandboxMemory)
}

// TestSlowClientsAndFaultsTakeLittleMemory has faults that hold a request or a response, and clients that read no response.
func TestSlowClientsAndFaultsTakeLittleMemory(t *testing.T) {
	t.Parallel()
	const stall, list = `"break": "StallBeforeHeaders"`, "/cloud/v1/ssh_keys/1?limit=1000"
	body := `"body": "` + strings.Repeat("a", 250_000) + `"`
	file := filepath.Join(t.TempDir(), "keys.json")
	key := `{"name": "k", "public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMzSiHhVTBaHerNPgRLHm+tQhvTtnOsZQEfgHMPmCxFZ ` + strings.Repeat("<", 1_500) + `"}`
	require.NoError(t, os.WriteFile(file, []byte("["+strings.Repeat(key+",", 999)+key+"]"), 0o600))
	withKey := func(r *http.Request) { r.Header.Set("Authorization", "apikey any") }
	for name, test := range map[string]struct{ fault, path string }{
		"stalled body": {body + "," + stall, list},
		"slow body":    {body, list},
		"stalled list": {stall, list},
		"slow list":    {"", list},
		"altered list": {`"chunked": true`, list},
		"stalled call": {stall, list + "&" + manyParameters},
		"faults":       {body, "/_sandbox/faults"},
		"postponed":    {`"commit": "CommitAfterList", "status": 504`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			url, process := startSandbox(t, "--keys", file)
			control := func(method, path, body string) {
				assert.Equal(t, http.StatusOK, send(t, method, url+"/_sandbox/"+path, []byte(body), withKey))
			}
			if test.fault != "" {
				control(http.MethodPost, "faults", `{"times": -1, "fault": {`+test.fault+`}}`)
			}
			if test.path == "" {
				create := []byte(`{"name": "late"` + strings.Repeat(" ", 32_000) + `}`)
				parallel(20, 300, func() {
					assert.Equal(t, http.StatusGatewayTimeout, send(t, http.MethodPost, url+"/cloud/v1/ssh_keys/1?"+manyParameters, create, withKey))
				})
			} else {
				unread(t, url, test.path, 200)
			}
			for _, request := range []string{"GET health", "GET calls", "DELETE calls", "DELETE faults", "POST reset"} {
				method, path, _ := strings.Cut(request, " ")
				control(method, path, "")
			}
			parallel(5, 5, func() { assert.Equal(t, http.StatusOK, send(t, http.MethodGet, url+list, nil, withKey)) })
			assert.Less(t, peakMemory(t, process), maxSandboxMemory)
		})
	}
}

// unread has a number of clients send a GET whose response they do not read while the test runs.
func unread(t *testing.T, url, path string, clients int) {
	host := strings.TrimPrefix(url, "http://")
	// Before the connection is made: later, the kernel of the server already has room for megabytes.
	dialer := net.Dialer{Control: func(_, _ string, conn syscall.RawConn) (err error) {
		failed := conn.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10)
		})
		return errors.Join(failed, err)
	}}
	for range clients {
		conn, err := dialer.DialContext(t.Context(), "tcp", host)
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		_, err = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: "+host+"\r\nAuthorization: apikey any\r\n\r\n")
		require.NoError(t, err)
	}
}

// parallel calls f a number of times in each of a number of goroutines.
func parallel(goroutines, times int, f func()) {
	var group sync.WaitGroup
	for range goroutines {
		group.Go(func() {
			for range times {
				f()
			}
		})
	}
	group.Wait()
}

// client keeps a connection for each goroutine.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 200}}

// send sends a request, changed by edit, and returns the status of the response.
func send(t *testing.T, method, url string, body []byte, edit func(*http.Request)) int {
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if !assert.NoError(t, err) {
		return 0
	}
	req.Header.Set("Content-Type", "application/json")
	edit(req)
	resp, err := client.Do(req)
	if !assert.NoError(t, err) {
		return 0
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	assert.NoError(t, err)
	return resp.StatusCode
}

// peakMemory returns the most resident memory that a process has taken, in KiB.
func peakMemory(t *testing.T, process *os.Process) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process.Pid))
	require.NoError(t, err)
	peak := regexp.MustCompile(`VmHWM:\s+([0-9]+) kB`).FindSubmatch(status)
	require.NotNil(t, peak)
	kib, err := strconv.Atoi(string(peak[1]))
	require.NoError(t, err)
	t.Logf("peak memory: %d KiB", kib)
	return kib
}
