// Command gcore creates one key by gcore.SSHKeys.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

func main() {
	cloud, err := gcore.NewCloud(gcore.Config{})
	if err != nil {
		log.Fatal(err)
	}
	key, err := cloud.SSHKeys(cloud.ProjectID()).Create(context.Background(), gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.ID)
}
