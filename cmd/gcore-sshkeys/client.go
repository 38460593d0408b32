package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/env"
)

// withKeys makes what a command runs of a function that wants the project's keys.
func (c *cli) withKeys(run func(cmd *cobra.Command, keys *gcore.SSHKeys, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		keys, end, err := c.open(cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		defer end()
		return run(cmd, keys, args)
	}
}

// open returns the project's keys, and a function that ends the sandbox if there is one.
func (c *cli) open(stderr io.Writer) (keys *gcore.SSHKeys, end func(), err error) {
	config := gcore.Config{ProjectID: c.project, Logger: c.newLogger(stderr)}
	end = func() {}
	if c.sandbox {
		server, err := gcoretest.Start()
		if err != nil {
			return nil, nil, fmt.Errorf("start the sandbox: %w", err)
		}
		end = server.Close
		config.APIKey, config.BaseURL, config.ProjectID = server.APIKey, server.URL, cmp.Or(c.project, 1)
	} else if err := checkAPIKey(stderr); err != nil {
		return nil, nil, err
	}
	cloud, err := gcore.NewCloud(config)
	if err == nil && cloud.ProjectID() == 0 {
		err = errors.New("no project: give --project, or set " + env.ProjectID)
	}
	if err != nil {
		end()
		return nil, nil, &usageError{error: err}
	}
	return cloud.SSHKeys(cloud.ProjectID()), end, nil
}

// checkAPIKey refuses to go on without an API key, and warns of one that a shell has cut off.
func checkAPIKey(stderr io.Writer) error {
	key := os.Getenv(env.APIKey)
	if key == "" {
		return withStatus(statusForbidden, errors.New("no API key: set GCORE_API_KEY, in single quotes as it can hold a $,"+
			" or try the command with --sandbox, which needs none"))
	}
	if strings.Trim(key, "0123456789") == "" {
		fmt.Fprintln(stderr, "warning: GCORE_API_KEY holds digits only: a shell has probably cut it off at its $."+
			" Set it in single quotes: export GCORE_API_KEY='1234$abcdef'")
	}
	return nil
}
