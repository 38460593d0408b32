package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// generateHere makes the pair on this machine and saves it before anything is sent.
func (c *creation) generateHere(cmd *cobra.Command, keys *gcore.SSHKeys) error {
	if c.ifMissing {
		line, path, err := c.existingPair(cmd)
		if err != nil {
			return err
		}
		if line != "" {
			return c.upload(cmd, keys, line, path)
		}
		if err := c.checkNameIsFree(cmd.Context(), keys); err != nil {
			return err
		}
	}
	path, options, err := c.prepare(cmd)
	if err != nil {
		return err
	}
	pair, err := gcore.NewKeyPair(comment())
	if err != nil {
		return err
	}
	if err := pair.Save(path, options...); err != nil {
		return err
	}
	announce(cmd.ErrOrStderr(), path)
	err = c.upload(cmd, keys, pair.PublicKey, path)
	if err == nil || isPrintError(err) || c.cli.sandbox { // which is gone with the command
		return err
	}
	return fmt.Errorf("%w\nThe key pair is safe in %s. To send the same public key again:\n  %s", err, path, c.retryCommand(path+".pub"))
}

// checkNameIsFree refuses to make a new key if the project has one of this name, whose files are not here.
func (c *creation) checkNameIsFree(ctx context.Context, keys *gcore.SSHKeys) error {
	found, err := keys.FindByName(ctx, c.name)
	if err != nil {
		return err
	}
	var ids []string
	for _, key := range found {
		if key.State != gcore.SSHKeyStateDELETING {
			ids = append(ids, key.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return fmt.Errorf("the project has a key named %q, whose public key is not here to compare (%s): give it with --public-key, or its files with --file",
		c.name, strings.Join(ids, ", "))
}

// prepare returns where a new key goes, and how it is encrypted.
func (c *creation) prepare(cmd *cobra.Command) (path string, options []gcore.SaveOption, err error) {
	if path, err = c.newPath(cmd.ErrOrStderr()); err != nil {
		return "", nil, err
	}
	var passphrase []byte
	switch {
	case cmd.Flags().Changed("passphrase-file"):
		passphrase, err = passphraseFrom(cmd, c.passphraseFile)
	case c.encrypt:
		passphrase, err = askPassphrase(cmd)
	default:
		return path, nil, cmd.Context().Err()
	}
	return path, []gcore.SaveOption{gcore.WithPassphrase(passphrase)}, err
}

// generateOnServer has Gcore make the pair. What arrived of the private half is saved, whatever else is wrong.
func (c *creation) generateOnServer(cmd *cobra.Command, keys *gcore.SSHKeys) error {
	path, options, err := c.prepare(cmd)
	if err != nil {
		return err
	}
	key, err := sendForPrivateKey(cmd.Context(), cmd.ErrOrStderr(), func(ctx context.Context) (*gcore.CreatedSSHKey, error) {
		return keys.Create(ctx, c.request(nil))
	})
	arrived, problems := arrivedKey(err)
	if arrived == nil && err != nil {
		return err
	}
	if arrived != nil {
		key = arrived
	}
	saved, saveErr := c.save(cmd.ErrOrStderr(), key, path, options)
	if wrong := key.Verify(); wrong != nil {
		fmt.Fprintln(cmd.ErrOrStderr(), "warning: the key may not work:", wrong)
	}
	if arrived != nil {
		return errors.Join(fmt.Errorf("the response is not as expected, but the private key of %s did arrive: %s", idOf(key), problems), saveErr)
	}
	if saved == "" {
		return saveErr
	}
	return errors.Join(saveErr, c.cli.printKey(cmd, key.SSHKey(), saved))
}

func idOf(key *gcore.CreatedSSHKey) string {
	if key.ID == "" {
		return "the key"
	}
	return "the key " + key.ID
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
