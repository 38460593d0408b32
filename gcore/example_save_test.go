package gcore_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"

	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

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

// A program reads the passphrase from a terminal or a store of secrets, never from its arguments.
func ExampleWithPassphrase() {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path, passphrase := filepath.Join(folder, "id_gcore"), []byte("correct horse battery staple")

	pair, err := gcore.NewKeyPair("alice@laptop")
	if err != nil {
		log.Fatal(err)
	}
	if err := pair.Save(path, gcore.WithPassphrase(passphrase)); err != nil {
		log.Fatal(err)
	}
	// ssh -i asks for the passphrase. In Go:
	text, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	signer, err := ssh.ParsePrivateKeyWithPassphrase(text, passphrase)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(signer.PublicKey().Type())
	// Output: ssh-ed25519
}

// Save never replaces a file. After an error the key is still in memory, so it can be saved in another place.
func ExampleSaveError() {
	cloud, end := sandbox()
	defer end()
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "id_gcore")
	if err := os.WriteFile(path, []byte("another key"), 0o600); err != nil {
		log.Fatal(err)
	}
	key, err := cloud.SSHKeys(1).Create(context.Background(), gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	if err != nil {
		log.Fatal(err)
	}

	err = key.Save(path)
	var failed *gcore.SaveError
	if errors.As(err, &failed) && failed.PrivatePath == "" { // the private key is in memory only
		fmt.Println("the name is taken:", errors.Is(err, fs.ErrExist))
		path += "-2"
		err = key.Save(path)
	}
	if err != nil {
		log.Fatal(err) // says where the private key is
	}
	fmt.Println("saved in", filepath.Base(path))
	// Output:
	// the name is taken: true
	// saved in id_gcore-2
}
