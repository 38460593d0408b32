//go:build unix

package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sandbox"
)

// notRun are the commands of the documents that a test cannot run, with the reason.
var notRun = regexp.MustCompile(`^(go install .*@latest` + // nothing is released yet
	`|go test \./\.\.\.` + // it is what runs this test
	`|make .*)( *#.*)?$`) // TestDocumentsNameTargetsThatExist

// TestCommandsOfREADMEWork runs every line in a block of shell commands, in order and in an empty folder.
func TestCommandsOfREADMEWork(t *testing.T) {
	readme := document(t, "README.md")
	folder := t.TempDir()
	program := filepath.Join(folder, "bin", "gcore-sshkeys")
	out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)

	server := gcoretest.NewServer(t, gcoretest.WithAnyAPIKey())
	address := serveSandbox(t)
	var script strings.Builder
	script.WriteString("set -eu\nPATH=" + filepath.Dir(program) + ":$PATH\n")
	_, err = exec.LookPath("curl")
	noCurl := err != nil && os.Getenv("CI") == "" // CI has it
	lines := 0
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(readme, -1) {
		for line := range strings.Lines(block[1]) {
			line = strings.TrimSpace(line)
			if notRun.MatchString(line) || noCurl && strings.HasPrefix(line, "curl ") {
				continue
			}
			lines++
			line = strings.ReplaceAll(line, "go run ./cmd/gcore-sshkeys", "gcore-sshkeys")
			script.WriteString(strings.ReplaceAll(line, "127.0.0.1:4010", address) + "\n")
		}
	}
	require.Greater(t, lines, 5)
	first, _, _ := strings.Cut(readme[strings.Index(readme, "go run ./cmd/gcore-sshkeys"):], "\n")
	script.WriteString(strings.ReplaceAll(first, "go run ./cmd/gcore-sshkeys", "gcore-sshkeys") + "\n") // a second run works, too
	cmd := exec.Command("sh", "-c", script.String())
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GCORE_BASE_URL="+server.URL, "HOME="+folder)
	out, err = cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", script.String(), out)
	assert.Empty(t, server.Keys(1), "the last command on it was a delete")
}

// TestREADMECallsEveryOperationByCurl looks at what TestCommandsOfREADMEWork runs.
func TestREADMECallsEveryOperationByCurl(t *testing.T) {
	t.Parallel()
	validator, err := contract.New()
	require.NoError(t, err)
	missing := validator.Operations()
	for _, line := range regexp.MustCompile(`(?m)^curl (.*) (http://\S+)$`).FindAllStringSubmatch(document(t, "README.md"), -1) {
		method := http.MethodGet
		if strings.Contains(line[1], " -d ") {
			method = http.MethodPost
		}
		if explicit := regexp.MustCompile(`-X (\S+)`).FindStringSubmatch(line[1]); explicit != nil {
			method = explicit[1]
		}
		operation, _ := validator.Operation(httptest.NewRequest(method, line[2], nil))
		missing = slices.DeleteFunc(missing, func(id string) bool { return id == operation })
	}
	assert.Empty(t, missing)
}

// serveSandbox serves the sandbox with its default keys, and returns its address.
func serveSandbox(t *testing.T) string {
	t.Helper()
	box, err := sandbox.New(sandbox.Config{Keys: sandbox.DefaultKeys()})
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan error)
	go func() { ended <- box.Serve(t.Context(), listener) }() // t.Context ends before the cleanups
	t.Cleanup(func() {
		select {
		case err := <-ended:
			assert.NoError(t, err)
		case <-time.After(10 * time.Second):
			t.Error("the sandbox does not end")
		}
	})
	return listener.Addr().String()
}

// TestExamplesOfHelpAreCommandLines parses the examples: their commands and flags exist.
func TestExamplesOfHelpAreCommandLines(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/help/*.txt")
	require.NoError(t, err)
	examples := 0
	for _, file := range files {
		_, text, found := strings.Cut(document(t, "cmd/gcore-sshkeys/"+file), "Examples:\n")
		require.True(t, found, "%s has no example", file)
		text, _, _ = strings.Cut(text, "\n\n")
		for _, match := range regexp.MustCompile(`gcore-sshkeys ([^|)]*)`).FindAllStringSubmatch(text, -1) {
			first, _, _ := strings.Cut(match[1], "\n")
			cmd := exec.Command("sh", "-c", `for word in `+first+`; do printf '%s\0' "$word"; done`)
			words, err := cmd.Output()
			require.NoError(t, err, first)
			args := strings.Split(strings.TrimSuffix(string(words), "\x00"), "\x00")
			root := newRoot()
			command, rest, err := root.Find(args)
			require.NoError(t, err, first)
			assert.NoError(t, command.ParseFlags(rest), first)
			examples++
		}
	}
	assert.Greater(t, examples, 12)
}

func TestDocumentsNameTargetsThatExist(t *testing.T) {
	t.Parallel()
	makefile := document(t, "Makefile")
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "SECURITY.md"} {
		for _, match := range regexp.MustCompile("(?m)(?:`|^    )make ([a-z0-9-]+)").FindAllStringSubmatch(document(t, name), -1) {
			assert.Contains(t, makefile, "\n"+match[1]+":", "%s: make %s", name, match[1])
		}
	}
}

// TestREADMEQuotesTheExamples finds each block of Go in README in one of the examples.
func TestREADMEQuotesTheExamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../examples/*/*.go")
	require.NoError(t, err)
	var examples string
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		examples += strings.ReplaceAll(string(data), "\n\t", "\n")
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(document(t, "README.md"), -1)
	require.NotEmpty(t, blocks)
	for _, block := range blocks {
		assert.Contains(t, examples, block[1])
	}
}

// document returns the text of a file of the repository.
func document(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../..", name))
	require.NoError(t, err)
	return string(data)
}
