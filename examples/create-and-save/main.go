// Create-and-save has Gcore generate a key and saves it as id_gcore. A run after a failure does not create a second key.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

func main() {
	ctx, name, path := context.Background(), "my-ssh-key", "id_gcore"
	cloud, err := gcore.NewCloud(gcore.Config{}) // takes $GCORE_API_KEY and $GCORE_CLOUD_PROJECT_ID
	check(err)
	keys := cloud.SSHKeys(cloud.ProjectID())
	earlier, err := keys.FindByName(ctx, name)
	check(err)
	if _, err := os.Lstat(path); len(earlier) > 0 || !errors.Is(err, os.ErrNotExist) {
		log.Fatalf("nothing was created: %s is there already (%v), or keys named %s (%d)", path, err == nil, name, len(earlier))
	}
	key, err := keys.Create(ctx, gcore.CreateSSHKeyRequest{Name: name})
	if broken, ok := errors.AsType[*gcore.ResponseError](err); ok && broken.Key != nil {
		key, err = broken.Key, nil // the private key arrived in a response that is otherwise not in order
	}
	check(err) // an *UnknownOutcomeError names the candidates: the keys that may be the new one
	err = key.Save(path)
	if failed, ok := errors.AsType[*gcore.SaveError](err); ok && failed.PrivatePath == "" { // the only copy is in memory
		path = filepath.Join(os.TempDir(), filepath.Base(key.ID))
		err = key.Save(path)
	}
	check(err) // a *SaveError says where the private key is
	fmt.Println(key.ID, path)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
