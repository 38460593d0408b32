package gcoretest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

func TestAdded(t *testing.T) {
	srv := gcoretest.NewServer(t)
	resp, err := srv.Cloud().API().ListProjectsWithResponse(t.Context(), nil)
	assert.NoError(t, err)
	assert.Equal(t, http.StatusNotImplemented, resp.StatusCode())
	assert.Contains(t, string(resp.Body), `"message":"gcoretest does not implement listProjects"`)

	srv.Inject("listProjects", gcoretest.Fault{Status: http.StatusNotFound})
	resp, err = srv.Cloud().API().ListProjectsWithResponse(t.Context(), nil)
	assert.NoError(t, err)
	assert.Equal(t, http.StatusNotFound, resp.StatusCode(), "a fault comes first")

	calls := srv.Calls()
	assert.Equal(t, "listProjects", calls[0].Operation)
	assert.Equal(t, http.StatusNotImplemented, calls[0].Status)
}
