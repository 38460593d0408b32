package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// passphraseFrom returns the first line of a file, or of standard input.
func passphraseFrom(cmd *cobra.Command, path string) ([]byte, error) {
	if path == "-" && isTerminal(cmd.InOrStdin()) {
		return nil, usagef("--passphrase-file - would show the passphrase on the terminal: use --encrypt, which asks for it")
	}
	data, err := readInput(cmd, path, "passphrase", 64<<10)
	if err != nil {
		return nil, err
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	if line = bytes.TrimSuffix(line, []byte("\r")); len(line) == 0 {
		return nil, errors.New("read the passphrase: its first line is empty")
	}
	return line, checkPassphrase(line)
}

// askPassphrase asks for a new passphrase on the terminal, twice.
func askPassphrase(cmd *cobra.Command) ([]byte, error) {
	terminal, ok := cmd.InOrStdin().(*os.File)
	if !ok || !isTerminal(terminal) {
		return nil, usagef("--encrypt asks for a passphrase, and standard input is no terminal: give --passphrase-file")
	}
	first, err := askHidden(cmd, terminal, "Passphrase for the private key: ")
	if err != nil {
		return nil, err
	}
	if len(first) == 0 {
		return nil, errors.New("the passphrase is empty: nothing was made")
	}
	again, err := askHidden(cmd, terminal, "The same passphrase again: ")
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(first, again) {
		return nil, errors.New("the passphrases differ: nothing was made")
	}
	return first, checkPassphrase(first)
}

// checkPassphrase refuses a passphrase that WithPassphrase would refuse, before a key is created.
func checkPassphrase(passphrase []byte) error {
	if len(passphrase) > 1023 || bytes.ContainsAny(passphrase, "\r\n\x00") {
		return errors.New("the passphrase has more than 1,023 bytes, a line break or a zero byte, which ssh does not take: nothing was made")
	}
	return nil
}

// askHidden reads a line from a terminal that does not show it. The terminal is restored whatever happens.
func askHidden(cmd *cobra.Command, terminal *os.File, question string) ([]byte, error) {
	fd := int(terminal.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, fmt.Errorf("read the passphrase: %w", err)
	}
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		waitUntilHidden(fd, before)
		fmt.Fprint(cmd.ErrOrStderr(), question)
	}()
	line, err := await(cmd.Context(), 0, func() ([]byte, error) { return term.ReadPassword(fd) })
	<-asked
	fmt.Fprintln(cmd.ErrOrStderr())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the passphrase: %w", err), term.Restore(fd, before))
	}
	return line, nil
}

// waitUntilHidden waits until ReadPassword has changed the terminal, so that what is typed after the question is not shown. A terminal
// that shows nothing anyway does not change.
func waitUntilHidden(fd int, before *term.State) {
	for range 100 {
		now, err := term.GetState(fd)
		if err != nil || *now != *before {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
