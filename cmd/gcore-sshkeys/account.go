package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// account is what the flags shared by all commands say: which project, on which server, shown how.
type account struct {
	project int64
	output  string
	sandbox bool
	debug   bool
}

func addAccountFlags(root *cobra.Command) *account {
	a := &account{}
	flags := root.PersistentFlags()
	flags.Int64Var(&a.project, "project", 0, "number of the project (default $GCORE_CLOUD_PROJECT_ID)")
	flags.StringVar(&a.output, "output", "table", "how to print results: table or json")
	flags.BoolVar(&a.sandbox, "sandbox", false, "use a Gcore in memory, gone when the command ends; no account needed")
	flags.BoolVar(&a.debug, "debug", false, "log every attempt to stderr, without secrets")
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		if a.output != "table" && a.output != "json" {
			return fmt.Errorf("--output is %q, and can be table or json", a.output)
		}
		return nil
	}
	return a
}

// withKeys makes what a command runs of a function that wants the project's keys.
func (a *account) withKeys(run func(cmd *cobra.Command, keys *gcore.SSHKeys, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		keys, end, err := a.open(cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		defer end()
		return run(cmd, keys, args)
	}
}

// open returns the project's keys, and a function that ends the sandbox if there is one.
func (a *account) open(stderr io.Writer) (keys *gcore.SSHKeys, end func(), err error) {
	level := slog.LevelWarn
	if a.debug {
		level = slog.LevelDebug
	}
	config := gcore.Config{Logger: slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))}
	project, end := a.project, func() {}
	if a.sandbox {
		server, err := gcoretest.Start()
		if err != nil {
			return nil, nil, fmt.Errorf("start the sandbox: %w", err)
		}
		config.APIKey, config.BaseURL = server.APIKey, server.URL
		end = server.Close
		if project == 0 {
			project = 1
		}
	} else if err := checkEnvironment(stderr); err != nil {
		return nil, nil, err
	}
	if project, err = projectOr(project); err != nil {
		end()
		return nil, nil, err
	}
	config.ProjectID = project
	cloud, err := gcore.NewCloud(config)
	if err != nil {
		end()
		return nil, nil, err
	}
	return cloud.SSHKeys(project), end, nil
}

// checkEnvironment refuses to go on without an API key, and warns of one that a shell has cut off.
func checkEnvironment(stderr io.Writer) error {
	key := os.Getenv("GCORE_API_KEY")
	if key == "" {
		return errors.New("no API key: set GCORE_API_KEY, in single quotes as it can hold a $, or try the command with --sandbox, which needs none")
	}
	if strings.Trim(key, "0123456789") == "" {
		_, _ = fmt.Fprintln(stderr, "warning: GCORE_API_KEY holds digits only: a shell has probably cut it off at its $."+
			" Set it in single quotes: export GCORE_API_KEY='1234$abcdef'")
	}
	return nil
}

// projectOr returns the project, or the one that the environment names if it is 0.
func projectOr(project int64) (int64, error) {
	if project == 0 {
		text := os.Getenv("GCORE_CLOUD_PROJECT_ID")
		if text == "" {
			return 0, errors.New("no project: give --project ID, or set GCORE_CLOUD_PROJECT_ID")
		}
		var err error
		if project, err = strconv.ParseInt(text, 10, 64); err != nil {
			return 0, errors.New("GCORE_CLOUD_PROJECT_ID is not a number")
		}
	}
	if project < 1 {
		return 0, fmt.Errorf("the project is %d, and must be a positive number", project)
	}
	return project, nil
}
