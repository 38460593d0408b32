// Command checkgenerate fails if the generated files of the tree are not what openapi.yaml generates
// now. It generates in a scratch copy, so it needs no git history and leaves a tree with changes alone.
package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/scratch"
)

func main() {
	stale, err := check(context.Background(), ".")
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "check-generate:", err)
	case len(stale) > 0:
		fmt.Fprintf(os.Stderr, "check-generate: not what openapi.yaml generates: %s\n", strings.Join(stale, ", "))
		fmt.Fprintln(os.Stderr, "Run make generate, and commit what it changes. Never edit a generated file by hand.")
	default:
		fmt.Println("check-generate: every generated file is what openapi.yaml generates.")
		return
	}
	os.Exit(1)
}

// check returns the files of the tree that generating writes, adds or leaves out.
func check(ctx context.Context, tree string) ([]string, error) {
	dir, err := os.MkdirTemp("", "checkgenerate-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := scratch.Copy(ctx, tree, dir); err != nil {
		return nil, err
	}
	before, err := sums(dir)
	if err != nil {
		return nil, err
	}
	// Deleted first, so that a file which nothing generates any more is noticed.
	for name := range before {
		if strings.HasSuffix(name, ".gen.go") {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				return nil, err
			}
		}
	}
	generate := exec.CommandContext(ctx, "go", "generate", "./...")
	generate.Dir = dir
	if out, err := generate.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go generate: %w\n%s\nCorrect what it names: openapi.yaml, overlay.yaml, or an oapi-codegen.yaml", err, out)
	}
	after, err := sums(dir)
	if err != nil {
		return nil, err
	}
	return differing(before, after), nil
}

// sums maps the files below dir to their checksums.
func sums(dir string) (map[string][sha256.Size]byte, error) {
	files := map[string][sha256.Size]byte{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = sha256.Sum256(data)
		return err
	})
	return files, err
}

// differing returns the names that are in one map only, or in both with different checksums.
func differing(before, after map[string][sha256.Size]byte) []string {
	names := maps.Clone(before)
	maps.Copy(names, after)
	maps.DeleteFunc(names, func(name string, _ [sha256.Size]byte) bool {
		b, inBefore := before[name]
		a, inAfter := after[name]
		return inBefore && inAfter && a == b
	})
	return slices.Sorted(maps.Keys(names))
}
