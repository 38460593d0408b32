//go:build unix

package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

const someID = "36a7a97a-0672-4911-8f2b-92cd4e5b0d91"

// TestCtrlCEndsEveryCommandAtEveryRequest interrupts while the server stalls, before its headers and in its body.
func TestCtrlCEndsEveryCommandAtEveryRequest(t *testing.T) {
	for _, test := range []struct {
		operation string
		args      []string
	}{
		{"listSSHKeys", []string{"list"}},
		{"listSSHKeys", []string{"get", "name"}},
		{"getSSHKey", []string{"get", someID}},
		{"getSSHKey", []string{"share", someID}},
		{"updateSSHKey", []string{"unshare", someID}},
		{"getSSHKey", []string{"delete", "--yes", someID}},
		{"deleteSSHKey", []string{"delete", "--yes", someID}},
		{"listSSHKeys", []string{"create", "k", "--if-missing"}},
	} {
		for _, stall := range []gcoretest.Break{gcoretest.StallBeforeHeaders, gcoretest.StallInBody} {
			arrived := make(chan struct{}, 1)
			server := withServer(t, gcoretest.WithFaults(func(call gcoretest.Call) gcoretest.Fault {
				if call.Operation != test.operation {
					return gcoretest.Fault{}
				}
				arrived <- struct{}{}
				return gcoretest.Fault{Break: stall}
			}))
			server.Add(1, gcore.CreateSSHKeyRequest{Name: "name"}, func(key *gcore.SSHKey) { key.ID = someID })
			p := newProcess(t, test.args...)
			require.NoError(t, p.Start())
			<-arrived
			require.NoError(t, p.Process.Signal(os.Interrupt))
			_ = p.Wait()
			assert.Equal(t, 130, p.ProcessState.ExitCode(), "%v %v: %s", test.args, stall, p.stderr.String())
			assert.Empty(t, p.stdout.String())
			assert.NotContains(t, p.stderr.String(), "context")
		}
	}
}

// TestCtrlCDuringAnUpload ends the command at once, and it says that the outcome is unknown and how to go on.
func TestCtrlCDuringAnUpload(t *testing.T) {
	arrived := make(chan struct{}, 9)
	withServer(t, gcoretest.WithFaults(func(gcoretest.Call) gcoretest.Fault {
		arrived <- struct{}{}
		return gcoretest.Fault{Commit: gcoretest.CommitNever, Break: gcoretest.StallBeforeHeaders} // also the lists that look for the key
	}))
	p := newProcess(t, "create", "-f", "key", "--", "-x")
	require.NoError(t, p.Start())
	<-arrived
	require.NoError(t, p.Process.Signal(os.Interrupt))
	_ = p.Wait()
	assert.Equal(t, statusUnknown, p.ProcessState.ExitCode(), p.stderr.String())
	assert.Contains(t, p.stderr.String(), "it is not known whether the key was created")
	assert.Contains(t, p.stderr.String(), "gcore-sshkeys create --if-missing --public-key key.pub -- '-x'")
	assert.FileExists(t, "key")
}

// startAndRead starts the process and returns what it writes to standard error, which ends when the process has ended.
func (p *process) startAndRead(t *testing.T) *bufio.Reader {
	t.Helper()
	stderr, writer := io.Pipe()
	p.Stderr = writer
	require.NoError(t, p.Start())
	go func() {
		_ = p.Wait()
		_ = writer.Close()
	}()
	return bufio.NewReader(stderr)
}

// TestTheSecondCtrlCEndsACreateInFlight needs two: the response could bring the only copy of the key.
func TestTheSecondCtrlCEndsACreateInFlight(t *testing.T) {
	for _, stall := range []gcoretest.Break{gcoretest.StallBeforeHeaders, gcoretest.StallInBody} {
		arrived := make(chan struct{}, 9)
		withServer(t, gcoretest.WithFaults(func(gcoretest.Call) gcoretest.Fault {
			arrived <- struct{}{}
			return gcoretest.Fault{Break: stall}
		}))
		p := newProcess(t, "create", "second", "--generate", "server")
		lines := p.startAndRead(t)
		<-arrived
		require.NoError(t, p.Process.Signal(os.Interrupt))
		line, err := lines.ReadString('\n')
		require.NoError(t, err)
		assert.Contains(t, line, "waiting for the response")
		require.NoError(t, p.Process.Signal(os.Interrupt))
		rest, err := io.ReadAll(lines)
		require.NoError(t, err)
		assert.Contains(t, string(rest), "a key may have been created")
		assert.Equal(t, statusUnknown, p.ProcessState.ExitCode())
	}
}

// TestCtrlCDuringABackoffWaitEndsTheCreate has the server ask for a minute's wait. Nothing is in flight then.
func TestCtrlCDuringABackoffWaitEndsTheCreate(t *testing.T) {
	for _, generate := range []string{"local", "server"} {
		for signal, want := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143} {
			server := withServer(t)
			server.Inject("createSSHKey", gcoretest.Fault{Commit: gcoretest.CommitNever, Status: 429, Header: http.Header{"Retry-After": {"60"}}})
			p := newProcess(t, "create", "k", "--generate", generate)
			lines := p.startAndRead(t)
			for line := ""; !strings.Contains(line, "429 Too Many Requests: retrying in 60 s (2 of 4)\n"); {
				var err error
				line, err = lines.ReadString('\n')
				require.NoError(t, err)
			}
			require.NoError(t, p.Process.Signal(signal))
			rest, err := io.ReadAll(lines)
			require.NoError(t, err)
			assert.Equal(t, want, p.ProcessState.ExitCode(), string(rest))
			assert.Len(t, server.Calls(), 1)
		}
	}
}
