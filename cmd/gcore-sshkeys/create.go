package main

import (
	"github.com/spf13/cobra"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// creation is one create, as its flags describe it.
type creation struct {
	cli            *cli
	name           string
	publicKey      string // a file, or - for standard input
	shared         bool
	generate       string
	file           string
	ifMissing      bool
	encrypt        bool
	passphraseFile string
}

func newCreate(c *cli) *cobra.Command {
	create := &creation{cli: c}
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Add a key to the project",
		Long: `Add a key to the project: a new one, or the public half of one that you have (--public-key).

A new key is made on this machine (--generate local): it is saved before anything is sent, and its private half never
leaves this machine, so nothing that happens to the network can lose it. With --generate server Gcore makes it, which is
the API's own way: the private half then comes in one response, and if that response is lost, so is the key.

Either way the private half is saved in PATH (mode 0600) and the public half in PATH.pub. No file is overwritten, and the
private half is never printed. --encrypt asks for a passphrase; ssh then asks for it, too.

--if-missing does nothing if the project has the public key under this name already: that of --public-key, or of PATH.pub
if PATH and PATH.pub exist. So a script can run the same create again. Another public key with the name is an error.

If Ctrl-C arrives while Gcore makes a key, the command waits for the response; a second Ctrl-C ends it.`,
		Example: `  gcore-sshkeys create my-ssh-key --sandbox
  gcore-sshkeys create my-ssh-key --project 1 -f ~/.ssh/id_gcore --encrypt
  gcore-sshkeys create my-laptop --if-missing --public-key ~/.ssh/id_ed25519.pub --shared=false
  path=$(gcore-sshkeys create ci-runner -o json | jq -r .private_key_path)`,
		Args:              arguments(1, 1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			create.name = args[0]
			if err := create.check(cmd); err != nil {
				return err
			}
			return c.withKeys(create.run)(cmd, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&create.publicKey, "public-key", "", "add the public key in this `file` instead of a new one; - is standard input")
	flags.BoolVar(&create.shared, "shared", true, "let all users of the project see and use the key")
	flags.StringVar(&create.generate, "generate", "local", "`where` a new key is made: local or server")
	flags.StringVarP(&create.file, "file", "f", "", "`path` to save a new key at; in a folder the file has the key's name (default: the name, as a file name)")
	flags.BoolVar(&create.ifMissing, "if-missing", false, "do nothing if the project has the public key under this name")
	flags.BoolVar(&create.encrypt, "encrypt", false, "encrypt the private key with a passphrase, which is asked for")
	flags.StringVar(&create.passphraseFile, "passphrase-file", "", "encrypt the private key with the first line of this `file`; - is standard input")
	completeFlag(cmd, "generate", "local", "server")
	return cmd
}

// check refuses a command line that cannot be carried out.
func (c *creation) check(cmd *cobra.Command) error {
	err := oneOf("generate", c.generate, []string{"local", "server"})
	if err == nil {
		err = exclusive(cmd, "public-key", "generate", "file", "encrypt", "passphrase-file")
	}
	if err == nil && c.ifMissing && c.generate == "server" {
		err = usagef("--if-missing and --generate server cannot be used together: there is no public key to look for")
	}
	if err == nil {
		if invalid := c.request(nil).Validate(); invalid != nil {
			err = &usageError{error: invalid}
		}
	}
	return err
}

func (c *creation) run(cmd *cobra.Command, keys *gcore.SSHKeys, _ []string) error {
	switch {
	case cmd.Flags().Changed("public-key"):
		line, err := readPublicKey(cmd, c.publicKey)
		if err != nil {
			return err
		}
		return c.upload(cmd, keys, line, "")
	case c.generate == "server":
		return c.generateOnServer(cmd, keys)
	}
	return c.generateHere(cmd, keys)
}

func (c *creation) request(publicKey *string) gcore.CreateSSHKeyRequest {
	return gcore.CreateSSHKeyRequest{Name: c.name, PublicKey: publicKey, SharedInProject: &c.shared}
}
