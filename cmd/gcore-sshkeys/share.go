package main

import (
	"github.com/spf13/cobra"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// newShare makes the command that shares a key, or the one that takes that back.
func newShare(c *cli, shared bool) *cobra.Command {
	name, short := "share", "Share a key with all users of the project"
	if !shared {
		name, short = "unshare", "Stop sharing a key with the other users of the project"
	}
	return &cobra.Command{
		Use:               name + " KEY",
		Short:             short,
		Long:              short + ". A KEY is an id, a name, or an MD5 or SHA256 fingerprint.",
		Example:           "  gcore-sshkeys " + name + " my-ssh-key",
		Args:              arguments(1, 1),
		ValidArgsFunction: c.completeKeys(1),
		RunE: c.withKeys(func(cmd *cobra.Command, keys *gcore.SSHKeys, args []string) error {
			key, err := findKey(cmd.Context(), keys, args[0])
			if err != nil {
				return err
			}
			key, err = keys.Update(cmd.Context(), key.ID, gcore.UpdateSSHKeyRequest{SharedInProject: shared})
			if err != nil {
				return maybeDone(cmd.Context(), err)
			}
			return c.printKey(cmd, *key, "")
		}),
	}
}
