package gcore_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// Gcore generates the pair, and returns its private key only in this response.
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
		log.Fatal(err) // one of unknown.Candidates may be the key; its private key is lost
	case errors.As(err, &broken) && broken.Key != nil:
		key = broken.Key // the response is otherwise invalid, but the private key arrived
	case err != nil:
		log.Fatal(err)
	}
	if err := key.Save(filepath.Join(folder, "id_gcore")); err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.Name, key.PrivateKey, key.Verify())
	// Output: my-ssh-key [REDACTED] <nil>
}

// A deployment runs this each time: only the first run adds the key.
func ExampleSSHKeys_Ensure() {
	cloud, end := sandbox()
	defer end()
	pair, err := gcore.NewKeyPair("alice@laptop") // or the key that an earlier run saved: see the folder examples
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		key, created, err := cloud.SSHKeys(cloud.ProjectID()).Ensure(context.Background(),
			gcore.CreateSSHKeyRequest{Name: "laptop", PublicKey: &pair.PublicKey})
		if err != nil {
			log.Fatal(err) // ErrConflict if another public key has the name
		}
		fmt.Println(key.Name, created)
	}
	// Output:
	// laptop true
	// laptop false
}

// Names need not be unique, so the result is a list.
func ExampleSSHKeys_FindByName() {
	cloud, end := sandbox()
	defer end()
	keys, ctx := cloud.SSHKeys(1), context.Background()
	if _, err := keys.Create(ctx, gcore.CreateSSHKeyRequest{Name: "laptop"}); err != nil {
		log.Fatal(err)
	}
	for _, name := range []string{"laptop", "phone"} {
		found, err := keys.FindByName(ctx, name)
		if err != nil {
			log.Fatal(err)
		}
		switch len(found) {
		case 0:
			fmt.Println(name, "is not there")
		case 1:
			fmt.Println(name, "is there:", found[0].State)
		default:
			fmt.Println(name, "is there several times: choose one by its id")
		}
	}
	// Output:
	// laptop is there: ACTIVE
	// phone is not there
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

// Collect the keys first, then delete them. A deletion inside the loop would move the keys that are still to come to earlier pages. All
// notices that and looks for its place in the list, but with an Offset it can end with an error.
func ExampleSSHKeys_All_delete() {
	cloud, end := sandbox()
	defer end()
	keys, ctx := cloud.SSHKeys(1), context.Background()
	for _, name := range []string{"ci-1", "laptop", "ci-2"} {
		if _, err := keys.Create(ctx, gcore.CreateSSHKeyRequest{Name: name}); err != nil {
			log.Fatal(err)
		}
	}
	var old []gcore.SSHKey
	for key, err := range keys.All(ctx, gcore.ListSSHKeysParams{}) {
		if err != nil {
			log.Fatal(err)
		}
		if strings.HasPrefix(key.Name, "ci-") {
			old = append(old, key)
		}
	}
	for _, key := range old {
		err := keys.Delete(ctx, key.ID)
		if err != nil && !errors.Is(err, gcore.ErrNotFound) { // somebody else may have deleted it meanwhile
			log.Fatal(err)
		}
		fmt.Println("deleted", key.Name)
	}
	// Unordered output:
	// deleted ci-1
	// deleted ci-2
}

func ExampleSSHKeys_Delete() {
	cloud, end := sandbox()
	defer end()
	err := cloud.SSHKeys(1).Delete(context.Background(), "36a7a97a-0672-4911-8f2b-92cd4e5b0d91")
	fmt.Println(errors.Is(err, gcore.ErrNotFound))
	// Output: true
}

// A function that takes a key as List and Get return it takes a created one, too.
func ExampleCreatedSSHKey_SSHKey() {
	cloud, end := sandbox()
	defer end()
	show := func(key gcore.SSHKey) { fmt.Println(key.Name, key.State, key.SharedInProject) }
	created, err := cloud.SSHKeys(1).Create(context.Background(), gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	if err != nil {
		log.Fatal(err)
	}
	show(created.SSHKey()) // without the private key: created still has it
	// Output: my-ssh-key ACTIVE true
}
