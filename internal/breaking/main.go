// Command breaking compares the tree with an earlier commit, and fails if openapi.yaml or an exported
// Go name changed in a way that breaks those who use it and CHANGELOG.md does not say so.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	base := flag.String("base", "", "the commit to compare with (default: where this branch left origin/main, or the commit before this one)")
	flag.Parse()
	unnamed, err := run(context.Background(), os.Stdout, ".", *base)
	if err == nil && len(unnamed) > 0 {
		err = explain(unnamed)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "breaking:", err)
		os.Exit(1)
	}
}

// run returns the breaking changes between base and the tree that the tree's CHANGELOG.md does not name.
// A change is one line of words: where it is, and what it is.
func run(ctx context.Context, out io.Writer, tree, base string) ([]string, error) {
	base, err := resolve(ctx, tree, base)
	if err != nil {
		return nil, err
	}
	if base == "" {
		fmt.Fprintln(out, "breaking: there is no earlier commit here, so nothing to compare with. (In a shallow clone, fetch more history.)")
		return nil, nil
	}
	temp, err := os.MkdirTemp("", "breaking-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	old := filepath.Join(temp, "base")
	if err := export(ctx, tree, base, old); err != nil {
		return nil, err
	}
	log, err := os.ReadFile(filepath.Join(tree, "CHANGELOG.md"))
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}

	fmt.Fprintf(out, "breaking: compared with %s\n", base)
	changes, err := openAPIChanges(ctx, out, old, tree)
	if err != nil {
		return nil, err
	}
	goChanges, err := goAPIChanges(ctx, out, old, tree, temp)
	if err != nil {
		return nil, err
	}
	announced := unreleased(string(log))
	var unnamed []string
	for _, change := range append(changes, goChanges...) {
		if named(announced, change) {
			fmt.Fprintf(out, "  named in CHANGELOG.md: %s\n", change)
		} else {
			unnamed = append(unnamed, change)
		}
	}
	if len(unnamed) == 0 {
		fmt.Fprintln(out, "breaking: no breaking change that CHANGELOG.md does not name.")
	}
	return unnamed, nil
}
