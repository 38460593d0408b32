package sshkeys_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/gcore-sshkeys/gcore-sshkeys-go"

// TestImportRules checks the dependencies of each package: a program that imports gcore gets a small client, and no validator,
// command line or test server.
func TestImportRules(t *testing.T) {
	t.Parallel()
	rules := map[string]struct {
		may    []string // modules and packages of this module that it may depend on, itself left out
		mayNot []string // packages of the standard library
	}{
		"": {},
		"/gcore": {
			may:    []string{module + "/internal/apikey", module + "/internal/env", module + "/internal/limit", module + "/internal/sshkey", "github.com/oapi-codegen/runtime", "github.com/apapsch/go-jsonmerge/v2", "github.com/google/uuid", "golang.org/x/crypto", "golang.org/x/sys"},
			mayNot: []string{"testing", "net/http/httptest"},
		},
		"/contract": {
			may: []string{module + "/contract/internal/spec", module + "/internal/apikey", module + "/internal/limit", "github.com/getkin/kin-openapi", "github.com/go-openapi/jsonpointer", "github.com/go-openapi/swag/jsonname",
				"github.com/gorilla/mux", "github.com/santhosh-tekuri/jsonschema/v6", "go.yaml.in/yaml/v4", "golang.org/x/text"},
			mayNot: []string{"testing", "net/http/httptest"},
		},
	}
	for name, rule := range rules {
		for _, dependency := range dependencies(t, module+name) {
			if isStandard(dependency) {
				assert.NotContains(t, rule.mayNot, dependency, "%s depends on it", name)
				continue
			}
			allowed := dependency == module+name
			for _, may := range rule.may {
				allowed = allowed || dependency == may || strings.HasPrefix(dependency, may+"/")
			}
			assert.True(t, allowed, "%s may not depend on %s", module+name, dependency)
		}
	}
	for _, name := range []string{"/gcore/gcoretest", "/cmd/gcore-sshkeys"} {
		assert.NotContains(t, dependencies(t, module+name), "testing", "%s would bring package testing into programs", name)
	}
}

// TestOnlyCommandsImportTheRootPackage: a library that imported it would depend on the tools that generate the code.
func TestOnlyCommandsImportTheRootPackage(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-f", `{{if ne .Name "main"}}{{.ImportPath}}: {{join .Deps " "}}{{end}}`, "./...").Output()
	require.NoError(t, err)
	require.Contains(t, string(out), module+"/contract: ")
	for line := range strings.Lines(string(out)) {
		name, deps, _ := strings.Cut(line, ": ")
		assert.False(t, slices.Contains(strings.Fields(deps), module), "%s may not depend on it", name)
	}
}

// TestAnImporterRequiresNoTools tidies a module that uses every library here, and looks at what it then requires, in
// go.mod, and has to download, in go.sum: nothing that only this repository needs.
func TestAnImporterRequiresNoTools(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tree, err := filepath.Abs(".")
	require.NoError(t, err)
	run := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "go %s:\n%s", strings.Join(args, " "), out)
	}
	source := "package importer\n\nimport (\n"
	for _, name := range []string{"contract", "gcore", "gcore/gcoretest"} {
		source += fmt.Sprintf("\t_ %q\n", module+"/"+name)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "importer.go"), []byte(source+")\n"), 0o600))
	run("mod", "init", "example.com/importer")
	run("mod", "edit", "-require="+module+"@v0.0.0", "-replace="+module+"="+tree)
	run("mod", "tidy")
	for _, file := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(dir, file))
		require.NoError(t, err)
		found := string(data)
		assert.Contains(t, found, "github.com/getkin/kin-openapi", file)
		for _, tool := range []string{"oapi-codegen/v2", "speakeasy", "yaml-jsonpath", "cobra"} {
			for line := range strings.Lines(found) {
				assert.NotContains(t, line, tool, file)
			}
		}
		if file == "go.mod" {
			assert.Equal(t, 11, strings.Count(found, "// indirect"), "more or fewer is a change that users see:\n%s", found)
		}
	}
}

func dependencies(t *testing.T, pkg string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", pkg).Output()
	require.NoError(t, err)
	return strings.Fields(string(out))
}

// isStandard reports whether a package is in the standard library: its first path element has no dot.
func isStandard(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return !strings.Contains(first, ".")
}
