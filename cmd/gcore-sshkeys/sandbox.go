package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

func newSandbox() *cobra.Command {
	return &cobra.Command{
		Use:   "sandbox",
		Short: "Run a Gcore in memory until interrupted",
		Long: `Run a Gcore in memory until it is interrupted, and print what to set to use it from another terminal. It
listens on this machine only and keeps nothing.`,
		Example:           "  gcore-sshkeys sandbox",
		Args:              arguments(0, 0),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := gcoretest.Start()
			if err != nil {
				return fmt.Errorf("start the sandbox: %w", err)
			}
			defer server.Close()
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "export GCORE_BASE_URL='%s' GCORE_API_KEY='%s' GCORE_CLOUD_PROJECT_ID=1\n", server.URL, server.APIKey)
			if err != nil {
				return err
			}
			<-cmd.Context().Done()
			return nil
		},
	}
}
