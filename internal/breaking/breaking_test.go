package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the programs oasdiff and apidiff find is seen in internal/checks, where they run.

func TestChangelogNamesAChange(t *testing.T) {
	t.Parallel()
	const change = "listSSHKeys: removed the required property `results/items/fingerprint` from the response"
	tests := map[string]struct {
		changelog string
		want      bool
	}{
		"no changelog":  {"", false},
		"named":         {"# Changelog\n\n## [Unreleased]\n\n- Breaking: " + change + ". Use `id`.\n", true},
		"wrapped":       {"## Unreleased\n- Breaking: " + strings.ReplaceAll(change, " the ", "\n  the ") + "\n", true},
		"windows lines": {"## [Unreleased]\r\n- Breaking: " + change + "\r\n", true},
		"in a later subsection": {
			"## [Unreleased]\n### Added\n- Something.\n### Removed\n- Breaking: " + change + "\n## [1.0.0]\n", true},
		"in a release":          {"## [Unreleased]\n## [1.0.0]\n- Breaking: " + change + "\n", false},
		"another operation":     {"## [Unreleased]\n- Breaking: " + strings.Replace(change, "list", "get", 1), false},
		"another property":      {"## [Unreleased]\n- Breaking: " + strings.Replace(change, "fingerprint", "name", 1), false},
		"in words of one's own": {"## [Unreleased]\n- Breaking: lists have no fingerprints any more\n", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, named(unreleased(test.changelog), change))
		})
	}
}

func TestExplainGivesTheLinesToAdd(t *testing.T) {
	t.Parallel()
	message := explain([]string{"createSSHKey: added the new required request property `comment`", "gcore: New: removed"}).Error()
	assert.Contains(t, message, "\n- Breaking: createSSHKey: added the new required request property `comment`\n- Breaking: gcore: New: removed\n")
	assert.Contains(t, message, "add the lines above to the Unreleased section of CHANGELOG.md")

	announced := unreleased("## [Unreleased]\n" + message)
	assert.True(t, named(announced, "gcore: New: removed"), "what the message says to do is enough")
}

func TestParseOasdiff(t *testing.T) {
	t.Parallel()
	changes, err := parseOasdiff([]byte(`[
		{"id": "a", "text": "removed it", "operation": "GET", "operationId": "getSSHKey", "path": "/keys/{id}"},
		{"id": "b", "text": "api path removed", "operation": "PUT", "path": "/keys"}]`))
	require.NoError(t, err)
	assert.Equal(t, []string{"getSSHKey: removed it", "PUT /keys: api path removed"}, changes)

	changes, err = parseOasdiff([]byte("[]"))
	require.NoError(t, err)
	assert.Empty(t, changes)

	for name, report := range map[string]string{"nothing": "", "words": "No changes", "no text": `[{"id": "a", "path": "/keys"}]`} {
		_, err := parseOasdiff([]byte(report))
		assert.Error(t, err, "%s must not pass for a report without changes", name)
	}
}

func TestParseApidiff(t *testing.T) {
	t.Parallel()
	assert.Equal(t,
		[]string{"gcore: Gone: removed", "gcore: New: changed from func(int) *Config to func(int, string) (*Config, error)"},
		parseApidiff("gcore", "- Gone: removed\n- New: changed from func(int) *Config to func(int, string) (*Config, error)\n"))
	assert.Empty(t, parseApidiff("gcore", ""))
}

func TestBaseIsWhereTheBranchLeftMain(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	first := r.commit("file", "1")
	assertBase(t, r, "", "", "the first commit has nothing before it")

	second := r.commit("file", "2")
	assertBase(t, r, "", first, "without origin/main")
	r.git("update-ref", "refs/remotes/origin/main", second)
	assertBase(t, r, "", first, "on origin/main itself")
	r.commit("file", "3")
	r.commit("file", "4")
	assertBase(t, r, "", second, "two commits after origin/main")
	assertBase(t, r, first[:12], first, "said on the command line")

	_, err := resolve(t.Context(), r.dir, "nowhere")
	assert.ErrorContains(t, err, "BASE=nowhere is no commit here; fetch it first")
}

func TestExportWritesTheCommitNotTheTree(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	commit := r.commit("deep/down/file", "committed")
	r.write("deep/down/file", "changed since")
	dst := filepath.Join(t.TempDir(), "base")

	require.NoError(t, export(t.Context(), r.dir, commit, dst))

	data, err := os.ReadFile(filepath.Join(dst, "deep/down/file"))
	require.NoError(t, err)
	assert.Equal(t, "committed", string(data))
}

func TestACommitWithoutContractAndPackagesPasses(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.commit("README.md", "soon")
	r.commit("openapi.yaml", "openapi: 3.0.3")
	var out strings.Builder

	unnamed, err := run(t.Context(), &out, r.dir, "")

	require.NoError(t, err)
	assert.Empty(t, unnamed)
	for _, what := range []string{"openapi.yaml", "gcore", "gcore/gcoretest", "contract"} {
		assert.Contains(t, out.String(), "  "+what+": not there before, so nothing to compare\n")
	}
}

func TestARemovedPackageIsAChange(t *testing.T) {
	t.Parallel()
	old, tree := t.TempDir(), t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(old, "contract"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(old, "contract", "contract.go"), []byte("package contract"), 0o600))

	changes, err := goAPIChanges(t.Context(), t.Output(), old, tree, t.TempDir())

	require.NoError(t, err)
	assert.Equal(t, []string{"contract: package removed"}, changes)
}

func assertBase(t *testing.T, r repo, base, want, when string) {
	t.Helper()
	got, err := resolve(t.Context(), r.dir, base)
	require.NoError(t, err, when)
	assert.Equal(t, want, got, when)
}

// repo is a git checkout of its own.
type repo struct {
	t   *testing.T
	dir string
}

func newRepo(t *testing.T) repo {
	t.Helper()
	r := repo{t, t.TempDir()}
	r.git("init", "--quiet")
	return r
}

func (r repo) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"}, args...)...)
	cmd.Dir = r.dir
	out, err := cmd.CombinedOutput()
	require.NoError(r.t, err, string(out))
	return strings.TrimSpace(string(out))
}

func (r repo) write(name, content string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	require.NoError(r.t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(r.t, os.WriteFile(path, []byte(content), 0o600))
}

func (r repo) commit(name, content string) string {
	r.t.Helper()
	r.write(name, content)
	r.git("add", "--all")
	r.git("commit", "--quiet", "--message", content)
	return r.git("rev-parse", "HEAD")
}
