//go:build unix

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// build builds the command line once.
var build = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "gcore-sshkeys-*")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "gcore-sshkeys")
	return path, exec.Command("go", "build", "-C", "../..", "-o", path, "./cmd/gcore-sshkeys").Run()
})

func TestMain(m *testing.M) {
	status := m.Run()
	if path, err := build(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(status)
}

// A terminal is the command line on a pseudo-terminal of its own.
type terminal struct {
	t      *testing.T
	cmd    *exec.Cmd
	pty    *os.File
	output string // what is shown
}

// onTerminal starts a command line in a folder.
func onTerminal(t *testing.T, server *gcoretest.Server, folder string, args ...string) *terminal {
	t.Helper()
	program, err := build()
	require.NoError(t, err)
	cmd := exec.Command(program, args...)
	cmd.Dir = folder
	cmd.Env = []string{"HOME=" + folder, "GCORE_API_KEY=" + server.APIKey, "GCORE_BASE_URL=" + server.URL, "GCORE_CLOUD_PROJECT_ID=1"}
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })
	return &terminal{t: t, cmd: cmd, pty: file}
}

// enter waits until the terminal shows a text, and then types.
func (term *terminal) enter(after, typed string) {
	term.t.Helper()
	buffer := make([]byte, 4096)
	for !strings.Contains(term.output, after) {
		n, err := term.pty.Read(buffer)
		term.output += string(buffer[:n])
		require.NoError(term.t, err, "%q is not shown, but: %s", after, term.output)
	}
	_, err := term.pty.WriteString(typed)
	require.NoError(term.t, err)
}

// status waits for the end and returns the exit status.
func (term *terminal) status() int {
	buffer := make([]byte, 4096)
	for {
		n, err := term.pty.Read(buffer)
		term.output += string(buffer[:n])
		if err != nil { // Linux ends a pseudo-terminal with EIO
			break
		}
	}
	_ = term.cmd.Wait()
	return term.cmd.ProcessState.ExitCode()
}

const ctrlC = "\x03"

func TestKeysOfTheCommandLineLogInAtARealServer(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	for _, args := range [][]string{{"--generate", "server"}, {"--generate", "local"}, {"--generate", "server", "--encrypt"}, {"--generate", "local", "--encrypt"}} {
		folder, answer := t.TempDir(), ""
		term := onTerminal(t, server, folder, append([]string{"create", "my key"}, args...)...)
		if len(args) == 3 {
			answer = passphrase
			term.enter("Passphrase for the private key: ", passphrase+"\n")
			term.enter("The same passphrase again: ", passphrase+"\n")
		}
		require.Zero(t, term.status(), term.output)
		assert.NotContains(t, term.output, passphrase, "it is not shown")
		path := filepath.Join(folder, "my_key")
		public, err := os.ReadFile(path + ".pub")
		require.NoError(t, err)
		out, err := startSSHD(t, public).login(t, path, answer)
		require.NoError(t, err, "%v: %s", args, out)
		assert.Contains(t, out, loggedIn)
	}
}

func TestPassphrasesThatCannotBe(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	for second, want := range map[string]string{"other\n": "the passphrases differ", ctrlC: "interrupted"} {
		folder := t.TempDir()
		term := onTerminal(t, server, folder, "create", "key", "--encrypt")
		term.enter("Passphrase for the private key: ", passphrase+"\n")
		term.enter("The same passphrase again: ", second)
		assert.Equal(t, map[string]int{ctrlC: 130, "other\n": 1}[second], term.status(), term.output)
		assert.Contains(t, term.output, want)
		assert.NoFileExists(t, filepath.Join(folder, "key"))
	}
	assert.Empty(t, server.Calls())
}

func TestCtrlCEndsAReadOfStandardInput(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	for _, args := range [][]string{
		{"create", "key", "--public-key", "-"}, {"import", "-"}, {"verify", "-"},
	} {
		term := onTerminal(t, server, t.TempDir(), args...)
		term.enter("reading standard input", "some text\n"+ctrlC)
		assert.Equal(t, 130, term.status(), term.output)
	}
	assert.Empty(t, server.Calls())
}

// The terminal would show what is typed.
func TestAPassphraseIsNotReadAsAFileFromATerminal(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	term := onTerminal(t, server, t.TempDir(), "create", "key", "--passphrase-file", "-")
	assert.Equal(t, 2, term.status(), term.output)
	assert.Contains(t, term.output, "use --encrypt")
	assert.Empty(t, server.Calls())
}

func TestDeleteAsks(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]struct{ status, left int }{
		"y\n": {0, 1}, "yes\n": {0, 1}, "n\n": {1, 2}, "\n": {1, 2}, "\x04": {1, 2}, ctrlC: {130, 2},
	} {
		server := gcoretest.NewServer(t)
		server.Add(1, gcore.CreateSSHKeyRequest{Name: "old \x1b[2J"})
		key := server.Add(1, gcore.CreateSSHKeyRequest{Name: "other"})
		term := onTerminal(t, server, t.TempDir(), "delete", "old \x1b[2J")
		term.enter("Delete 1 key? [y/N] ", typed)
		assert.Equal(t, want.status, term.status(), "%q: %s", typed, term.output)
		assert.Contains(t, term.output, "old ?[2J")
		assert.NotContains(t, term.output, "\x1b")
		keys := server.Keys(1)
		assert.Len(t, keys, want.left, "%q", typed)
		assert.Equal(t, key.ID, keys[len(keys)-1].ID)
	}
}

// TestABarShowsTheProgressOfAnImport, and is gone at the end.
func TestABarShowsTheProgressOfAnImport(t *testing.T) {
	t.Parallel()
	server, folder := gcoretest.NewServer(t), t.TempDir()
	var lines strings.Builder
	for range 20 {
		pair, err := gcore.NewKeyPair("alice@laptop")
		require.NoError(t, err)
		lines.WriteString(pair.PublicKey + "\n")
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "keys"), []byte(lines.String()), 0o600))
	term := onTerminal(t, server, folder, "import", "keys", "-o", "ids")
	require.Zero(t, term.status(), term.output)
	assert.Regexp(t, `adding keys +\d+%.*\(\d+/20`, term.output)
	assert.Regexp(t, `(^|[\r\n])20 added\r\n`, term.output)
	assert.Len(t, server.Keys(1), 20)

	for _, args := range [][]string{{"import", "keys"}, {"import", "keys", "--dry-run"}} { // nothing to add
		term = onTerminal(t, server, folder, args...)
		require.Zero(t, term.status(), term.output)
		assert.NotContains(t, term.output, "adding keys")
	}
}
