//go:build unix

package main

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// What a server sends behind its response on a kept connection is written by net/http to the standard log, which the command discards.
func TestWhatFollowsAResponseIsNotPrinted(t *testing.T) {
	withServer(t)
	key := fmt.Sprintf(`{"created_at":null,"fingerprint":"f","id":%q,"name":"k","project_id":1,"public_key":"p","shared_in_project":true,"state":"ACTIVE"}`, someID)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if !assert.NoError(t, err) {
			return
		}
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%sapikey canary", len(key), key)
		go func() { // the client may send its next request before it sees what follows the response
			_, _ = conn.Read(make([]byte, 1))
			_ = conn.Close()
		}()
	}))
	defer server.Close()
	t.Setenv("GCORE_BASE_URL", server.URL)
	for range 5 {
		p := newProcess(t, "share", someID) // a get, and then an update
		assert.Zero(t, p.status(), p.stderr.String())
		assert.NotContains(t, p.stderr.String(), "canary")
	}
}

// A script must not take a key whose private key could not be saved anywhere for a good one.
func TestALostKeyPrintsNothing(t *testing.T) {
	folder, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	inside := filepath.Join(folder, "work")
	withServer(t, gcoretest.WithFaults(func(call gcoretest.Call) gcoretest.Fault {
		if call.Operation == "createSSHKey" { // a file takes the place of every folder to save into
			assert.NoError(t, os.RemoveAll(inside))
			assert.NoError(t, os.WriteFile(inside, nil, 0o600))
		}
		return gcoretest.Fault{}
	}))
	require.NoError(t, os.Mkdir(inside, 0o700))
	t.Setenv("HOME", inside)
	p := newProcess(t, "create", "k", "--generate", "server", "-f", filepath.Join(inside, "k"), "-o", "json")
	p.Dir = inside
	assert.Equal(t, statusFailed, p.status())
	assert.Empty(t, p.stdout.String())
	assert.Contains(t, p.stderr.String(), "lost")
}

func TestAnAddressForAllInterfacesIsPrintedAsOneThatClientsCanUse(t *testing.T) {
	p := newProcess(t, "sandbox", "--listen", "0.0.0.0:0", "--log", "none")
	p.Stdout = nil
	stdout, err := p.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.Start())
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	require.NoError(t, err)
	address := regexp.MustCompile(`^export GCORE_BASE_URL='(http://127\.0\.0\.1:[0-9]+)'\n$`).FindStringSubmatch(line)
	require.Len(t, address, 2, line)
	for !strings.Contains(line, "page") {
		line, err = lines.ReadString('\n')
		require.NoError(t, err)
	}
	assert.Contains(t, line, address[1]+"/docs/")
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	_ = p.Wait()
	assert.Zero(t, p.ProcessState.ExitCode())
	assert.Contains(t, p.stderr.String(), "--allow-host")
}

func TestCtrlCEndsTheSandboxWhileItReadsItsKeys(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	p := newProcess(t, "sandbox", "--keys", fifo, "--listen", "127.0.0.1:0")
	require.NoError(t, p.Start())
	writer, err := os.OpenFile(fifo, os.O_WRONLY, 0) // returns when the sandbox reads
	require.NoError(t, err)
	defer func() { _ = writer.Close() }()
	require.NoError(t, p.Process.Signal(os.Interrupt))
	_ = p.Wait()
	assert.Equal(t, 130, p.ProcessState.ExitCode(), p.stderr.String())
}
