//go:build unix

package e2e_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAClientOfAnotherGenerator generates a client from openapi.yaml by ogen, and calls every operation with it.
func TestAClientOfAnotherGenerator(t *testing.T) {
	t.Parallel()
	document, err := filepath.Abs("../../openapi.yaml")
	require.NoError(t, err)
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS("testdata/ogen")))
	url, _ := startSandbox(t)
	for _, args := range [][]string{
		{"tool", "ogen", "--target", "api", "--package", "api", document},
		{"test", "-count=1", "."},
	} {
		cmd := exec.Command("go", args...)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "GCORE_BASE_URL="+url)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "go %v: %s", args, out)
	}
}

func TestTheExampleInNode(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil && os.Getenv("CI") == "" { // CI has it
		t.Skip("node is not installed")
	}
	require.NoError(t, err)
	url, _ := startSandbox(t)
	cmd := exec.Command(node, "--test", "../../examples/node/sshkeys.test.mjs")
	cmd.Env = append(os.Environ(), "GCORE_BASE_URL="+url)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Regexp(t, `(?m)pass 5$`, string(out))
}

// startSandbox starts the command, and returns its address and process.
func startSandbox(t *testing.T, args ...string) (url string, process *os.Process) {
	t.Helper()
	program, err := build()
	require.NoError(t, err)
	cmd := exec.Command(program, append([]string{"sandbox", "--listen", "127.0.0.1:0", "--log", "none"}, args...)...)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	return regexp.MustCompile(`http://[^']+`).FindString(line), cmd.Process
}
