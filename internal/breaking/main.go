// Command breaking compares the tree with an earlier commit by oasdiff and apidiff, and fails if openapi.yaml or an exported Go
// name changed in a way that breaks those who use it, and CHANGELOG.md does not name it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	base := flag.String("base", "", "the commit to compare with (default: where this branch left origin/main, or the commit before this one)")
	flag.Parse()
	if err := run(os.Stdout, *base); err != nil {
		fmt.Fprintln(os.Stderr, "breaking:", err)
		os.Exit(1)
	}
}

// run compares the tree in the current folder.
func run(out io.Writer, base string) error {
	commit, err := findBase(".", base)
	if err != nil || commit == "" {
		fmt.Fprintln(out, "breaking: nothing to compare with. (In a shallow clone, fetch more history.)")
		return err
	}
	fmt.Fprintln(out, "breaking: compared with", commit)
	old, err := os.MkdirTemp("", "breaking-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(old)
	changes, err := compare(commit, old)
	if err != nil {
		return err
	}
	changelog, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		return err
	}
	before, err := os.ReadFile(filepath.Join(old, "CHANGELOG.md"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	announced := breakingEntries(string(changelog), string(before))
	unnamed := slices.DeleteFunc(changes, func(c change) bool {
		named := c.isNamed(announced)
		if named {
			fmt.Fprintln(out, "  named in CHANGELOG.md:", c)
		}
		return named
	})
	if len(unnamed) > 0 {
		return explain(unnamed)
	}
	fmt.Fprintln(out, "breaking: no breaking change that CHANGELOG.md does not name.")
	return nil
}

// compare returns the breaking changes since the commit, whose files it writes into the folder old.
func compare(commit, old string) ([]change, error) {
	report, err := output(".", "go", "run", oasdiff, "breaking", "--format=json", commit+":openapi.yaml", "openapi.yaml")
	if err != nil {
		return nil, err
	}
	changes, err := operationChanges(report)
	if err != nil {
		return nil, err
	}
	archive, exports := filepath.Join(old, "files.tar"), filepath.Join(old, "exports")
	for _, step := range [][]string{
		{".", "git", "archive", "--output=" + archive, commit},
		{old, "tar", "-xf", "files.tar"},
		{old, "go", "run", apidiff, "-m", "-w", exports, module},
	} {
		if _, err := output(step[0], step[1], step[2:]...); err != nil {
			return nil, fmt.Errorf("the commit to compare with: %w", err)
		}
	}
	report, err = output(".", "go", "run", apidiff, "-m", "-incompatible", exports, module)
	if err != nil {
		return nil, err
	}
	inGo, err := goChanges(report, old, ".")
	return append(changes, inGo...), err
}

// findBase returns the commit that base names. Without a base it is the one where HEAD left origin/main or, on origin/main
// itself, the one before HEAD, or "" if there is none.
func findBase(dir, base string) (string, error) {
	git := func(args ...string) (string, error) {
		out, err := output(dir, "git", args...)
		return strings.TrimSpace(string(out)), err
	}
	if base != "" {
		commit, err := git("rev-parse", "--verify", base+"^{commit}")
		if err != nil {
			err = fmt.Errorf("BASE=%s is no commit here; fetch it first: %w", base, err)
		}
		return commit, err
	}
	head, err := git("rev-parse", "--verify", "HEAD")
	if err != nil {
		return "", err
	}
	if fork, err := git("merge-base", "origin/main", "HEAD"); err == nil && fork != head {
		return fork, nil
	}
	parent, _ := git("rev-parse", "--verify", "HEAD~1") // the first commit of a clone has none, which is no failure
	return parent, nil
}

// output runs a command in dir and returns its standard output; its standard error is in the error.
func output(dir, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%w\n%s", err, exit.Stderr)
	}
	if err != nil {
		err = fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return out, err
}
