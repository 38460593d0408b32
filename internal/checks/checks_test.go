// Package checks tests the checks of this repository: that each of them notices what it is there for.
package checks_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/scratch"
)

// tree is a scratch copy of the repository, with a git repository of its own.
type tree struct{ dir string }

func newTree(t *testing.T) tree {
	t.Helper()
	s := tree{t.TempDir()}
	require.NoError(t, scratch.Copy(t.Context(), "../..", s.dir))
	return s
}

// run runs a command in the tree and returns what it printed.
func (s tree) run(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = s.dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (s tree) must(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := s.run(t, name, args...)
	require.NoError(t, err, "%s %s:\n%s", name, strings.Join(args, " "), out)
	return out
}

// edit replaces the one place in a file where from stands; an empty from stands for the end of the file,
// which need not exist.
func (s tree) edit(t *testing.T, file, from, to string) {
	t.Helper()
	path := filepath.Join(s.dir, file)
	data, err := os.ReadFile(path)
	if from == "" {
		require.NoError(t, os.WriteFile(path, append(data, to...), 0o600))
		return
	}
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(data), from), "%q stands in one place of %s", from, file)
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(data), from, to, 1)), 0o600))
}

func TestEachCheckFailsOnce(t *testing.T) {
	if os.Getenv("CHECKS") == "" {
		t.Skip("make checks runs this: it takes minutes, and needs make, npx, shellcheck, Chromium and sshd")
	}
	s := newTree(t)
	s.edit(t, "gcore/removed.go", "", "package gcore\n\n// Removed is here to be removed.\nfunc Removed() {}\n")
	s.edit(t, "CHANGELOG.md", "", "\n")
	for _, args := range [][]string{
		{"init", "--quiet"}, {"config", "user.name", "Test"}, {"config", "user.email", "test@example.com"},
		{"config", "commit.gpgsign", "false"}, {"add", "--all"}, {"commit", "--quiet", "--message", "As it is"},
	} {
		s.must(t, "git", args...)
	}

	const (
		sayWhatBreaks = "add the lines above to the Unreleased section of CHANGELOG.md"
		fingerprint   = `        fingerprint:
          description: The MD5 sum of the public key's binary encoding, as 16 pairs of hex digits with colons between them.
          type: string
          example: 11:b6:c5:77:48:14:82:9c:85:6b:80:46:b0:c8:7f:10
`
	)
	type edit struct{ file, from, to string }
	for _, test := range []struct {
		name  string
		edits []edit
		check string // what make makes
		want  []string
	}{
		{
			"a stale generated file",
			[]edit{{"openapi.yaml", "How many keys to return at most.", "The most keys to return."}},
			"check-generate",
			[]string{"not what openapi.yaml generates: contract/internal/spec/spec.gen.go, gcore/client.gen.go", "Run make generate"},
		},
		{
			"a generated file that nothing generates",
			[]edit{{"gcore/old.gen.go", "", "package gcore\n"}},
			"check-generate",
			[]string{"not what openapi.yaml generates: gcore/old.gen.go", "Run make generate"},
		},
		{
			"a module that nothing needs",
			[]edit{{"go.mod", "\tgo.uber.org/goleak", "\tgolang.org/x/mod v0.41.0\n\tgo.uber.org/goleak"}, {"go.mod", "\tgolang.org/x/mod v0.41.0 // indirect\n", ""}},
			"check-tidy",
			[]string{"-\tgolang.org/x/mod v0.41.0\n", "check-tidy: run go mod tidy, and commit what it changes."},
		},
		{
			"a wrong config key",
			[]edit{{"oapi-codegen.yaml", "  client: true", "  client: true\n  strict-client: true"}},
			"check-generate",
			[]string{"field strict-client not found", "Correct what it names: openapi.yaml, overlay.yaml, or an oapi-codegen.yaml"},
		},
		{
			"an overlay that lies over nothing",
			[]edit{{"overlay.yaml", "properties.private_key", "properties.privat_key"}},
			"check-generate",
			[]string{"privat_key", "Correct what it names: openapi.yaml, overlay.yaml, or an oapi-codegen.yaml"},
		},
		{
			"a lint error",
			[]edit{{"openapi.yaml", "      summary: Delete an SSH key\n", ""}},
			"lint-openapi",
			[]string{"Operation object should contain `summary` field", "openapi.yaml:2"},
		},
		{
			"a lint warning",
			[]edit{{"openapi.yaml", "    SSHKeyList:\n", "    Unused:\n      type: string\n\n    SSHKeyList:\n"}},
			"lint-openapi",
			[]string{`Component: "Unused" is never used`},
		},
		{
			"an example that no longer fits",
			[]edit{{"openapi.yaml", "                    project_id: 1\n", "                    project_id: one\n"}},
			"lint-openapi",
			[]string{"Example value must conform to the schema: `project_id` property type must be integer"},
		},
		{
			"an example whose format no longer fits",
			[]edit{{"openapi.yaml", "                    id: 36a7a97a-0672-4911-8f2b-92cd4e5b0d91", "                    id: 36a7a97a-0672-1911-8f2b-92cd4e5b0d91"}},
			"lint-openapi",
			[]string{"uuid4", "correct openapi.yaml"},
		},
		{
			"a removed field",
			[]edit{
				{"openapi.yaml", "        - created_at\n        - fingerprint\n        - id\n        - name\n        - project_id\n", "        - created_at\n        - id\n        - name\n        - project_id\n"},
				{"openapi.yaml", "          nullable: true\n          example: \"2025-06-16T17:05:50Z\"\n" + fingerprint, "          nullable: true\n          example: \"2025-06-16T17:05:50Z\"\n"},
			},
			"breaking BASE=HEAD",
			[]string{"- Breaking: getSSHKey: removed the required property `fingerprint` from the response", sayWhatBreaks},
		},
		{
			"a new required request field",
			[]edit{{"openapi.yaml", "      required: [name]\n      properties:\n", "      required: [name, comment]\n      properties:\n        comment:\n          type: string\n"}},
			"breaking BASE=HEAD",
			[]string{"- Breaking: createSSHKey: added the new required request property `comment`", sayWhatBreaks},
		},
		{
			"a renamed enum value",
			[]edit{{"openapi.yaml", "enum: [created_at.asc, created_at.desc, name.asc, name.desc]", "enum: [created_at.asc, created_at.desc, name.asc, title.desc]"}},
			"breaking BASE=HEAD",
			[]string{"- Breaking: listSSHKeys: removed the enum value `name.desc`", sayWhatBreaks},
		},
		{
			"a changed path",
			[]edit{{"openapi.yaml", "  /cloud/v1/ssh_keys/{project_id}/{ssh_key_id}:", "  /cloud/v2/ssh_keys/{project_id}/{ssh_key_id}:"}},
			"breaking BASE=HEAD",
			[]string{"- Breaking: deleteSSHKey: api path removed", sayWhatBreaks},
		},
		{
			"an exported Go name removed",
			[]edit{{"gcore/removed.go", "func Removed() {}", ""}},
			"breaking BASE=HEAD",
			[]string{"- Breaking: gcore: Removed: removed\n", sayWhatBreaks},
		},
		{
			"a drifted upstream default",
			[]edit{{"internal/drift/testdata/upstream.yaml", "maximum: 1000, default: 10", "maximum: 1000, default: 20"}},
			"drift UPSTREAM=internal/drift/testdata/upstream.yaml",
			[]string{"query parameter limit > default: ours says 10, Gcore's says 20", "if Gcore's description is right, change openapi.yaml"},
		},
		{
			"a private key that ssh does not take",
			[]edit{{"gcore/save.go", "return pem.EncodeToMemory(block), nil // the same block", "return pem.EncodeToMemory(block)[1:], nil // the same block"}},
			"e2e",
			[]string{"TestSavedKeysLogInAtARealServer", "Permission denied (publickey)"},
		},
		{
			"a finding in the Go code",
			[]edit{{"gen.go", "", "\nvar unused = 1\n"}},
			"lint-go",
			[]string{"gen.go", "var unused is unused"},
		},
		{
			"a finding in a script",
			[]edit{{"scripts/fuzz", "", "echo $1\n"}},
			"lint-scripts",
			[]string{"Double quote to prevent globbing"},
		},
		{
			"a finding in a workflow",
			[]edit{{".github/workflows/ci.yml", "  pull_request:\n", "  pull_requests:\n"}},
			"lint-workflows",
			[]string{`unknown Webhook event "pull_requests"`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, e := range test.edits {
				s.edit(t, e.file, e.from, e.to)
			}
			out, err := s.run(t, "make", strings.Fields(test.check)...)
			require.Error(t, err, "make %s lets it pass:\n%s", test.check, out)
			for _, want := range test.want {
				assert.Contains(t, out, want)
			}
			s.must(t, "git", "checkout", "--quiet", "HEAD", ".")
			s.must(t, "git", "clean", "--quiet", "--force", "-d")
		})
	}

	t.Run("a breaking change that CHANGELOG.md names", func(t *testing.T) {
		s.edit(t, "gcore/removed.go", "func Removed() {}", "")
		s.edit(t, "CHANGELOG.md", "", "\n## [Unreleased]\n\n- Breaking: gcore: Removed: removed. It did nothing.\n")
		out := s.must(t, "make", "breaking", "BASE=HEAD")
		assert.Contains(t, out, "named in CHANGELOG.md: gcore: Removed: removed\n")
	})
}
