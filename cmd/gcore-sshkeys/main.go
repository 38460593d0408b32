// Command gcore-sshkeys manages the SSH keys of a Gcore Cloud project.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
)

func main() {
	log.SetOutput(io.Discard) // net/http writes there what a server sends behind its response, secrets included
	ctx, stop := withSignals(context.Background())
	status := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run carries out one command line and returns its exit status. Results go to stdout, all else to stderr.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	messages := &messageWriter{w: stderr}
	err := execute(ctx, args, stdin, stdout, messages)
	if text := message(err); text != "" {
		fmt.Fprintln(messages, "gcore-sshkeys: "+text)
	}
	return exitStatus(ctx, err)
}

// execute carries out one command line.
func execute(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	return withUsage(cmd, err)
}
