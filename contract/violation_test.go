package contract_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

func TestViolationsAreFoundInAnError(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("wrapped: %w", validator.CheckRequest(request(t, "POST", onePath, `{"shared_in_project":0}`)))

	var all contract.Violations
	require.ErrorAs(t, err, &all)
	assert.Equal(t, contract.Violations{
		{Operation: "createSSHKey", Part: "body", Pointer: "/shared_in_project", Rule: "type", Reason: "must be of type boolean"},
		{Operation: "createSSHKey", Part: "body", Pointer: "/name", Rule: "required", Reason: "is missing"},
	}, all)
	var first *contract.Violation
	require.ErrorAs(t, err, &first)
	assert.Same(t, all[0], first)
	assert.ErrorIs(t, err, all[1])
	assert.EqualError(t, errors.Unwrap(err),
		"breaks the contract: createSSHKey: body /shared_in_project must be of type boolean (type); createSSHKey: body /name is missing (required)")
}

func TestALongListOfViolationsIsCutInTheText(t *testing.T) {
	t.Parallel()
	body := `{"count":0,"results":[` + strings.Repeat("1,", 99) + `1]}`
	err := validator.CheckResponse(request(t, "GET", onePath, ""), response(200, body))
	assert.Len(t, broken(t, err), 100)
	assert.Regexp(t, `body /results/19 must be of type object \(type\); and 80 more$`, err.Error())
}
