package main

import (
	"github.com/spf13/cobra"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

func newGet(c *cli) *cobra.Command {
	return &cobra.Command{
		Use:   "get KEY",
		Short: "Show one key",
		Long:  "Show one key. A KEY is an id, a name, or an MD5 or SHA256 fingerprint. -o wide shows the public key in full.",
		Example: `  gcore-sshkeys get my-ssh-key
  gcore-sshkeys get SHA256:CCr7VkRXtNuN/Mg6TvNTFPUsSJ2CZdC1zE5vYGOKvks -o json`,
		Args:              arguments(1, 1),
		ValidArgsFunction: c.completeKeys(1),
		RunE: c.withKeys(func(cmd *cobra.Command, keys *gcore.SSHKeys, args []string) error {
			key, err := findKey(cmd.Context(), keys, args[0])
			if err != nil {
				return err
			}
			return c.printKey(cmd, *key, "")
		}),
	}
}
