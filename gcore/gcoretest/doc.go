// Package gcoretest is Gcore's SSH keys API in memory, over real HTTP, for tests: as net/http/httptest
// is a server, this is a Gcore.
//
//	srv := gcoretest.NewServer(t)
//	key, err := srv.Cloud().SSHKeys(1).Create(ctx, gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
//
// Code that makes its own client needs Server.URL and Server.APIKey.
//
// # What it does
//
// It makes real Ed25519 pairs with real fingerprints, stores public keys, lists, shares and deletes
// them, and refuses bad requests with Gcore's errors. Every request and every answer is checked
// against openapi.yaml. Keys are there until the server is closed.
//
// Where Gcore's published material leaves something open, this package chooses the plainest thing, so do
// not take it for a fact about Gcore: each project number from 1 up is a project of its own, empty at
// first; a deleted key is gone at once, without a time as DELETING; two keys can have the same name or
// the same public key; a list's order is total, with keys of the same second in the order of arrival;
// names are compared byte by byte; a private key is OpenSSH PEM.
//
// # Looking behind it
//
// Server.Keys is what the server has, Server.Calls what it was sent, and Server.Add puts a key there
// without a call.
//
// # Faults
//
// A Fault is data that says how the server misbehaves at one call: when the operation is done if at all, what
// is sent in place of its answer, and where that breaks off. Server.Inject lines faults up for the next
// calls of one operation; WithFaults chooses one at each call, at random with RandomFaults.
//
//	srv.Inject("createSSHKey", gcoretest.Fault{Break: gcoretest.DropBeforeHeaders})
//
// This create adds its key, and its client never hears of it.
package gcoretest
