package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"strings"
)

// resolve returns the commit that base names in the git checkout dir. An empty base stands for the commit
// where HEAD left origin/main or, on origin/main itself, the commit before HEAD; the result is empty if
// there is none.
func resolve(ctx context.Context, dir, base string) (string, error) {
	if base != "" {
		commit, err := git(ctx, dir, "rev-parse", "--verify", base+"^{commit}")
		if err != nil {
			return "", fmt.Errorf("BASE=%s is no commit here; fetch it first: %w", base, err)
		}
		return commit, nil
	}
	head, err := git(ctx, dir, "rev-parse", "--verify", "HEAD")
	if err != nil {
		return "", fmt.Errorf("look for the current commit: %w", err)
	}
	if fork, err := git(ctx, dir, "merge-base", "origin/main", "HEAD"); err == nil && fork != head {
		return fork, nil
	}
	parent, err := git(ctx, dir, "rev-parse", "--verify", "HEAD~1")
	if err != nil {
		return "", nil //nolint:nilerr // The first commit of a clone has no parent; that is no failure.
	}
	return parent, nil
}

// export writes the files of a commit into the new folder dst. It uses git archive, not git worktree, so
// that nothing is left behind in .git if the program is stopped.
func export(ctx context.Context, dir, commit, dst string) error {
	archive, err := gitOutput(ctx, dir, "archive", "--format=tar", commit)
	if err != nil {
		return fmt.Errorf("export %s: %w", commit, err)
	}
	if err := os.Mkdir(dst, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(dst)
	if err != nil {
		return err
	}
	defer root.Close()
	files := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the archive of %s: %w", commit, err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if err := root.MkdirAll(path.Dir(header.Name), 0o700); err != nil {
			return err
		}
		data, err := io.ReadAll(files)
		if err != nil {
			return err
		}
		if err := root.WriteFile(header.Name, data, 0o600); err != nil {
			return err
		}
	}
}

func git(ctx context.Context, dir string, args ...string) (string, error) {
	out, err := gitOutput(ctx, dir, args...)
	return strings.TrimSpace(string(out)), err
}

func gitOutput(ctx context.Context, dir string, args ...string) ([]byte, error) {
	return output(ctx, dir, "git", args...)
}

// output runs a command in dir and returns its standard output; its standard error is in the error.
func output(ctx context.Context, dir, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, stderr.Bytes())
	}
	return out, nil
}
