// Command gcore-sshkeys manages the SSH keys of a Gcore Cloud project.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	// Nothing may end the program between a key being made and its being saved: not an interrupt, nor a terminal that is
	// gone, nor a reader of its output that is.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	signal.Ignore(syscall.SIGPIPE)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "gcore-sshkeys:", err)
		stop()
		os.Exit(1)
	}
}

// run carries out one command line. Results go to stdout, all else to stderr.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(&lockedWriter{w: stderr})
	return root.ExecuteContext(ctx)
}

// lockedWriter lets the log and the notice of an interrupt write at once.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "gcore-sshkeys",
		Short: "Manage the SSH keys of a Gcore Cloud project",
		Long: `Manage the SSH keys of a Gcore Cloud project.

The API key is taken from GCORE_API_KEY and the project from --project or GCORE_CLOUD_PROJECT_ID. A key can hold
a $, so put it in single quotes: export GCORE_API_KEY='1234$abcdef'. GCORE_BASE_URL names another server.

With --sandbox a command runs against a Gcore in its own memory: no account is needed, and nothing is kept.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	account := addAccountFlags(root)
	root.AddCommand(
		newCreate(account),
		newImport(account),
		newList(account),
		newGet(account),
		newShare(account, true),
		newShare(account, false),
		newDelete(account),
		newSandbox(),
		newVerify(),
		newVersion(),
	)
	return root
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "gcore-sshkeys", version())
			return err
		},
	}
}

// version is that of the module the program was built from; "(devel)" in a checkout.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(unknown)"
	}
	return strings.TrimSpace(info.Main.Version)
}
