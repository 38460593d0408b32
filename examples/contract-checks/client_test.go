// Package client_test checks a client of Gcore's API that does not use package gcore: with contract, every request that it sends
// and every response that it gets is compared with openapi.yaml.
package client_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

func TestTheClientKeepsTheContract(t *testing.T) {
	validator, err := contract.New()
	require.NoError(t, err)
	srv := gcoretest.NewServer(t)
	client := srv.Client()
	client.Transport = validator.Transport(client.Transport, func(err error) { t.Log(err) })

	require.NoError(t, create(t, client, srv, `{"name": "my-ssh-key"}`))
	// A mistake in the client: the request is not sent.
	assert.ErrorContains(t, create(t, client, srv, `{"Name": "my-ssh-key"}`), "createSSHKey: body /name is missing")
}

// create stands for the client under test.
func create(t *testing.T, client *http.Client, srv *gcoretest.Server, body string) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/cloud/v1/ssh_keys/1", strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", "apikey "+srv.APIKey)
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
