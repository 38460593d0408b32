// Package checks tests the checks of this repository: that each of them notices what it is there for. What other people's
// linters notice is not tested, only what our configuration of them adds.
package checks_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tree is a scratch copy of the repository.
type tree struct{ dir string }

// newTree copies the files as they are on disk: changed files as changed, new files too. What .gitignore names stays out,
// since it may be a private key.
func newTree(t *testing.T) tree {
	t.Helper()
	s := tree{t.TempDir()}
	list := tree{"../.."}.must(t, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	for name := range strings.SplitSeq(strings.TrimSuffix(list, "\x00"), "\x00") {
		from, to := filepath.Join("../..", name), filepath.Join(s.dir, name)
		data, err := os.ReadFile(from)
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, but not yet in git's index
		}
		require.NoError(t, err)
		info, err := os.Stat(from)
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o700))
		require.NoError(t, os.WriteFile(to, data, info.Mode().Perm()))
	}
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
		t.Skip("make checks runs this: it needs make and npx")
	}
	s := newTree(t)
	s.edit(t, "gcore/old.go", "", "package gcore\n\n// Old is here to be removed.\nfunc Old() {}\n")
	for _, args := range [][]string{
		{"init", "--quiet"}, {"add", "--all"},
		{"-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false", "commit", "--quiet", "--message", "As it is"},
	} {
		s.must(t, "git", args...)
	}

	type edit struct{ file, from, to string }
	breaks := []edit{
		{"openapi.yaml", "enum: [created_at.asc, created_at.desc, name.asc, name.desc]", "enum: [created_at.asc, created_at.desc, name.asc, title.desc]"},
		{"gcore/old.go", "func Old() {}", ""},
		{"gcore/client.gen.go", "func (r ListSSHKeysResponse) GetJSON200() *", "func (r ListSSHKeysResponse) JSON() *"},
	}
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
			[]string{" contract/internal/spec/spec.gen.go ", " gcore/client.gen.go ", "Run make generate"},
		},
		{
			"a generated file that nothing generates",
			[]edit{{"gcore/new.gen.go", "", "package gcore\n"}},
			"check-generate",
			[]string{"not added to git: the files above, gcore/new.gen.go", "Run make generate"},
		},
		{
			"an overlay that lies over nothing",
			[]edit{{"overlay.yaml", "properties.private_key", "properties.privat_key"}},
			"check-generate",
			[]string{"privat_key", "correct what is named above: openapi.yaml, overlay.yaml, or an oapi-codegen.yaml"},
		},
		{
			"a warning of Redocly, which we count as an error",
			[]edit{{"openapi.yaml", "    SSHKeyList:\n", "    Unused:\n      type: string\n\n    SSHKeyList:\n"}},
			"lint-openapi",
			[]string{`Component: "Unused" is never used`},
		},
		{
			"breaking changes that CHANGELOG.md does not name",
			breaks,
			"breaking BASE=HEAD",
			[]string{
				"openapi.yaml\n  listSSHKeys: removed the enum value `name.desc`", "Go names written by hand\n  gcore: Old: removed\n",
				"may change\n  gcore: ListSSHKeysResponse.GetJSON200: removed\n", "\n- Breaking: gcore: Old: ",
			},
		},
		{
			"a drifted upstream default",
			[]edit{{"internal/drift/testdata/upstream.yaml", "maximum: 1000, default: 10", "maximum: 1000, default: 20"}},
			"drift UPSTREAM=internal/drift/testdata/upstream.yaml",
			[]string{"query parameter limit > default: ours says 10, Gcore's says 20", "if Gcore's description is right, change openapi.yaml"},
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

	t.Run("breaking changes that CHANGELOG.md names", func(t *testing.T) {
		for _, e := range breaks {
			s.edit(t, e.file, e.from, e.to)
		}
		s.edit(t, "CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n- Breaking: gcore: Old and ListSSHKeysResponse.GetJSON200 are gone, and so is name.desc of listSSHKeys. Use others.\n")
		assert.Contains(t, s.must(t, "make", "breaking", "BASE=HEAD"), "named in CHANGELOG.md: gcore: Old: removed\n")
	})
}
