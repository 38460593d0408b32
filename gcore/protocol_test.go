package gcore_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// TestGeneratedKeyCreatesSpeakHTTP1 has a server and a transport that use HTTP/2, where net/http itself retries requests. A
// transport that was used before it was given to the client has its protocols set up already.
func TestGeneratedKeyCreatesSpeakHTTP1(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	for name, usedBefore := range map[string]bool{"new transport": false, "used transport": true} {
		server := gcoretest.NewServer(t)
		web, counted := countConnections(t, server, true)
		roots := web.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
		t.Cleanup(transport.CloseIdleConnections)
		if usedBefore {
			resp, err := (&http.Client{Transport: transport}).Get(web.URL)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
		}
		cloud := cloudBy(t, server, web.URL, transport)
		create := func(publicKey *string) {
			_, err := cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "create", PublicKey: publicKey})
			require.NoError(t, err, name)
		}
		list := func() {
			_, err := cloud.SSHKeys(1).List(t.Context(), gcore.ListSSHKeysParams{})
			require.NoError(t, err)
		}
		list()
		create(nil)
		list()
		create(&pair.PublicKey)
		server.Inject("createSSHKey", gcoretest.Fault{Break: gcoretest.DropBeforeHeaders})
		_, err = cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "lost"})
		require.Error(t, err)
		list()

		var seen []string
		for _, a := range counted.all() {
			seen = append(seen, a.kind+" "+a.proto)
		}
		if usedBefore {
			seen = seen[1:]
		}
		assert.Equal(t, "GET HTTP/2.0, POST HTTP/1.1, GET HTTP/2.0, POST HTTP/2.0, POST HTTP/1.1, lookup HTTP/1.1, GET HTTP/2.0",
			strings.Join(seen, ", "), name)
	}
}

// TestPOSTsAreNotRetriedByNetHTTP has a caller that adds the headers which make net/http itself retry a request.
func TestPOSTsAreNotRetriedByNetHTTP(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	names := []string{"Idempotency-Key", "X-Idempotency-Key"}
	for _, http2 := range []bool{false, true} {
		server := gcoretest.NewServer(t)
		web, counted := countConnections(t, server, http2)
		transport := web.Client().Transport.(*http.Transport)
		checking := wrapper(func(req *http.Request) (*http.Response, error) {
			assert.Nil(t, req.GetBody)
			for _, name := range names {
				assert.NotContains(t, req.Header, name)
			}
			return transport.RoundTrip(req)
		})
		for _, sender := range []http.RoundTripper{transport, checking} {
			cloud := cloudBy(t, server, web.URL, sender)
			for _, publicKey := range []*string{nil, &pair.PublicKey} {
				request := gcore.CreateSSHKeyRequest{Name: "create", PublicKey: publicKey}
				_, err := cloud.SSHKeys(1).Create(t.Context(), request)
				require.NoError(t, err)
				for _, value := range [][]string{{"k"}, nil} { // a header without a value is not sent, and net/http looks for it
					_, err = cloud.API().CreateSSHKeyWithResponse(t.Context(), 1, request, func(_ context.Context, req *http.Request) error {
						for _, name := range names {
							req.Header[name] = value
						}
						return nil
					})
					require.NoError(t, err)
				}
			}
		}
		for _, a := range counted.all() {
			assert.Equal(t, http.MethodPost, a.kind)
			for _, name := range names {
				assert.NotContains(t, a.header, name)
			}
		}
		assert.Len(t, counted.all(), 12)
	}
}
