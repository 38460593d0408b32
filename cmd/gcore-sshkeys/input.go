package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// openInput opens a file, or standard input if the path is "-". Neither opening nor reading outlasts the context of the command, even
// if nothing arrives.
func openInput(cmd *cobra.Command, path string) (io.ReadCloser, error) {
	ctx := cmd.Context()
	if path == "-" {
		if isTerminal(cmd.InOrStdin()) {
			fmt.Fprintln(cmd.ErrOrStderr(), "reading standard input; end it with Ctrl-D")
		}
		return &input{ctx, io.NopCloser(cmd.InOrStdin())}, nil
	}
	file, err := await(ctx, 0, func() (*os.File, error) { return os.Open(path) })
	if err != nil {
		return nil, err
	}
	return &input{ctx, file}, nil
}

// input is a reader whose reads end with a context.
type input struct {
	ctx context.Context
	io.ReadCloser
}

// Read reads into a buffer of its own, as a read that was given up goes on.
func (i *input) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	buffer := make([]byte, min(len(p), 32<<10))
	n, err := await(i.ctx, 0, func() (int, error) { return i.ReadCloser.Read(buffer) })
	return copy(p, buffer[:n]), err
}

// readInput reads a small file, or standard input, to its end. what is the thing that the file holds.
func readInput(cmd *cobra.Command, path, what string, maxSize int64) ([]byte, error) {
	in, err := openInput(cmd, path)
	if err != nil {
		return nil, fmt.Errorf("read the %s: %w", what, err)
	}
	defer func() { _ = in.Close() }()
	data, err := io.ReadAll(io.LimitReader(in, maxSize+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the %s: %w", what, err)
	case int64(len(data)) > maxSize:
		return nil, fmt.Errorf("read the %s: %s is larger than %d KiB, so it holds no %s", what, path, maxSize>>10, what)
	}
	return data, nil
}

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
