//go:build unix

package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/canary"
)

// A process is the command as a program of its own.
type process struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
}

func newProcess(t *testing.T, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	p := &process{Cmd: exec.Command(self, args...)}
	p.Env = append(os.Environ(), beTheCommand+"=1")
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	return p
}

// status runs the process to its end and returns its exit status.
func (p *process) status() int {
	_ = p.Run()
	return p.ProcessState.ExitCode()
}

// TestAFailedListPrintsNothing has a list fail in every way: a script must not read "no keys".
func TestAFailedListPrintsNothing(t *testing.T) {
	bad := gcoretest.Fault{Edit: func(body []byte) []byte {
		return bytes.Replace(body, []byte(`"state":"ACTIVE"`), []byte(`"state":7`), 1)
	}}
	never := func(status int) gcoretest.Fault { return gcoretest.Fault{Status: status} }
	for name, fault := range map[string]gcoretest.Fault{
		"bad request": never(400), "unauthorised": never(401), "forbidden": never(403), "no project": never(404),
		"a key that does not decode": bad, "cut off": {Break: gcoretest.DropInBody, At: 40}, "not JSON": {Body: "<html>"},
		"a proxy": gcoretest.ProxyPage(404),
	} {
		for _, format := range []string{"json", "table"} {
			server := withServer(t)
			server.Add(1, gcore.CreateSSHKeyRequest{Name: "one"})
			server.Add(1, gcore.CreateSSHKeyRequest{Name: "two"})
			server.Inject("listSSHKeys", fault, fault, fault, fault)
			p := newProcess(t, "list", "--output", format)
			assert.NotZero(t, p.status(), name)
			assert.Empty(t, p.stdout.String(), name)
			assert.NotEmpty(t, p.stderr.String(), name)
		}
	}
}

func TestAClosedPipeEndsTheCommandQuietly(t *testing.T) {
	server := withServer(t)
	server.Add(1, gcore.CreateSSHKeyRequest{Name: "one"})
	p := newProcess(t, "list")
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, reader.Close())
	p.Stdout = writer
	assert.Zero(t, p.status())
	assert.Empty(t, p.stderr.String())
	require.NoError(t, writer.Close())
}

// TestTextOfAServerCannotDriveTheTerminal puts control characters wherever a server can.
func TestTextOfAServerCannotDriveTheTerminal(t *testing.T) {
	const controls = "\x1b]0;x\a\x1b[2J\u009b\u0085\r\n\t\x7f\u202e\u2066\u200f\u061c\u2028"
	server := withServer(t)
	key := server.Add(1, gcore.CreateSSHKeyRequest{Name: "a" + controls + "b"})
	for _, args := range [][]string{{"list"}, {"get", key.ID}, {"share", key.ID}} {
		for _, format := range []string{"table", "wide", "json", "yaml", "ids"} {
			p := newProcess(t, append(args, "--output", format)...)
			assert.Zero(t, p.status(), p.stderr.String())
			assertHarmless(t, p.stdout.String(), format)
		}
	}
	server.Inject("getSSHKey", gcoretest.Fault{Status: 403, Body: `{"exception_class":"Forbidden\u001b[2J","message":"a\u202eb\u009bc\u2066\u061c"}`})
	p := newProcess(t, "get", key.ID)
	assert.NotZero(t, p.status())
	assertHarmless(t, p.stderr.String(), "errors")
}

func assertHarmless(t *testing.T, text, what string) {
	t.Helper()
	assert.NotEmpty(t, text, what)
	for _, r := range text {
		if r != '\n' && (r < ' ' || r >= 0x7f && r < 0xa0 || strings.ContainsRune("\u061c\u200e\u200f\u2028\u2029", r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069) {
			t.Errorf("%s: %U is printed: %q", what, r, text)
			return
		}
	}
}

// TestASignalEndsAReadThatNeverEnds has a command wait for input that never comes.
func TestASignalEndsAReadThatNeverEnds(t *testing.T) {
	for _, args := range [][]string{
		{"create", "k", "--public-key", "pipe"}, {"import", "pipe"}, {"verify", "pipe"}, {"create", "k", "--passphrase-file", "pipe"},
	} {
		for signal, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
			withServer(t)
			require.NoError(t, syscall.Mkfifo("pipe", 0o600))
			p := newProcess(t, args...)
			require.NoError(t, p.Start())
			writer, err := os.OpenFile("pipe", os.O_WRONLY, 0) // which waits until the command opens it, too
			require.NoError(t, err)
			require.NoError(t, p.Process.Signal(signal))
			_ = p.Wait()
			assert.Equal(t, want, p.ProcessState.ExitCode(), args)
			assert.Empty(t, p.stdout.String())
			require.NoError(t, writer.Close())
		}
	}
}

// TestStatuses sees each exit status of a finished command once.
func TestStatuses(t *testing.T) {
	const unknown = "36a7a97a-0672-4911-8f2b-92cd4e5b0d91"
	for _, test := range []struct {
		want  int
		args  []string
		fault *gcoretest.Fault
	}{
		{want: 0, args: []string{"list"}},
		{want: 2, args: []string{"list", "--nonsense"}},
		{want: 2, args: []string{"get"}},
		{want: 2, args: []string{"nonsense"}},
		{want: 2, args: []string{"list", "--project", "0"}},
		{want: 2, args: []string{"list", "--project", "x"}},
		{want: 3, args: []string{"get", unknown}},
		{want: 4, args: []string{"list"}, fault: &gcoretest.Fault{Status: 401}},
		{want: 4, args: []string{"list"}, fault: &gcoretest.Fault{Status: 403}},
		{want: 1, args: []string{"list"}, fault: &gcoretest.Fault{Status: 400}},
		{want: 5, args: []string{"create", "k", "--generate", "server"}, fault: &gcoretest.Fault{Break: gcoretest.DropBeforeHeaders}},
	} {
		server := withServer(t)
		if test.fault != nil {
			operation := map[string]string{"list": "listSSHKeys", "create": "createSSHKey"}[test.args[0]]
			server.Inject(operation, *test.fault)
		}
		p := newProcess(t, test.args...)
		assert.Equal(t, test.want, p.status(), fmt.Sprint(test.args, test.fault, p.stderr.String()))
		assert.NotContains(t, p.stderr.String(), "strconv")
	}
}

// TestErrorResponsesThatHoldTheAPIKey has a server that quotes the API key in each error response: command looks for it.
func TestErrorResponsesThatHoldTheAPIKey(t *testing.T) {
	withServer(t, gcoretest.WithFaults(func(gcoretest.Call) gcoretest.Fault {
		return gcoretest.Fault{
			Commit: gcoretest.CommitNever, Status: 403, Header: http.Header{"X-Request-Id": {canary.Token}},
			Body: `{"exception_class": "ForbiddenError", "message": "no access with ` + canary.Token + `", "request_id": "` + canary.Token + `"}`,
		}
	}))
	writeFile(t, "keys", newLine(t, "")+"\n")
	for _, args := range [][]string{
		{"list"}, {"get", "name"}, {"get", someID}, {"share", someID}, {"unshare", someID}, {"delete", "--yes", someID},
		{"create", "k"}, {"create", "k2", "--generate", "server"}, {"create", "k3", "--if-missing"}, {"import", "keys"},
	} {
		_, stderr, err := command(t, append(args, "--debug")...)
		require.Error(t, err, args)
		assert.Contains(t, stderr+err.Error(), "no access with [REDACTED]", args)
	}
}
