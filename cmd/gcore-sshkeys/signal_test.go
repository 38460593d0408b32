//go:build unix

package main

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// beTheCommand names the variable that turns the test binary into the command itself.
const beTheCommand = "GCORE_TEST_BE_THE_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(beTheCommand) != "" {
		main()
		return
	}
	// Signals that are ignored, as under nohup, would be ignored in the commands under test, too. A program that has a handler
	// starts others with the default.
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-ended
		os.Exit(1)
	}()
	os.Exit(m.Run())
}

// TestNothingEndsTheCommandBeforeAKeyIsSaved sends signals, and takes the reader of its output away, when the server has
// created the key and not yet sent the response.
func TestNothingEndsTheCommandBeforeAKeyIsSaved(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	for name, trouble := range map[string]func(process *os.Process, reader *os.File) error{
		"interrupt":     func(p *os.Process, _ *os.File) error { return p.Signal(os.Interrupt) },
		"termination":   func(p *os.Process, _ *os.File) error { return p.Signal(syscall.SIGTERM) },
		"hang-up":       func(p *os.Process, _ *os.File) error { return p.Signal(syscall.SIGHUP) },
		"a closed pipe": func(_ *os.Process, reader *os.File) error { return reader.Close() },
	} {
		server := withServer(t)
		child := exec.Command(self, "create", "saved", "--generate", "server", "--debug")
		child.Env = append(os.Environ(), beTheCommand+"=1")
		reader, writer, err := os.Pipe()
		require.NoError(t, err)
		child.Stdout, child.Stderr = writer, writer
		started := make(chan *os.Process, 1)
		server.Inject("createSSHKey", gcoretest.Fault{Edit: func(body []byte) []byte {
			assert.NoError(t, trouble(<-started, reader), name)
			return body
		}})
		require.NoError(t, child.Start())
		started <- child.Process
		require.NoError(t, writer.Close())
		_ = child.Wait() // how it ends is not what counts
		assertHolds(t, "saved", server.Keys(1)[0])
		_ = reader.Close()
	}
}
