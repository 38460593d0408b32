package main

import (
	"errors"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

func newImport(c *cli) *cobra.Command {
	n := &creation{cli: c}
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Add a public key that you have",
		Long:  "Add the public key in FILE (- is standard input) to the project. Its name is its comment, unless --name is given.",
		Example: `  gcore-sshkeys import ~/.ssh/id_ed25519.pub
  ssh-add -L | head -n 1 | gcore-sshkeys import - --name laptop`,
		Args: arguments(1, 1),
		RunE: c.withKeys(func(cmd *cobra.Command, keys *gcore.SSHKeys, args []string) error {
			line, err := readPublicKey(cmd, args[0])
			if err != nil {
				return err
			}
			if n.name == "" {
				// What does not parse has no comment, and Create refuses it.
				if _, comment, _, _, err := ssh.ParseAuthorizedKey([]byte(line)); err == nil {
					if n.name = comment; comment == "" {
						return errors.New("the public key has no comment to name it by: give --name")
					}
				}
			}
			return n.upload(cmd, keys, line, "")
		}),
	}
	cmd.Flags().StringVar(&n.name, "name", "", "`name` of the key (default: the comment in the file)")
	cmd.Flags().BoolVar(&n.shared, "shared", true, "let all users of the project see and use the key")
	completeFlag(cmd, "name")
	return cmd
}
