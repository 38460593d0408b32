package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

func newDelete(c *cli) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:     "delete KEY...",
		Aliases: []string{"rm"},
		Short:   "Delete keys",
		Long: `Delete keys, which cannot be undone. A KEY is an id, a name, or an MD5 or SHA256 fingerprint.

The command shows the keys and asks before it deletes them. Without a terminal to ask on, --yes is needed. If one cannot be
deleted, the others are; standard output is then empty, and standard error says which were deleted.`,
		Example: `  gcore-sshkeys delete my-ssh-key
  gcore-sshkeys delete --yes old-laptop 36a7a97a-0672-4911-8f2b-92cd4e5b0d91`,
		Args:              arguments(1, -1),
		ValidArgsFunction: c.completeKeys(-1),
		RunE: c.withKeys(func(cmd *cobra.Command, keys *gcore.SSHKeys, args []string) error {
			if !yes && !isTerminal(cmd.InOrStdin()) {
				return usagef("delete asks before it deletes, and standard input is no terminal: give --yes")
			}
			return c.delete(cmd, keys, args, yes)
		}),
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "delete without asking")
	return cmd
}

func (c *cli) delete(cmd *cobra.Command, keys *gcore.SSHKeys, args []string, yes bool) error {
	ctx := cmd.Context()
	targets, failures := findTargets(ctx, keys, args)
	if len(targets) > 0 && !yes && ctx.Err() == nil {
		if err := confirm(cmd, targets, failures); err != nil {
			return err
		}
	}
	var deleted []gcore.SSHKey
	for _, key := range targets {
		if err := keys.Delete(ctx, key.ID); err != nil {
			failures = append(failures, fmt.Errorf("delete %q (%s): %w", key.Name, key.ID, maybeDone(ctx, err)))
			if ctx.Err() != nil {
				break
			}
			continue
		}
		deleted = append(deleted, key)
	}
	var text strings.Builder
	for _, key := range deleted {
		fmt.Fprintf(&text, "deleted %s (%s)\n", printable(key.Name), printable(key.ID))
	}
	switch {
	case len(failures) == 0:
		return c.print(cmd, deleted, deleted, func(int) string { return text.String() })
	case ctx.Err() != nil:
		fmt.Fprint(cmd.ErrOrStderr(), text.String())
		return failures[len(failures)-1]
	}
	fmt.Fprint(cmd.ErrOrStderr(), text.String())
	return joinFailures(failures, len(failures) == len(args))
}

// findTargets returns each of the keys that the arguments mean once, and why others were not found. A key whose response does not decode
// can be deleted by its id all the same.
func findTargets(ctx context.Context, keys *gcore.SSHKeys, args []string) (targets []gcore.SSHKey, failures []error) {
	for _, arg := range args {
		key, err := findKey(ctx, keys, arg)
		if _, broken := errors.AsType[*gcore.ResponseError](err); broken && isID(arg) {
			key, err = &gcore.SSHKey{ID: arg}, nil
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("delete %q: %w", arg, err))
			if ctx.Err() != nil {
				return nil, failures
			}
			continue
		}
		if !slices.ContainsFunc(targets, func(t gcore.SSHKey) bool { return t.ID == key.ID }) {
			targets = append(targets, *key)
		}
	}
	return targets, failures
}

// confirm lists keys and asks whether to delete them.
func confirm(cmd *cobra.Command, targets []gcore.SSHKey, failures []error) error {
	for _, failure := range failures {
		fmt.Fprintln(cmd.ErrOrStderr(), message(failure))
	}
	fmt.Fprint(cmd.ErrOrStderr(), tableOf(targets, widthOf(cmd.ErrOrStderr()), false)+
		fmt.Sprintf("Delete %s? [y/N] ", many(len(targets), "key")))
	line, err := await(cmd.Context(), 0, func() (string, error) { return bufio.NewReader(cmd.InOrStdin()).ReadString('\n') })
	if err != nil {
		fmt.Fprintln(cmd.ErrOrStderr())
	}
	if cmd.Context().Err() != nil {
		return err
	}
	if answer := strings.ToLower(strings.TrimSpace(line)); answer != "y" && answer != "yes" {
		return errors.New("nothing was deleted")
	}
	return nil
}

// maybeDone adds to the error of a change that it may have been made all the same, where that is so.
func maybeDone(ctx context.Context, err error) error {
	if ctx.Err() == nil && !errors.Is(err, gcore.ErrServer) {
		return err
	}
	return fmt.Errorf("%w; it may have been done all the same: list the keys", err)
}
