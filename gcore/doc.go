// Package gcore is a client for the SSH keys of Gcore Cloud.
//
// Do not start with [NewClient] or [NewClientWithResponses]: these are generated code, and the clients that they return have no
// authentication, retries, limits or redaction. Use [NewCloud], and [Cloud.API] for an operation that has no method here.
//
// Start with these names:
//
//   - [NewCloud] makes a client, a [Cloud], from a [Config]. The zero Config takes what it needs from the environment.
//   - [Cloud.SSHKeys] gives access to the SSH keys of one project. [Cloud.ProjectID] returns that of the Config or of
//     $GCORE_CLOUD_PROJECT_ID.
//   - [NewKeyPair] generates a key pair on this machine, and [KeyPair.Save] writes it into two new files.
//   - [SSHKeys.Ensure] uploads a public key unless the project has it under that name. It is safe to call again.
//   - [SSHKeys.Create] adds a key. Without a public key, Gcore generates the pair: [CreatedSSHKey.Save] writes it.
//   - [SSHKeys.FindByName] and [SSHKeys.FindByPublicKey] return what matches, which can be nothing or several keys.
//   - [SSHKeys.All] yields every key; [SSHKeys.List] returns one page, of 10 keys by default.
//   - [SSHKeys.Delete] deletes by id. A name may belong to several keys.
//   - [Error] is an error response: errors.Is tells [ErrNotFound], [ErrUnauthorized] and the others apart.
//   - [UnknownOutcomeError] means that it is not known whether the key was created.
//
// To generate a key pair and upload it:
//
//	cloud, err := gcore.NewCloud(gcore.Config{}) // $GCORE_API_KEY and $GCORE_CLOUD_PROJECT_ID
//	if err != nil {
//		return err
//	}
//	pair, err := gcore.NewKeyPair("alice@laptop")
//	if err != nil {
//		return err
//	}
//	if err := pair.Save("id_gcore"); err != nil { // id_gcore with mode 0600, id_gcore.pub with 0644
//		return err
//	}
//	key, created, err := cloud.SSHKeys(cloud.ProjectID()).Ensure(ctx,
//		gcore.CreateSSHKeyRequest{Name: "laptop", PublicKey: &pair.PublicKey})
//
// The folder examples of the repository has complete programs that can be run again after a failure.
//
// # Where the private key comes from
//
// A pair of NewKeyPair can be saved before anything is sent, and its private key is never sent, so a network failure cannot lose
// it. If Gcore generates the pair, only one response contains the private key: if that response is lost, the private key is lost.
// The client never loses one silently, and retries the create only after a failure which means that it was not carried out, such
// as 429.
//
// # Errors
//
// The error types are pointers: *[Error], *[ResponseError], *[UnknownOutcomeError] and *[SaveError]. Use errors.AsType[*gcore.Error],
// or errors.As with a variable of that type.
//
//   - An *Error is an error response. [ErrInvalid] and [ErrConflict] can also come from this package, without a response: then
//     nothing was changed.
//   - A *ResponseError is a successful response that does not match openapi.yaml. Save its Key if there is one: it can be the only
//     copy.
//   - An *UnknownOutcomeError says that a create may or may not have been carried out. Repeating it can add a second key.
//   - A *SaveError says what could not be saved, and where the private key is.
//
// Most other errors mean that no usable response arrived. Their text is written by this package; errors.Is recognises context.Canceled,
// context.DeadlineExceeded, os.ErrDeadlineExceeded for a server that stalls, and errors of the operating system such as
// syscall.ECONNREFUSED. errors.As does not lead to the errors of net/http, since they quote what they could not parse.
//
// # Tests
//
// Package gcoretest is an in-memory server to test against.
package gcore
