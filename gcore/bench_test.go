package gcore_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// cannedClients returns two clients of the same canned answer: the whole one, and the generated one on its own.
func cannedClients(b *testing.B, status int, body string) (*gcore.SSHKeys, *gcore.ClientWithResponses) {
	b.Helper()
	httpClient := &http.Client{Transport: canned{status, http.Header{"Content-Type": {"application/json"}}, []byte(body)}}
	cloud, err := gcore.NewCloud(gcore.Config{APIKey: canaryToken, HTTPClient: httpClient})
	require.NoError(b, err)
	alone, err := gcore.NewClientWithResponses(gcore.DefaultBaseURL, gcore.WithHTTPClient(httpClient))
	require.NoError(b, err)
	return cloud.SSHKeys(1), alone
}

// BenchmarkCreate shows what the chain and the facade add to the generated client, the network left out.
func BenchmarkCreate(b *testing.B) {
	keys, alone := cannedClients(b, http.StatusCreated, pageResponse)
	request := gcore.CreateSSHKeyRequest{Name: "my-ssh-key"}
	b.Run("client=gcore", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := keys.Create(b.Context(), request)
			require.NoError(b, err)
		}
	})
	b.Run("client=generated", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := alone.CreateSSHKeyWithResponse(b.Context(), 1, request)
			require.NoError(b, err)
		}
	})
}

// BenchmarkList shows the same for a full page of 1,000 keys.
func BenchmarkList(b *testing.B) {
	body := `{"count": 1000, "results": [` + strings.TrimSuffix(strings.Repeat(listedKey+",", 1000), ",") + `]}`
	keys, alone := cannedClients(b, http.StatusOK, body)
	b.Run("client=gcore", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := keys.List(b.Context(), gcore.ListSSHKeysParams{})
			require.NoError(b, err)
		}
	})
	b.Run("client=generated", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := alone.ListSSHKeysWithResponse(b.Context(), 1, &gcore.ListSSHKeysParams{})
			require.NoError(b, err)
		}
	})
}
