// Package deploy is a part of a program that uses gcore. Its test runs it against a server that misbehaves.
package deploy

import (
	"context"
	"fmt"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// AddKey makes sure that the project holds a machine's public key.
func AddKey(ctx context.Context, cloud *gcore.Cloud, machine, publicKey string) (id string, err error) {
	key, _, err := cloud.SSHKeys(cloud.ProjectID()).Ensure(ctx, gcore.CreateSSHKeyRequest{Name: machine, PublicKey: &publicKey})
	if err != nil {
		return "", fmt.Errorf("add the key of %s: %w", machine, err)
	}
	return key.ID, nil
}
