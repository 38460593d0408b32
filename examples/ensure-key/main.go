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
	cloud := must(gcore.NewCloud(gcore.Config{})) // takes $GCORE_API_KEY and $GCORE_CLOUD_PROJECT_ID
	pair := must(gcore.NewKeyPair("laptop"))
	err := pair.Save("id_gcore")
	if failed, ok := errors.AsType[*gcore.SaveError](err); !ok || failed.PrivatePath != "" || !errors.Is(err, fs.ErrExist) {
		must(pair, err) // but if id_gcore exists, it is used
	}
	private := must(os.ReadFile("id_gcore")) // of this run or of an earlier one, which may have ended before id_gcore.pub
	public := string(ssh.MarshalAuthorizedKey(must(ssh.ParsePrivateKey(private)).PublicKey()))
	request := gcore.CreateSSHKeyRequest{Name: "laptop", PublicKey: &public}
	key, created, err := cloud.SSHKeys(cloud.ProjectID()).Ensure(context.Background(), request)
	fmt.Println(must(key, err).ID, created)
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
