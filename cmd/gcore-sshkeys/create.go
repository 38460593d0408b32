package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// creation is one `create`, as its flags describe it.
type creation struct {
	account   *account
	name      string
	publicKey string // a file, or - for standard input
	shared    bool
	generate  string
	out       string

	nameByComment bool // where the public key has one and no name is given
}

func newCreate(account *account) *cobra.Command {
	c := &creation{account: account}
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Add a key to the project",
		Long: `Add a key to the project: a new one, or the public half of one that you have (--public-key).

A new key is made here (--generate local): it is on disk before anything is sent, and its private half never leaves
this machine, so whatever happens to the network, nothing is lost. With --generate server the platform makes it,
which is the API's own way: the private half then comes back in one answer, and if that answer is lost, so is the key.

Either way the private half is saved in PATH (mode 0600) and the public half in PATH.pub; neither file may exist
before. The private half is never printed.`,
		Example: `  gcore-sshkeys create my-ssh-key --sandbox
  gcore-sshkeys create my-ssh-key --project 1 --out ~/.ssh/id_gcore
  gcore-sshkeys create my-laptop --project 1 --public-key ~/.ssh/id_ed25519.pub --shared=false`,
		Args: cobra.ExactArgs(1),
		RunE: account.withKeys(func(cmd *cobra.Command, keys *gcore.SSHKeys, args []string) error {
			c.name = args[0]
			return c.run(cmd, keys)
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&c.publicKey, "public-key", "", "add this public key instead of a new one; - reads standard input")
	flags.BoolVar(&c.shared, "shared", true, "let all users of the project see and use the key")
	flags.StringVar(&c.generate, "generate", "local", "where a new key is made: local or server")
	flags.StringVar(&c.out, "out", "", "where to save a new key (default: the name, made safe as a file name)")
	cmd.MarkFlagsMutuallyExclusive("public-key", "generate")
	cmd.MarkFlagsMutuallyExclusive("public-key", "out")
	return cmd
}

func newImport(account *account) *cobra.Command {
	c := &creation{account: account, nameByComment: true}
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Add a public key that you have",
		Long:  "Add the public key in FILE (- for standard input) to the project. Its name is its comment, unless --name is given.",
		Args:  cobra.ExactArgs(1),
		RunE: account.withKeys(func(cmd *cobra.Command, keys *gcore.SSHKeys, args []string) error {
			c.publicKey = args[0]
			return c.upload(cmd, keys)
		}),
	}
	cmd.Flags().StringVar(&c.name, "name", "", "name of the key (default: the comment in the file)")
	cmd.Flags().BoolVar(&c.shared, "shared", true, "let all users of the project see and use the key")
	return cmd
}

func (c *creation) run(cmd *cobra.Command, keys *gcore.SSHKeys) error {
	switch {
	case cmd.Flags().Changed("public-key"):
		return c.upload(cmd, keys)
	case c.generate == "server":
		return c.makeOnServer(cmd, keys)
	case c.generate == "local":
		return c.makeHere(cmd, keys)
	}
	return fmt.Errorf("--generate is %q, and can be local or server", c.generate)
}

// upload adds a public key that the user has.
func (c *creation) upload(cmd *cobra.Command, keys *gcore.SSHKeys) error {
	line, err := readPublicKey(cmd.InOrStdin(), c.publicKey)
	if err != nil {
		return err
	}
	if c.nameByComment && c.name == "" {
		// What does not parse has no comment, and Create refuses it.
		if _, comment, _, _, err := ssh.ParseAuthorizedKey([]byte(line)); err == nil {
			if c.name = comment; comment == "" {
				return errors.New("the public key has no comment to name it by: give --name")
			}
		}
	}
	key, err := keys.Create(cmd.Context(), c.request(&line))
	if err != nil {
		return c.saveArrived(cmd.ErrOrStderr(), err, fileName(c.name))
	}
	return printKey(cmd.OutOrStdout(), c.account.output, key.SSHKey())
}

// makeHere makes the pair on this machine and has it on disk before anything is sent.
func (c *creation) makeHere(cmd *cobra.Command, keys *gcore.SSHKeys) error {
	if err := c.request(nil).Validate(); err != nil {
		return err
	}
	path, err := c.room()
	if err != nil {
		return err
	}
	pair, err := gcore.NewKeyPair(comment())
	if err != nil {
		return err
	}
	if err := pair.Save(path); err != nil {
		return err
	}
	announce(cmd.ErrOrStderr(), path)
	key, err := keys.Create(cmd.Context(), c.request(&pair.PublicKey))
	if err != nil {
		err = c.saveArrived(cmd.ErrOrStderr(), err, path)
		if c.account.sandbox { // which is gone with the command
			return err
		}
		return fmt.Errorf("%w\nThe key pair is safe in %s. To send the same public key again:\n  %s", err, path, c.again(path+".pub"))
	}
	return printKey(cmd.OutOrStdout(), c.account.output, key.SSHKey())
}

// again is the command line that sends the same public key again.
func (c *creation) again(publicKey string) string {
	words := []string{"gcore-sshkeys", "create", shellQuote(c.name), "--public-key", shellQuote(publicKey)}
	if c.account.project != 0 {
		words = append(words, "--project", strconv.FormatInt(c.account.project, 10))
	}
	if !c.shared {
		words = append(words, "--shared=false")
	}
	return strings.Join(words, " ")
}

// makeOnServer has the platform make the pair. An interrupt waits until the outcome is settled, since the answer may be
// bringing the only copy of the key.
func (c *creation) makeOnServer(cmd *cobra.Command, keys *gcore.SSHKeys) error {
	if err := c.request(nil).Validate(); err != nil {
		return err
	}
	path, err := c.room()
	if err != nil {
		return err
	}
	if err := cmd.Context().Err(); err != nil {
		return err
	}
	stop := context.AfterFunc(cmd.Context(), func() {
		_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "interrupted: waiting for the answer first, since it may bring the only copy of the key")
	})
	key, err := keys.Create(context.WithoutCancel(cmd.Context()), c.request(nil))
	stop()
	if arrived, problems := arrivedKey(err); arrived != nil {
		key, err = arrived, fmt.Errorf("the response is not as expected, but the private key did arrive: %s", problems)
	}
	if key == nil {
		return err
	}
	if saveErr := c.save(cmd.ErrOrStderr(), key, path); saveErr != nil {
		err = errors.Join(err, saveErr)
	}
	if wrong := key.Verify(); wrong != nil {
		_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "warning: the key may not work:", wrong)
	}
	return errors.Join(err, printKey(cmd.OutOrStdout(), c.account.output, key.SSHKey()))
}

// arrivedKey returns the key in an error if its private half arrived, and what else was wrong with the response.
func arrivedKey(err error) (key *gcore.CreatedSSHKey, problems string) {
	broken, ok := errors.AsType[*gcore.ResponseError](err)
	if !ok || broken.Key == nil || broken.Key.PrivateKey.IsZero() {
		return nil, ""
	}
	return broken.Key, strings.Join(broken.Problems, "; ")
}

// saveArrived saves a private key that a server generated though it was sent a public key. It returns err, and what it could
// not save.
func (c *creation) saveArrived(stderr io.Writer, err error, path string) error {
	if key, _ := arrivedKey(err); key != nil {
		return errors.Join(err, c.save(stderr, key, path))
	}
	return err
}

func (c *creation) request(publicKey *string) gcore.CreateSSHKeyRequest {
	return gcore.CreateSSHKeyRequest{Name: c.name, PublicKey: publicKey, SharedInProject: &c.shared}
}

// readPublicKey reads a public-key file. What is in it is for Create to judge, which refuses all but one public key.
func readPublicKey(stdin io.Reader, path string) (string, error) {
	const most = 64 << 10 // four times the largest RSA key
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return "", fmt.Errorf("read public key: %w", err)
		}
		defer func() { _ = file.Close() }()
		stdin = file
	}
	data, err := io.ReadAll(io.LimitReader(stdin, most+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read public key: %w", err)
	case len(data) > most:
		return "", fmt.Errorf("read public key: %s is larger than %d KiB, so it is no public key", path, most>>10)
	}
	return string(data), nil
}

// comment is what a new key is known by in authorized_keys, by the habit of ssh-keygen.
func comment() string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	user := os.Getenv("USER")
	if user == "" {
		user = "gcore"
	}
	return printable(user + "@" + host)
}

// shellQuote makes text one word of a POSIX shell.
func shellQuote(text string) string {
	safe := strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/") == ""
	if safe && text != "" && !strings.HasPrefix(text, "-") {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
