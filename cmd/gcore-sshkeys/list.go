package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// orders is what --order-by can be.
var orders = []string{string(gcore.SSHKeyOrderCreatedAtAsc), string(gcore.SSHKeyOrderCreatedAtDesc), string(gcore.SSHKeyOrderNameAsc), string(gcore.SSHKeyOrderNameDesc)}

func newList(c *cli) *cobra.Command {
	var name, order string
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the keys of the project",
		Long: `List the keys of the project. If a page cannot be read, nothing is printed, and the exit status is not 0.

The table fits 80 columns, or the terminal if that is wider: names are shortened. -o wide shows them whole, and adds the
time and the fingerprints.`,
		Example: `  gcore-sshkeys list --project 1
  gcore-sshkeys list --name laptop --order-by name.asc -o wide
  gcore-sshkeys list -o json | jq length`,
		Args:              arguments(0, 0),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: c.withKeys(func(cmd *cobra.Command, keys *gcore.SSHKeys, _ []string) error {
			params := gcore.ListSSHKeysParams{}
			if name != "" {
				params.Name = &name
			}
			if order != "" {
				if err := oneOf("order-by", order, orders); err != nil {
					return err
				}
				params.OrderBy = new(gcore.SSHKeyOrder(order))
			}
			var all []gcore.SSHKey
			for key, err := range keys.All(cmd.Context(), params) {
				if err != nil {
					return fmt.Errorf("list the keys: %w", err)
				}
				all = append(all, key)
			}
			return c.printKeys(cmd, all)
		}),
	}
	cmd.Flags().StringVar(&name, "name", "", "only keys whose name contains this `text`")
	cmd.Flags().StringVar(&order, "order-by", "", "`order`: created_at.asc, created_at.desc (default), name.asc or name.desc")
	completeFlag(cmd, "name")
	completeFlag(cmd, "order-by", orders...)
	return cmd
}
