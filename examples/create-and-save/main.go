// Create-and-save has Gcore generate a key and saves it as id_gcore. It first looks for the key of an earlier run.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

func main() {
	ctx, name, path := context.Background(), "my-ssh-key", "id_gcore"
	cloud := must(gcore.NewCloud(gcore.Config{})) // takes $GCORE_API_KEY and $GCORE_CLOUD_PROJECT_ID
	keys := cloud.SSHKeys(cloud.ProjectID())
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) || len(must(keys.FindByName(ctx, name))) > 0 {
		log.Fatalf("nothing was created: a file %s or a key %s is there already", path, name)
	}
	key, err := keys.Create(ctx, gcore.CreateSSHKeyRequest{Name: name})
	if broken, ok := errors.AsType[*gcore.ResponseError](err); ok && broken.Key != nil {
		key, err = broken.Key, nil // the private key arrived in a response that is otherwise invalid
	}
	must(key, err) // an *UnknownOutcomeError names the candidates: the keys that may be the new one
	err = key.Save(path)
	if failed, ok := errors.AsType[*gcore.SaveError](err); ok && failed.PrivatePath == "" { // the only copy is in memory
		path = fmt.Sprintf("%s/id_gcore-%d", os.TempDir(), os.Getpid())
		err = key.Save(path)
	}
	fmt.Println(key.ID, must(path, err)) // a *SaveError says where the private key is
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
