// Ensure-key makes the SSH key pair id_gcore and adds it to a project. Run again, it uses the pair and the key that are there.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"

	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

func main() {
	cloud, err := gcore.NewCloud(gcore.Config{}) // takes $GCORE_API_KEY and $GCORE_CLOUD_PROJECT_ID
	check(err)
	pair, err := gcore.NewKeyPair("laptop")
	check(err)
	if err := pair.Save("id_gcore"); !errors.Is(err, fs.ErrExist) {
		check(err)
	}
	private, err := os.ReadFile("id_gcore") // of this run or of an earlier one, which may have ended before id_gcore.pub
	check(err)
	signer, err := ssh.ParsePrivateKey(private)
	check(err)
	public := string(ssh.MarshalAuthorizedKey(signer.PublicKey()))
	key, created, err := cloud.SSHKeys(cloud.ProjectID()).Ensure(context.Background(), gcore.CreateSSHKeyRequest{Name: "laptop", PublicKey: &public})
	check(err)
	fmt.Println(key.ID, created)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
