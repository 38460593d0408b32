package spec_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	sshkeys "github.com/gcore-sshkeys/gcore-sshkeys-go"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract/internal/spec"
)

// TestTheEmbeddedDocumentIsOpenAPIYAML compares what the two say, member by member and value by value: only the notation and
// the order of members may differ.
func TestTheEmbeddedDocumentIsOpenAPIYAML(t *testing.T) {
	t.Parallel()
	embedded, err := spec.GetSpecJSON()
	require.NoError(t, err)
	var want any
	require.NoError(t, yaml.Unmarshal([]byte(sshkeys.OpenAPI), &want))
	written, err := json.Marshal(want)
	require.NoError(t, err)
	assert.Greater(t, len(written), 10_000)
	assert.JSONEq(t, string(written), string(embedded), "run make generate")
}
