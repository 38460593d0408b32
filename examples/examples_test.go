// Package examples_test runs the programs of this folder against a Gcore in memory.
package examples_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// programs is the folder that the programs are built into.
var programs string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	var err error
	if programs, err = os.MkdirTemp("", "gcore-examples-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(programs) }()
	if out, err := exec.Command("go", "build", "-o", programs+string(filepath.Separator), "./...").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the examples: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// A machine runs one of the programs in a working folder of its own.
type machine struct {
	program, folder, temp string
	server                *gcoretest.Server

	// onRequest, if not nil, sees each request of a run before the server has it, and again when that is done with it. n numbers
	// the requests from 1. It returns whether to kill the program.
	onRequest func(n int, r *http.Request, done bool) (kill bool)
}

func newMachine(t *testing.T, name string) *machine {
	t.Helper()
	return &machine{
		program: filepath.Join(programs, name),
		folder:  t.TempDir(),
		temp:    t.TempDir(),
		server:  gcoretest.NewServer(t),
	}
}

// run runs the program with the given API key, and returns what it printed.
func (m *machine) run(t *testing.T, apiKey string) (string, error) {
	t.Helper()
	program := exec.Command(m.program)
	started, n := make(chan struct{}), 0
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		killIf := func(done bool) {
			if m.onRequest != nil && m.onRequest(n, r, done) {
				<-started
				_ = program.Process.Kill()
				panic(http.ErrAbortHandler)
			}
		}
		n++ // the programs send one request at a time
		killIf(false)
		resp := httptest.NewRecorder()
		m.server.Handler.ServeHTTP(resp, r)
		killIf(true)
		maps.Copy(w.Header(), resp.Header())
		w.WriteHeader(resp.Code)
		_, _ = w.Write(resp.Body.Bytes())
	}))
	defer front.Close() // which waits for the handler
	program.Dir = m.folder
	program.Env = append(os.Environ(), "GCORE_API_KEY="+apiKey, "GCORE_BASE_URL="+front.URL, "GCORE_CLOUD_PROJECT_ID=1",
		"TMPDIR="+m.temp, "TMP="+m.temp)
	var out strings.Builder
	program.Stdout, program.Stderr = &out, &out
	require.NoError(t, program.Start())
	close(started)
	err := program.Wait()
	return out.String(), err
}

// path returns where a file of the working folder is.
func (m *machine) path(name string) string { return filepath.Join(m.folder, name) }

// keys returns the keys on the server.
func (m *machine) keys() []gcore.SSHKey { return m.server.Keys(1) }

// assertPrivate checks that a file holds the private half of the one key on the server.
func (m *machine) assertPrivate(t *testing.T, path string) {
	t.Helper()
	require.Len(t, m.keys(), 1, "one key on the server")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	signer, err := ssh.ParsePrivateKey(text)
	require.NoError(t, err)
	public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(m.keys()[0].PublicKey))
	require.NoError(t, err)
	assert.Equal(t, public.Marshal(), signer.PublicKey().Marshal())
	if runtime.GOOS != "windows" {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode())
	}
}

// killAtEachStep kills a run at the nth request, for each n that there is, before the server had it and after. again then gets a
// machine whose run was cut short.
func killAtEachStep(t *testing.T, name string, again func(t *testing.T, m *machine)) {
	t.Helper()
	kills := 0
	for _, done := range []bool{false, true} {
		for at, more := 1, true; more; at++ {
			m := newMachine(t, name)
			more = false
			m.onRequest = func(n int, _ *http.Request, isDone bool) bool {
				killed := n == at && isDone == done
				more = more || killed
				return killed
			}
			out, err := m.run(t, m.server.APIKey)
			if !more {
				require.NoError(t, err, "%s", out)
				break
			}
			require.Error(t, err, "it was killed")
			kills++
			m.onRequest = nil
			again(t, m)
		}
	}
	assert.GreaterOrEqual(t, kills, 4, "a list and a create, each before and after")
}
