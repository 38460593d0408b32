package checks_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// CONTRIBUTING.md promises that an operation added to openapi.yaml alone can be called at once, with
// everything that the hand-written ones have: also one whose success is another status than those of its method in
// openapi.yaml. Nothing is made up for it: that a retried DELETE whose response is 404 is a success is a rule of
// deleteSSHKey only.
func TestAnOperationAddedToTheContractAloneWorks(t *testing.T) {
	if testing.Short() {
		t.Skip("generates and builds a scratch copy of the module; run without -short")
	}
	t.Parallel()
	s := newTree(t)
	s.addOperations(t, fixture(t, "listprojects/path.yaml"), fixture(t, "listprojects/schemas.yaml"))
	require.NoError(t, os.Mkdir(filepath.Join(s.dir, "listprojects"), 0o700))
	s.edit(t, "listprojects/main.go", "", fixture(t, "listprojects/main.go"))

	assert.Equal(t, `request 1: GET /cloud/v1/projects?limit=1&offset=4, key sent: true
request 2: GET /cloud/v1/projects?limit=1&offset=4, key sent: true
response: 5 7 seven ACTIVE true
request 3: GET /cloud/v1/projects?limit=1&offset=4, key sent: true
refused: 401 AuthenticationError key shown: false
request 4: POST /cloud/v1/projects {"name":"seven"}, key sent: true
request 5: POST /cloud/v1/projects {"name":"seven"}, key sent: true
created: 200 7 seven
request 6: POST /cloud/v1/projects {"name":"seven"}, key sent: true
not created: 503
request 7: PUT /cloud/v1/projects/7 {"name":"eight"}, key sent: true
request 8: PUT /cloud/v1/projects/7 {"name":"eight"}, key sent: true
renamed: 204 0
request 9: DELETE /cloud/v1/projects/7, key sent: true
request 10: DELETE /cloud/v1/projects/7, key sent: true
not found: 404 NotFound
request 11: DELETE /cloud/v1/projects/7, key sent: true
request 12: DELETE /cloud/v1/projects/7, key sent: true
deleted: 200 [d478ae29-dedc-4869-82f0-96104425f565]
`, s.must(t, "go", "run", "./listprojects"))

	// Everything still builds. The in-memory server responds to the operation with 501, and one test says what is missing.
	s.must(t, "go", "build", "./...")
	s.edit(t, "gcore/gcoretest/added_test.go", "", fixture(t, "listprojects/added_test.go"))
	out, err := s.run(t, "go", "test", "-run=Added|EveryOperationIsImplemented", "-v", "./gcore/gcoretest")
	require.Error(t, err)
	assert.Contains(t, out, "--- PASS: TestAdded")
	assert.Contains(t, out, "--- FAIL: TestEveryOperationIsImplemented")
	assert.Contains(t, out, "openapi.yaml has an operation createProject, which this server responds to with 501: add it to operations in operations.go")
}

// The twelve operations of testdata/operations differ from those of SSH keys in their queries, bodies, formats and statuses.
// The test that is put beside them calls each one through the generated client, behind the checks of contract, and has
// contract judge messages that break them.
func TestTwelveUnlikeOperationsAddedToTheContractAloneWork(t *testing.T) {
	if testing.Short() {
		t.Skip("generates and builds a scratch copy of the module; run without -short")
	}
	t.Parallel()
	s := newTree(t)
	s.addOperations(t, fixture(t, "operations/paths.yaml"), fixture(t, "operations/schemas.yaml"))
	require.NoError(t, os.Mkdir(filepath.Join(s.dir, "operations"), 0o700))
	for _, name := range []string{"operations_test.go", "exchanges.yaml"} {
		s.edit(t, "operations/"+name, "", fixture(t, "operations/"+name))
	}
	s.must(t, "go", "test", "-count=1", "./operations")
	s.must(t, "go", "test", "-count=1", ".")

	// With the generator's own choice for prices it would fail.
	s.edit(t, "oapi-codegen.yaml", "type: float64", "type: float32")
	s.must(t, "go", "generate", "./...")
	out, err := s.run(t, "go", "test", "-count=1", "./operations")
	require.Error(t, err)
	assert.Contains(t, out, "float32")
}

// addOperations adds paths and schemas to openapi.yaml, and generates.
func (s tree) addOperations(t *testing.T, paths, schemas string) {
	t.Helper()
	s.edit(t, "openapi.yaml", "\ncomponents:\n", "\n"+paths+"components:\n")
	s.edit(t, "openapi.yaml", "\n  schemas:\n", "\n  schemas:\n"+schemas)
	s.must(t, "go", "generate", "./...")
}

func fixture(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(data)
}
