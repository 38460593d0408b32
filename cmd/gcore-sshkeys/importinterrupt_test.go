//go:build unix

package main

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// TestCtrlCFinishesTheKeysInFlight interrupts when eight creates have arrived and none is responded to.
func TestCtrlCFinishesTheKeysInFlight(t *testing.T) {
	arrived, respond := make(chan struct{}, 99), make(chan struct{})
	server := withServer(t, gcoretest.WithFaults(func(call gcoretest.Call) gcoretest.Fault {
		if call.Operation == "createSSHKey" {
			arrived <- struct{}{}
			<-respond
		}
		return gcoretest.Fault{}
	}))
	p, said := interruptedImport(t, arrived, "-o", "json")
	close(respond)
	_ = p.Wait()
	assert.Equal(t, 130, p.ProcessState.ExitCode(), said.String())
	assert.Contains(t, said.String(), "8 added, 12 left\n")
	assert.Contains(t, said.String(), "interrupted with 12 keys left: run the same command again")
	assert.Equal(t, 12, strings.Count(p.stdout.String(), `"result": "left"`), p.stdout.String())
	assert.Len(t, server.Keys(1), inParallel)
	assert.Equal(t, inParallel, posts(server))
}

// interruptedImport starts an import of 20 keys and interrupts it when as many creates have arrived as it makes at a time. It
// returns when the import has said that it is interrupted.
func interruptedImport(t *testing.T, arrived <-chan struct{}, options ...string) (*process, *watched) {
	t.Helper()
	write0600(t, "keys", newLines(t, 20)...)
	p := newProcess(t, append([]string{"import", "keys"}, options...)...)
	said := &watched{text: "interrupted: finishing", seen: make(chan struct{})}
	p.Stderr = said
	require.NoError(t, p.Start())
	for range inParallel {
		<-arrived
	}
	require.NoError(t, p.Process.Signal(os.Interrupt))
	<-said.seen
	return p, said
}

// TestTheSecondCtrlCEndsAnImport interrupts twice while the server stalls.
func TestTheSecondCtrlCEndsAnImport(t *testing.T) {
	arrived := make(chan struct{}, 99)
	withServer(t, gcoretest.WithFaults(func(call gcoretest.Call) gcoretest.Fault {
		if call.Operation != "createSSHKey" {
			return gcoretest.Fault{}
		}
		arrived <- struct{}{}
		return gcoretest.Fault{Commit: gcoretest.CommitNever, Break: gcoretest.StallBeforeHeaders}
	}))
	p, said := interruptedImport(t, arrived)
	require.NoError(t, p.Process.Signal(os.Interrupt))
	_ = p.Wait()
	assert.Equal(t, statusUnknown, p.ProcessState.ExitCode(), said.String())
	assert.Contains(t, said.String(), "8 not known whether added, 12 left\n")
	assert.Contains(t, said.String(), "20 keys left")
}

// TestCtrlCDuringAWaitEndsAnImport has the server ask for a minute's wait, before the signal or after it.
func TestCtrlCDuringAWaitEndsAnImport(t *testing.T) {
	for _, signalFirst := range []bool{false, true} {
		arrived, respond := make(chan struct{}, 99), make(chan struct{})
		server := withServer(t, gcoretest.WithFaults(func(call gcoretest.Call) gcoretest.Fault {
			if call.Operation != "createSSHKey" {
				return gcoretest.Fault{}
			}
			arrived <- struct{}{}
			<-respond
			return gcoretest.Fault{Status: 429, Header: http.Header{"Retry-After": {"60"}}}
		}))
		write0600(t, "keys", newLines(t, 20)...)
		p := newProcess(t, "import", "keys", "--debug")
		wait := "waiting to retry"
		if signalFirst {
			wait = "interrupted: finishing"
		}
		said := &watched{text: wait, seen: make(chan struct{})}
		p.Stderr = said
		require.NoError(t, p.Start())
		for range inParallel {
			<-arrived
		}
		if !signalFirst {
			close(respond)
			<-said.seen
		}
		require.NoError(t, p.Process.Signal(os.Interrupt))
		if signalFirst {
			<-said.seen
			close(respond)
		}
		_ = p.Wait()
		assert.Equal(t, 130, p.ProcessState.ExitCode(), said.String())
		assert.Contains(t, said.String(), "\n20 left\n")
		assert.Equal(t, inParallel, posts(server))
		assert.Empty(t, server.Keys(1))
	}
}

// watched is a writer that tells when it has seen a text.
type watched struct {
	strings.Builder

	text string
	seen chan struct{}
	told bool
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.Builder.Write(p)
	if !w.told && strings.Contains(w.String(), w.text) {
		w.told = true
		close(w.seen)
	}
	return n, err
}
