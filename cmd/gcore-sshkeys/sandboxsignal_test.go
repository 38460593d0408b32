//go:build unix

package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestASignalEndsTheSandboxAfterTheRequestsInProgress(t *testing.T) {
	t.Parallel()
	p, request, stalled := sandboxWithRequests(t)
	require.NoError(t, p.Process.Signal(os.Interrupt))
	waitForTheEnd(t, stalled)
	_, err := request.Write([]byte(`{"name": "in time"}`))
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(request), nil)
	require.NoError(t, err)
	assert.Equal(t, http.StatusCreated, resp.StatusCode)
	require.NoError(t, resp.Body.Close())
	_ = p.Wait()
	assert.Zero(t, p.ProcessState.ExitCode(), p.stderr.String())
	assert.Empty(t, p.stderr.String())
}

func TestASecondSignalEndsTheSandboxAtOnce(t *testing.T) {
	t.Parallel()
	p, request, stalled := sandboxWithRequests(t)
	require.NoError(t, p.Process.Signal(os.Interrupt))
	waitForTheEnd(t, stalled) // or the second signal could be merged with the first
	require.NoError(t, p.Process.Signal(os.Interrupt))
	waitForTheEnd(t, request)
	_ = p.Wait()
	assert.Equal(t, 130, p.ProcessState.ExitCode(), "the request was not given its time, or else the status is 0")
	assert.Equal(t, "gcore-sshkeys: interrupted\n", p.stderr.String())
}

// sandboxWithRequests starts a sandbox and sends it two requests: one whose body it waits for, and one whose response stalls, which it
// ends as soon as it receives a signal.
func sandboxWithRequests(t *testing.T) (p *process, request, stalled net.Conn) {
	t.Helper()
	p = newProcess(t, "sandbox", "--listen", "127.0.0.1:0", "--log", "none", "--fault", `{"operation": "listSSHKeys", "fault": {"break": "StallInBody"}}`)
	p.Stdout = nil
	stdout, err := p.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.Start())
	t.Cleanup(func() { _ = p.Process.Kill() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	address := regexp.MustCompile(`127\.0\.0\.1:[0-9]+`).FindString(line)
	header := "/cloud/v1/ssh_keys/1 HTTP/1.1\r\nHost: " + address + "\r\nAuthorization: apikey any\r\n"
	request = send(t, address, "POST "+header+"Content-Type: application/json\r\nContent-Length: 19\r\nExpect: 100-continue\r\n\r\n")
	expect(t, request, "HTTP/1.1 100 Continue\r\n\r\n")
	stalled = send(t, address, "GET "+header+"\r\n")
	expect(t, stalled, "HTTP/1.1 200 OK\r\n")
	return p, request, stalled
}

// send opens a connection and sends a text.
func send(t *testing.T, address, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, text)
	require.NoError(t, err)
	return conn
}

func expect(t *testing.T, conn net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	_, err := io.ReadFull(conn, got)
	require.NoError(t, err)
	require.Equal(t, want, string(got))
}

// waitForTheEnd waits until the other side closes a connection.
func waitForTheEnd(t *testing.T, conn net.Conn) {
	t.Helper()
	_, _ = io.Copy(io.Discard, conn) // if there is something unread on the other side, it ends with an error
}
