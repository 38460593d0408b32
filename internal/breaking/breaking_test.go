package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// internal/checks tests that oasdiff and apidiff are run and understood.

func TestChangelogNamesAChange(t *testing.T) {
	t.Parallel()
	list := change{kind: inContract, name: "listSSHKeys"}
	method := change{kind: handWritten, pkg: "gcore/gcoretest", name: "Server.Add"}
	for name, test := range map[string]struct {
		changelog string
		change    change
		want      bool
	}{
		"no changelog":             {"", list, false},
		"an operation":             {"# Changelog\n\n## [Unreleased]\n\n- Breaking: `listSSHKeys` has no fingerprints any more. Use the ids.\n\n## [0.1.0]\n", list, true},
		"wrapped":                  {"## [Unreleased]\n\n### Changed\n\n- A.\n- Breaking: the results of\n  listSSHKeys\n- B.\n", list, true},
		"Windows lines":            {"## [Unreleased]\r\n- Breaking: getSSHKey,\r\n  listSSHKeys.\r\n", list, true},
		"in an earlier release":    {"## [Unreleased]\n\n## [1.0.0] - 2026-11-28\n\n- Breaking: listSSHKeys: gone\n", list, false},
		"in the release to make":   {"## [Unreleased]\n\n## [1.1.0] - 2026-12-24\n\n- Breaking: listSSHKeys: gone\n", list, true},
		"not as breaking":          {"## [Unreleased]\n\n- listSSHKeys: gone\n", list, false},
		"another operation":        {"## [Unreleased]\n\n- Breaking: listSSHKeysOfAll: gone\n", list, false},
		"in a later sentence":      {"## [Unreleased]\n\n- Breaking: getSSHKey: gone. Use listSSHKeys.\n", list, false},
		"in the entry after":       {"## [Unreleased]\n\n- Breaking: getSSHKey: gone\n- Added to listSSHKeys: a name\n", list, false},
		"in the next heading":      {"## [Unreleased]\n\n- Breaking: getSSHKey: gone\n\n### listSSHKeys\n", list, false},
		"a method":                 {"## [Unreleased]\n\n- Breaking: `gcore/gcoretest`: `Server.Add` takes functions.\n", method, true},
		"as apidiff writes it":     {"## [Unreleased]\n\n- Breaking: gcore/gcoretest: (*Server).Add: changed from func(int64) to func(int)\n", method, true},
		"among others":             {"## [Unreleased]\n\n- Breaking: gcore/gcoretest: Fault, Server.Add, and Call are gone.\n", method, true},
		"of another type":          {"## [Unreleased]\n\n- Breaking: gcore/gcoretest: Add and Fault.Add: gone\n", method, false},
		"of another package":       {"## [Unreleased]\n\n- Breaking: gcore: Server.Add: gone\n", method, false},
		"the type, not the method": {"## [Unreleased]\n\n- Breaking: gcore/gcoretest: Server: gone\n", method, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const old = "## [Unreleased]\n\n## [1.0.0] - 2026-11-28\n"
			assert.Equal(t, test.want, test.change.isNamed(breakingEntries(test.changelog, old)))
		})
	}
}

func TestTheEntriesToAddNameTheChanges(t *testing.T) {
	t.Parallel()
	changes := []change{
		{generated, "gcore", "SSHKeyState", "removed"}, {handWritten, "contract", "package", "removed"}, {handWritten, "gcore", "Cloud.API", "removed"},
		{inContract, "", "getSSHKey", "a"}, {inContract, "", "getSSHKey", "b"},
	}
	message := explain(changes).Error()
	assert.Contains(t, message, "\nopenapi.yaml\n  getSSHKey: a\n  getSSHKey: b\n\nGo names written by hand\n  contract: package: removed\n  gcore: Cloud.API: removed\n"+
		"\nGo names generated from openapi.yaml, which a minor release may change\n  gcore: SSHKeyState: removed\n")
	assert.Equal(t, 4, strings.Count(message, "\n- Breaking: "), "one for each name")
	announced := breakingEntries("## [Unreleased]\n\n"+message, "")
	for _, c := range changes {
		assert.True(t, c.isNamed(announced), c)
	}
}

func TestReportsOfOasdiff(t *testing.T) {
	t.Parallel()
	changes, err := operationChanges([]byte(`[{"id": "a", "text": "removed it", "operation": "GET", "operationId": "getSSHKey"}, {"id": "b", "text": "the scheme changed"}]`))
	require.NoError(t, err)
	assert.Equal(t, []change{{inContract, "", "getSSHKey", "removed it"}, {inContract, "", "openapi.yaml", "the scheme changed"}}, changes)

	changes, err = operationChanges([]byte("[]"))
	require.NoError(t, err)
	assert.Empty(t, changes)
	for _, report := range []string{"", "No changes", `[{"id": "a", "path": "/keys"}]`} {
		_, err := operationChanges([]byte(report))
		assert.Error(t, err, "%q must not pass for a report without changes", report)
	}
}

func TestReportsOfApidiff(t *testing.T) {
	t.Parallel()
	old, now := t.TempDir(), t.TempDir()
	write(t, filepath.Join(old, "gcore", "hand.go"), "package gcore\n\nfunc (*Key) Save() {}\n\nfunc (Key) Gone() {}\n\ntype Config struct{ A int }\n")
	write(t, filepath.Join(now, "gcore", "hand.go"), "package gcore\n\nfunc (*Key) Save(int) {}\n\ntype Config struct{}\n")
	write(t, filepath.Join(now, "gcore", "client.gen.go"), "package gcore\n\ntype Key struct{ Name string }\n\nconst (\n\tA = 1\n\tB = 2\n)\n\nfunc (*Client) Do() {}\n")
	changes, err := goChanges([]byte(`- ./gcore.(*Key).Save: changed from func() to func(int)
- ./gcore.Key.Gone: removed
- ./gcore.Config.A: removed
- ./gcore.Key.Name: changed from int to string
- ./gcore.B: value changed from 1 to 2
- ./gcore.(*Client).Do: changed from func(int) to func()
- ./cmd/gcore-sshkeys.Version: removed
- OpenAPI: removed
- package github.com/gcore-sshkeys/gcore-sshkeys-go/contract: removed
`), old, now)
	require.NoError(t, err)
	assert.Equal(t, []change{
		{handWritten, "gcore", "Key.Save", "changed from func() to func(int)"},
		{handWritten, "gcore", "Key.Gone", "removed"},
		{handWritten, "gcore", "Config.A", "removed"},
		{generated, "gcore", "Key.Name", "changed from int to string"},
		{generated, "gcore", "B", "value changed from 1 to 2"},
		{generated, "gcore", "Client.Do", "changed from func(int) to func()"},
		{handWritten, "contract", "package", "removed"},
	}, changes)

	_, err = goChanges([]byte("no change\n"))
	assert.Error(t, err)
}

func TestBaseIsWhereTheBranchLeftMain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	git := func(args ...string) string {
		out, err := output(dir, "git", append([]string{"-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		require.NoError(t, err)
		return strings.TrimSpace(string(out))
	}
	commit := func() string {
		git("commit", "--quiet", "--allow-empty", "--message=commit")
		return git("rev-parse", "HEAD")
	}
	assertBase := func(base, want, when string) {
		t.Helper()
		got, err := findBase(dir, base)
		require.NoError(t, err, when)
		assert.Equal(t, want, got, when)
	}
	git("init", "--quiet")
	first := commit()
	assertBase("", "", "the first commit has nothing before it")
	second := commit()
	assertBase("", first, "without origin/main")
	git("update-ref", "refs/remotes/origin/main", second)
	assertBase("", first, "on origin/main itself")
	commit()
	commit()
	assertBase("", second, "two commits after origin/main")
	assertBase(first[:12], first, "given")
	_, err := findBase(dir, "nowhere")
	assert.ErrorContains(t, err, "BASE=nowhere is no commit here; fetch it first")
}

func write(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
}
