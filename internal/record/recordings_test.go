package main

import (
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var updateFiles = flag.Bool("update", false, "write the recordings of openapi.yaml's examples and of the sandbox")

// TestRecordings makes a recording that was edited by hand, or one that is out of date, fail. make record writes them.
func TestRecordings(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", recordings)
	made := documented(t)
	maps.Copy(made, sandbox(t))
	if *updateFiles {
		require.NoError(t, write(folder, made, func(name string) bool { return !strings.Contains(name, "-live-") }))
	}
	committed := contents(t, folder)
	maps.DeleteFunc(committed, func(path, file string) bool {
		live := strings.Contains(path, "-live-")
		assert.Equal(t, live, strings.Contains(file, `"comment": "live`), "%s: what is live is called so, and nothing else", path)
		return live
	})
	assert.Equal(t, slices.Sorted(maps.Keys(made)), slices.Sorted(maps.Keys(committed)), "run make record")
	for path, file := range made {
		assert.Equal(t, string(file), committed[path], "%s: run make record", path)
	}
}

// contents returns the files of a folder by their paths in it, with slashes.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		files[filepath.ToSlash(name)] = string(data)
		return err
	}))
	return files
}
