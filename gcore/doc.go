// Package gcore is a client for the SSH keys of Gcore Cloud.
//
// Its types and requests are generated from openapi.yaml. The hand-written layer adds authentication, retries, limits and
// redaction. Gcore returns a generated private key once: the client never loses one silently and never causes a second to
// be generated.
//
//	cloud, err := gcore.NewCloud(gcore.Config{}) // the API key is taken from $GCORE_API_KEY
//	if err != nil {
//		return err
//	}
//	key, err := cloud.SSHKeys(1).Create(ctx, gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
//	if err != nil {
//		return err
//	}
//	return key.Save("id_gcore") // id_gcore with mode 0600, id_gcore.pub with 0644
//
// # Where the secret comes from
//
// As above, the platform makes the key pair, and the private half comes back in that one answer. To make the pair on
// this machine instead, so that its private half never travels, use [NewKeyPair], save the pair, and pass its PublicKey
// to [SSHKeys.Create]. Then nothing can be lost, whatever happens to the network.
//
// # Errors
//
// Gcore's refusals are an [*Error], to be told apart with errors.Is: [ErrNotFound], [ErrUnauthorized] and so on. A
// success that is not what openapi.yaml promises is a [*ResponseError], and a create that may or may not
// have been carried out is an [*UnknownOutcomeError]. Any other error means that no response arrived: its text is this package's
// own, and errors.Is recognises context.Canceled, context.DeadlineExceeded, os.ErrDeadlineExceeded for a server that stalls,
// and errors of the operating system such as syscall.ECONNREFUSED. errors.As does not lead to the errors of net/http, since
// they quote what they could not parse.
//
// # Tests
//
// Package gcoretest has a Gcore in memory to test against.
package gcore
