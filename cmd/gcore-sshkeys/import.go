package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// importing is one import, as its flags describe it.
type importing struct {
	cli    *cli
	name   string
	prefix string
	shared bool
	dryRun bool
}

func newImport(c *cli) *cobra.Command {
	m := &importing{cli: c}
	cmd := &cobra.Command{
		Use:   "import FILE...",
		Short: "Add the public keys that you have",
		Long: `Add the public keys in the FILEs (- is standard input) to the project: .pub files, authorized_keys, what ssh-add -L prints,
and GitHub's .keys, with one key a line. What the project has already, whatever its name, stays as it is, so the same command
can be run again; two imports at the same time can add a key twice. Options before a key, such as from="…", are dropped
with a warning, as Gcore has none.

A key is named after its comment, as far as Gcore's published pattern for names allows: alice@laptop becomes alice-laptop. A
number makes the name unique in the project. Keys without a comment are named after --name-prefix.

Eight keys are sent at a time. Ctrl-C finishes those that are in flight; run the command again for the rest. The result of
each line is printed even if others failed, except with -o ids. If a line failed, the exit status is not 0: it is that
of the failure if all lines failed alike, and 1 otherwise.`,
		Example: `  gcore-sshkeys import ~/.ssh/id_ed25519.pub
  gcore-sshkeys import --dry-run team/authorized_keys more.pub
  ssh-add -L | gcore-sshkeys import -
  curl -fsS https://github.com/alice.keys | gcore-sshkeys import - --name-prefix alice`,
		Args: arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := m.check(cmd); err != nil {
				return err
			}
			return c.withKeys(m.run)(cmd, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&m.name, "name", "", "`name` of a single key (default: made of its comment)")
	flags.StringVar(&m.prefix, "name-prefix", "key", "`start` of the names of keys without a comment; a number follows")
	flags.BoolVar(&m.shared, "shared", true, "let all users of the project see and use the keys that are added")
	flags.BoolVar(&m.dryRun, "dry-run", false, "print what would be done, and add nothing")
	completeFlag(cmd, "name")
	completeFlag(cmd, "name-prefix")
	return cmd
}

func (m *importing) check(cmd *cobra.Command) error {
	if err := exclusive(cmd, "name", "name-prefix"); err != nil {
		return err
	}
	if cmd.Flags().Changed("name") {
		if err := (gcore.CreateSSHKeyRequest{Name: m.name}).Validate(); err != nil {
			return &usageError{error: err}
		}
	}
	return checkNamePrefix(m.prefix)
}

func (m *importing) run(cmd *cobra.Command, keys *gcore.SSHKeys, files []string) error {
	lines, err := readKeyLines(cmd, files)
	if err != nil {
		return err
	}
	results, err := m.plan(cmd.Context(), keys, lines)
	if err != nil {
		return err
	}
	if !m.dryRun {
		m.send(cmd, keys, results)
	}
	return m.report(cmd, results)
}

// readKeyLines reads all files, before anything is sent.
func readKeyLines(cmd *cobra.Command, files []string) ([]*keyLine, error) {
	const maxSize = 16 << 20
	var lines []*keyLine
	for _, file := range files {
		data, err := readInput(cmd, file, "public key", maxSize)
		if err != nil {
			return nil, err
		}
		lines = append(lines, parseKeyLines(file, data)...)
	}
	if len(lines) == 0 {
		return nil, errors.New("there is no public key in the input")
	}
	return lines, nil
}

// plan finds out what there is to do for each line. It lists the keys of the project once.
func (m *importing) plan(ctx context.Context, keys *gcore.SSHKeys, lines []*keyLine) ([]*lineResult, error) {
	distinct := map[string]bool{}
	for _, line := range lines {
		if line.err == nil {
			distinct[string(line.key.Marshal())] = true
		}
	}
	if m.name != "" && len(distinct) > 1 {
		return nil, usagef("--name is for a single key, and the input holds %d", len(distinct))
	}
	existing := map[string]gcore.SSHKey{}
	names := &projectNames{taken: map[string]bool{}, last: map[string]int{}}
	if len(distinct) > 0 {
		for key, err := range keys.All(ctx, gcore.ListSSHKeysParams{OrderBy: new(gcore.SSHKeyOrderCreatedAtAsc)}) {
			if err != nil { // what could not be read may be one of the keys
				return nil, fmt.Errorf("nothing was added: %w", err)
			}
			deleting := key.State == gcore.SSHKeyStateDELETING
			names.taken[key.Name] = names.taken[key.Name] || m.name == "" || !deleting
			blob := blobOf(key)
			if _, twice := existing[blob]; !twice && !deleting {
				existing[blob] = key
			}
		}
	}
	first := map[string]*keyLine{}
	results := make([]*lineResult, len(lines))
	for i, line := range lines {
		results[i] = newResult(line)
		if line.err != nil {
			results[i].fail(line.err)
			continue
		}
		blob := string(line.key.Marshal())
		if first[blob] != nil {
			results[i].Result, results[i].sameAs = resultRepeated, first[blob].where()
			continue
		}
		first[blob] = line
		if key, ok := existing[blob]; ok {
			results[i].resolve(resultExists, key)
			continue
		}
		m.nameLine(results[i], names)
	}
	return results, nil
}

// nameLine plans to add the key of a line.
func (m *importing) nameLine(result *lineResult, names *projectNames) {
	result.Result, result.Name = resultPlanned, m.name
	switch {
	case m.name == "":
		result.Name = names.of(result.comment, m.prefix)
	case names.taken[m.name]:
		result.fail(fmt.Errorf("another public key of the project has the name %q: give another one", m.name))
	}
}

// blobOf returns the public key of a listed key without its comment, or "" if it does not parse.
func blobOf(key gcore.SSHKey) string {
	line := parseKeyLines("", []byte(key.PublicKey))
	if len(line) != 1 || line[0].key == nil {
		return ""
	}
	return string(line[0].key.Marshal())
}

// report prints the result of each line.
func (m *importing) report(cmd *cobra.Command, results []*lineResult) error {
	var failures []error
	var keys []gcore.SSHKey
	var text strings.Builder
	count := map[string]int{}
	for _, result := range results {
		for _, warning := range result.Warnings {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: warning: %s\n", result.where(), warning)
		}
		count[result.Result]++
		if result.err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", result.where(), result.err))
			continue
		}
		if result.key != nil {
			keys = append(keys, *result.key)
		}
		text.WriteString(result.text() + "\n")
	}
	var parts []string
	for _, r := range resultWords {
		if n := count[r.result]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, r.words))
		}
	}
	fmt.Fprintln(cmd.ErrOrStderr(), strings.Join(parts, ", "))
	unfinished := m.unfinished(cmd.Context(), count)
	var printErr error
	if m.cli.output != "ids" || len(failures) == 0 && unfinished == nil {
		printErr = m.cli.print(cmd, keys, results, func(int) string { return text.String() })
	}
	switch {
	case unfinished != nil:
		return errors.Join(slices.Insert(failures, 0, unfinished)...)
	case len(failures) == 0:
		return printErr
	case len(results) == 1:
		return failures[0]
	}
	return fmt.Errorf("%d of %d lines failed:\n%w", len(failures), len(results), joinFailures(failures, len(failures) == len(results)))
}

// unfinished says that keys are left to be added, if the import was interrupted.
func (m *importing) unfinished(ctx context.Context, count map[string]int) error {
	n := count[resultLeft] + count[resultUnknown]
	if ctx.Err() == nil || n == 0 {
		return nil
	}
	return fmt.Errorf("%w with %s left: run the same command again to add the rest", context.Canceled, many(n, "key"))
}
