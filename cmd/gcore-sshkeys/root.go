package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func newRoot() *cobra.Command {
	c := &cli{}
	root := &cobra.Command{
		Use:   "gcore-sshkeys COMMAND",
		Short: "Manage the SSH keys of a Gcore Cloud project",
		Long: `Manage the SSH keys of a Gcore Cloud project.

The API key is taken from GCORE_API_KEY and the project from --project or GCORE_CLOUD_PROJECT_ID. An API key can hold
a $, so put it in single quotes: export GCORE_API_KEY='1234$abcdef'. GCORE_BASE_URL is the address of another server.

With --sandbox a command runs against a server in its own memory: no account is needed, and its keys are gone when the
command ends; files that create saves stay.

A KEY is an id, a name, or an MD5 or SHA256 fingerprint. Results go to standard output: all of them or, if the command
fails, nothing. import and verify print their report in any case, but import with -o ids. Everything else goes to
standard error.

Exit statuses:
` + statusHelp(),
		Example: `  gcore-sshkeys create my-ssh-key --sandbox
  gcore-sshkeys list --project 1 -o json`,
		Version:                    version(),
		SuggestionsMinimumDistance: 2,

		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate("gcore-sshkeys {{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	c.addFlags(root)
	root.AddCommand(
		newCreate(c),
		newImport(c),
		newList(c),
		newGet(c),
		newShare(c, true),
		newShare(c, false),
		newDelete(c),
		newSandbox(),
		newVerify(c),
		newVersion(),
	)
	return root
}

// knownCommand refuses the arguments of a command line without a known command.
func knownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("there is no command %q", args[0])
	if similar := root.SuggestionsFor(args[0]); len(similar) > 0 {
		text += "; did you mean " + strings.Join(similar, " or ") + "?"
	}
	return usagef("%s", text)
}
