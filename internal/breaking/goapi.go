package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

const apidiff = "golang.org/x/exp/cmd/apidiff@v0.0.0-20261014143641-f0251eb4aa3e"

// packages are those whose exported names are promised to users.
var packages = []string{"gcore", "gcore/gcoretest", "contract"}

// goAPIChanges returns how the exported names of the tree's packages break those in the folder old. It
// keeps its files in the folder temp.
func goAPIChanges(ctx context.Context, out io.Writer, old, tree, temp string) ([]string, error) {
	var changes []string
	for _, pkg := range packages {
		if !holdsGo(old, pkg) {
			fmt.Fprintf(out, "  %s: not there before, so nothing to compare\n", pkg)
			continue
		}
		if !holdsGo(tree, pkg) {
			changes = append(changes, pkg+": package removed")
			continue
		}
		exports := filepath.Join(temp, strings.ReplaceAll(pkg, "/", "-")+".export")
		path, err := importPath(ctx, old, pkg)
		if err != nil {
			return nil, err
		}
		if _, err := output(ctx, old, "go", "run", apidiff, "-w", exports, path); err != nil {
			return nil, fmt.Errorf("the commit to compare with does not build: %w", err)
		}
		if path, err = importPath(ctx, tree, pkg); err != nil {
			return nil, err
		}
		report, err := output(ctx, tree, "go", "run", apidiff, "-incompatible", exports, path)
		if err != nil {
			return nil, err
		}
		changes = append(changes, parseApidiff(pkg, string(report))...)
	}
	return changes, nil
}

// parseApidiff reads the incompatible section of apidiff, one change a line. apidiff exits with 0
// whatever it finds, so an empty section is the only sign that nothing broke.
func parseApidiff(pkg, report string) []string {
	var changes []string
	for line := range strings.Lines(report) {
		if text := strings.TrimSpace(strings.TrimPrefix(line, "- ")); text != "" {
			changes = append(changes, pkg+": "+text)
		}
	}
	return changes
}

// holdsGo says whether the folder of a package holds a Go file that is no test.
func holdsGo(tree, pkg string) bool {
	files, _ := filepath.Glob(filepath.Join(tree, filepath.FromSlash(pkg), "*.go"))
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			return true
		}
	}
	return false
}

func importPath(ctx context.Context, tree, pkg string) (string, error) {
	out, err := output(ctx, tree, "go", "list", "./"+pkg)
	return strings.TrimSpace(string(out)), err
}
