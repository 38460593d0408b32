package sshkeys_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/gcore-sshkeys/gcore-sshkeys-go"

// TestImportRules holds each package to what it may bring along: whoever imports gcore gets a small client, not a
// validator, a command line or a test server.
func TestImportRules(t *testing.T) {
	t.Parallel()
	rules := map[string]struct {
		may    []string // modules and packages of this module that it may depend on, itself left out
		mayNot []string // packages of the standard library
	}{
		"": {},
		"/gcore": {
			may:    []string{module + "/internal/apikey", "github.com/oapi-codegen/runtime", "github.com/apapsch/go-jsonmerge/v2", "github.com/google/uuid", "golang.org/x/crypto", "golang.org/x/sys"},
			mayNot: []string{"testing", "net/http/httptest"},
		},
		"/contract": {
			may: []string{module, module + "/internal/apikey", "github.com/getkin/kin-openapi", "github.com/go-openapi/jsonpointer", "github.com/go-openapi/swag/jsonname",
				"github.com/gorilla/mux", "github.com/santhosh-tekuri/jsonschema/v6", "go.yaml.in/yaml/v4", "golang.org/x/text"},
			mayNot: []string{"testing", "net/http/httptest"},
		},
		"/gcore/gcoretest/internal/server": {
			may: []string{"github.com/oapi-codegen/runtime", "github.com/apapsch/go-jsonmerge/v2", "github.com/google/uuid"},
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
				allowed = allowed || dependency == may || may != module && strings.HasPrefix(dependency, may+"/")
			}
			assert.True(t, allowed, "%s may not depend on %s", module+name, dependency)
		}
	}
	for _, name := range []string{"/gcore/gcoretest", "/cmd/gcore-sshkeys"} {
		assert.NotContains(t, dependencies(t, module+name), "testing", "%s would bring package testing into programs", name)
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
