// Package gcoretest is an in-memory server of Gcore's SSH keys API for tests, as net/http/httptest is for HTTP.
//
//	srv := gcoretest.NewServer(t)
//	key, err := srv.Cloud().SSHKeys(1).Create(ctx, gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
//
// Code that makes its own client can use Server.Config, whose retries do not wait, or Server.URL and Server.APIKey.
//
// # Behaviour
//
// The server generates real Ed25519 key pairs with real fingerprints, stores public keys, and responds to bad requests with Gcore's
// error responses. Requests with an accepted API key are checked against openapi.yaml, and so are the responses of
// operations, before a fault changes them. An operation of openapi.yaml that the server does not implement gets status 501. Keys
// exist until the server is closed.
//
// Where Gcore's documentation says nothing, this package does the simplest thing, and the real Gcore may differ:
//
//   - Every project from 1 up exists and is empty at first.
//   - A deleted key is gone at once, without being DELETING first.
//   - Two keys can have the same name or the same public key.
//   - Keys with the same created_at are listed in the order of arrival, and in descending lists in the reverse order.
//   - Names are compared byte by byte.
//   - A private key is OpenSSH PEM.
//
// # Inspection
//
// Server.Keys returns the keys of a project and Server.Calls the requests that arrived. Server.Add adds a key without a
// request, with an id, a state or a time of the test's choice.
//
// # Faults
//
// A Fault describes how the server misbehaves for one call: whether and when the operation is carried out, what is sent as the
// response, and where the response breaks off. Server.Inject queues faults for the next calls of an operation; WithFaults chooses
// a fault for each call, at random with RandomFaults.
//
//	srv.Inject("createSSHKey", gcoretest.Fault{Break: gcoretest.DropBeforeHeaders})
//
// This create adds its key, and its response is lost. A lost response to a GET can take two faults: net/http itself repeats a GET on
// a connection that it reuses. A fault that no call meets is not reported.
package gcoretest
