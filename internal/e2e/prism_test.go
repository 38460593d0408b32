//go:build unix

package e2e_test

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPrismAgrees has Prism, another reader of OpenAPI, check each request of the client and each response of the sandbox
// against openapi.yaml. It responds with an error of its own to what it does not accept.
func TestPrismAgrees(t *testing.T) {
	if os.Getenv("PRISM") == "" {
		t.Skip("make prism runs this, with the command in PRISM")
	}
	t.Parallel()
	sandbox, _ := startSandbox(t)
	args := append(strings.Fields(os.Getenv("PRISM")), "proxy", "--errors", "--port", "0", "../../openapi.yaml", sandbox)
	prism := exec.Command(args[0], args[1:]...)
	prism.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // npx starts processes of its own
	stdout, err := prism.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, prism.Start())
	t.Cleanup(func() {
		_ = syscall.Kill(-prism.Process.Pid, syscall.SIGKILL)
		_ = prism.Wait()
	})
	var url string
	for lines := bufio.NewScanner(stdout); url == "" && lines.Scan(); {
		url = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+$`).FindString(lines.Text())
	}
	require.NotEmpty(t, url, "Prism does not say where it listens")

	resp, err := http.Get(url + "/cloud/v1/ssh_keys/1?limit=0")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, "application/problem+json", resp.Header.Get("Content-Type"), "Prism checks")

	program, err := build()
	require.NoError(t, err)
	folder := t.TempDir()
	for _, args := range []string{
		"create first-key --generate server", "create second-key --generate local", "list --name first --order-by name.desc", "get first-key",
		"unshare first-key", "share second-key", "delete first-key second-key --yes",
	} {
		cmd := exec.Command(program, strings.Fields(args)...)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "GCORE_API_KEY=sandbox", "GCORE_CLOUD_PROJECT_ID=1", "GCORE_BASE_URL="+url)
		out, err := cmd.CombinedOutput()
		assert.NoError(t, err, "%s: %s", args, out)
	}
}
