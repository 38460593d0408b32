package gcore_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"

	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// sandbox returns a client of a Gcore in memory, and what ends it. A program calls gcore.NewCloud(gcore.Config{}).
func sandbox() (*gcore.Cloud, func()) {
	server, err := gcoretest.Start()
	if err != nil {
		log.Fatal(err)
	}
	return server.Cloud(), server.Close
}

func ExampleNewCloud() {
	cloud, err := gcore.NewCloud(gcore.Config{APIKey: "1234$abcdef"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cloud)
	// Output: gcore.Cloud(https://api.gcore.com)
}

// The pair is made here and saved before anything is sent, so that nothing can be lost.
func ExampleNewKeyPair() {
	cloud, end := sandbox()
	defer end()
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()

	pair, err := gcore.NewKeyPair("alice@laptop")
	if err != nil {
		log.Fatal(err)
	}
	if err := pair.Save(filepath.Join(folder, "id_gcore")); err != nil {
		log.Fatal(err)
	}
	key, err := cloud.SSHKeys(1).Create(context.Background(), gcore.CreateSSHKeyRequest{Name: "laptop", PublicKey: &pair.PublicKey})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.Name, key.State, key.PublicKey == pair.PublicKey)
	// Output: laptop ACTIVE true
}

// The platform makes the pair, and returns its private half this once.
func ExampleSSHKeys_Create() {
	cloud, end := sandbox()
	defer end()
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()

	key, err := cloud.SSHKeys(1).Create(context.Background(), gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	var unknown *gcore.UnknownOutcomeError
	var broken *gcore.ResponseError
	switch {
	case errors.As(err, &unknown):
		log.Fatal(err) // one of unknown.Candidates may be the key; its private half is lost
	case errors.As(err, &broken) && broken.Key != nil:
		key = broken.Key // the answer is not in order, but the key is there
	case err != nil:
		log.Fatal(err)
	}
	if err := key.Save(filepath.Join(folder, "id_gcore")); err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.Name, key.PrivateKey, key.Verify())
	// Output: my-ssh-key [REDACTED] <nil>
}

func ExampleSSHKeys_All() {
	cloud, end := sandbox()
	defer end()
	keys, ctx := cloud.SSHKeys(1), context.Background()
	for _, name := range []string{"laptop", "server", "phone"} {
		if _, err := keys.Create(ctx, gcore.CreateSSHKeyRequest{Name: name}); err != nil {
			log.Fatal(err)
		}
	}
	byName := gcore.SSHKeyOrderNameAsc
	for key, err := range keys.All(ctx, gcore.ListSSHKeysParams{OrderBy: &byName}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(key.Name)
	}
	// Output:
	// laptop
	// phone
	// server
}

func ExampleSSHKeys_FindByPublicKey() {
	cloud, end := sandbox()
	defer end()
	keys, ctx := cloud.SSHKeys(1), context.Background()
	pair, err := gcore.NewKeyPair("alice@laptop")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := keys.Create(ctx, gcore.CreateSSHKeyRequest{Name: "laptop", PublicKey: &pair.PublicKey}); err != nil {
		log.Fatal(err)
	}
	found, err := keys.FindByPublicKey(ctx, pair.PublicKey)
	if err != nil {
		log.Fatal(err)
	}
	for _, key := range found {
		fmt.Println(key.Name)
	}
	// Output: laptop
}

func ExampleSSHKeys_Delete() {
	cloud, end := sandbox()
	defer end()
	err := cloud.SSHKeys(1).Delete(context.Background(), "36a7a97a-0672-4911-8f2b-92cd4e5b0d91")
	fmt.Println(errors.Is(err, gcore.ErrNotFound))
	// Output: true
}

// An operation of openapi.yaml that SSHKeys has no method for is in the generated client, with the same authentication,
// retries, limits and redaction.
func ExampleCloud_API() {
	cloud, end := sandbox()
	defer end()
	list, err := cloud.API().ListSSHKeysWithResponse(context.Background(), 1, &gcore.ListSSHKeysParams{})
	if err != nil {
		log.Fatal(err)
	}
	if list.StatusCode() != http.StatusOK {
		log.Fatal(list.Status())
	}
	fmt.Println(list.JSON200.Count)
	// Output: 0
}

func ExampleKeyPair_Signer() {
	pair, err := gcore.NewKeyPair("alice@laptop")
	if err != nil {
		log.Fatal(err)
	}
	signer, err := pair.Signer()
	if err != nil {
		log.Fatal(err)
	}
	config := ssh.ClientConfig{User: "ubuntu", Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)}}
	fmt.Println(config.User, signer.PublicKey().Type())
	// Output: ubuntu ssh-ed25519
}
