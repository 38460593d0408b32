package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

func newList(account *account) *cobra.Command {
	var name, order string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the keys of the project",
		Args:  cobra.NoArgs,
		RunE: account.withKeys(func(cmd *cobra.Command, keys *gcore.SSHKeys, _ []string) error {
			params := gcore.ListSSHKeysParams{}
			if name != "" {
				params.Name = &name
			}
			if order != "" {
				params.OrderBy = new(gcore.SSHKeyOrder(order))
			}
			var all []gcore.SSHKey
			var failed error
			for key, err := range keys.All(cmd.Context(), params) {
				if err != nil {
					failed = errors.Join(failed, err)
					continue
				}
				all = append(all, key)
			}
			return errors.Join(printKeys(cmd.OutOrStdout(), account.output, all), failed)
		}),
	}
	cmd.Flags().StringVar(&name, "name", "", "only keys whose name contains this")
	cmd.Flags().StringVar(&order, "order", "", "created_at.asc, created_at.desc (default), name.asc or name.desc")
	return cmd
}

func newGet(account *account) *cobra.Command {
	return &cobra.Command{
		Use:   "get ID",
		Short: "Show one key",
		Args:  cobra.ExactArgs(1),
		RunE: account.withKeys(func(cmd *cobra.Command, keys *gcore.SSHKeys, args []string) error {
			key, err := keys.Get(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return printKey(cmd.OutOrStdout(), account.output, *key)
		}),
	}
}

func newShare(account *account, shared bool) *cobra.Command {
	use, short := "share ID", "Share a key with all users of the project"
	if !shared {
		use, short = "unshare ID", "Keep a key to yourself"
	}
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: account.withKeys(func(cmd *cobra.Command, keys *gcore.SSHKeys, args []string) error {
			key, err := keys.Update(cmd.Context(), args[0], gcore.UpdateSSHKeyRequest{SharedInProject: shared})
			if err != nil {
				return err
			}
			return printKey(cmd.OutOrStdout(), account.output, *key)
		}),
	}
}

func newDelete(account *account) *cobra.Command {
	return &cobra.Command{
		Use:   "delete ID...",
		Short: "Delete keys",
		Long:  "Delete keys. It cannot be undone. If one fails, the others are deleted all the same.",
		Args:  cobra.MinimumNArgs(1),
		RunE: account.withKeys(func(cmd *cobra.Command, keys *gcore.SSHKeys, ids []string) error {
			var failed error
			for _, id := range ids {
				if err := keys.Delete(cmd.Context(), id); err != nil {
					failed = errors.Join(failed, fmt.Errorf("delete %q: %w", id, err))
					continue
				}
				_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "deleted", id)
			}
			return failed
		}),
	}
}
