package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// cli is what all commands share: the global flags.
type cli struct {
	project  int64
	output   string
	noHeader bool
	sandbox  bool
	debug    bool
}

func (c *cli) addFlags(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.Int64Var(&c.project, "project", 0, "`number` of the project (default $GCORE_CLOUD_PROJECT_ID)")
	flags.StringVarP(&c.output, "output", "o", "table", "`format` of results: "+strings.Join(formats, ", "))
	flags.BoolVar(&c.noHeader, "no-header", false, "print lists without the line of column names")
	flags.BoolVar(&c.sandbox, "sandbox", false, "use a server in memory that ends with the command; no account is needed")
	flags.BoolVar(&c.debug, "debug", false, "log every request to standard error, without secrets")
	completeFlag(root, "output", formats...)
	completeFlag(root, "project")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if cmd.Flags().Changed("project") && c.project < 1 {
			return usagef("--project is %d, and must be 1 or more", c.project)
		}
		known := formats
		if own, ok := cmd.Annotations[ownFormats]; ok {
			known = strings.Fields(own)
		}
		return oneOf("output", c.output, known)
	}
}

// ownFormats is the annotation of a command whose results have other formats than a key's.
const ownFormats = "formats"

// completeFlag has the shell complete the values of a flag. Without values it completes nothing, not even file names.
func completeFlag(cmd *cobra.Command, flag string, values ...string) {
	complete := cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // there is no such flag
	}
}

// A usageError is a command line that cannot be carried out.
type usageError struct {
	error
	usage string // how the command is used
}

func (e *usageError) Unwrap() error { return e.error }

func usagef(format string, values ...any) error {
	return &usageError{error: fmt.Errorf(format, values...)}
}

// withUsage adds to a usage error how the command is used.
func withUsage(cmd *cobra.Command, err error) error {
	if usage, ok := errors.AsType[*usageError](err); ok {
		usage.usage = cmd.UseLine()
	}
	return err
}

// oneOf fails unless value is one of values.
func oneOf(flag, value string, values []string) error {
	if slices.Contains(values, value) {
		return nil
	}
	return usagef("--%s is %q, and must be one of: %s", flag, value, strings.Join(values, ", "))
}

// exclusive refuses two flags that contradict each other.
func exclusive(cmd *cobra.Command, flag string, others ...string) error {
	for _, other := range others {
		if cmd.Flags().Changed(flag) && cmd.Flags().Changed(other) {
			return usagef("--%s and --%s cannot be used together", flag, other)
		}
	}
	return nil
}

// arguments accepts from least to most arguments; -1 is any number.
func arguments(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case slices.Contains(args, ""):
			return usagef("%s was given an empty argument, perhaps a variable that is not set", cmd.Name())
		case len(args) < least:
			return usagef("%s needs an argument: %s", cmd.Name(), strings.TrimPrefix(cmd.Use, cmd.Name()+" "))
		case most == 0 && len(args) > 0:
			return usagef("%s takes no arguments, and was given %q", cmd.Name(), args[0])
		case most >= 0 && len(args) > most:
			return usagef("%s takes one argument, and was given %d", cmd.Name(), len(args))
		}
		return nil
	}
}

// flagError says what is wrong with a flag.
func flagError(_ *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		kind := map[string]string{"int64": "a number", "bool": "true or false"}[invalid.GetFlag().Value.Type()]
		if kind != "" {
			return usagef("--%s is %q, and must be %s", invalid.GetFlag().Name, invalid.GetValue(), kind)
		}
	}
	return &usageError{error: err}
}
