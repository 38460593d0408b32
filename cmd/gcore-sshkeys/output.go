package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// formats is what --output can be.
var formats = []string{"table", "wide", "json", "yaml", "ids"}

// savedKey is a key as the API shows it, and where its private half was saved by this command.
type savedKey struct {
	gcore.SSHKey

	PrivateKeyPath string `json:"private_key_path,omitempty"`
}

// printKey prints one key. path is where its private half was saved, or "".
func (c *cli) printKey(cmd *cobra.Command, key gcore.SSHKey, path string) error {
	return c.print(cmd, []gcore.SSHKey{key}, savedKey{key, path}, func(width int) string {
		return describe(savedKey{key, path}, width)
	})
}

// printKeys prints a list of keys.
func (c *cli) printKeys(cmd *cobra.Command, keys []gcore.SSHKey) error {
	if keys == nil {
		keys = []gcore.SSHKey{}
	}
	return c.print(cmd, keys, keys, func(width int) string { return tableOf(keys, width, c.noHeader) })
}

// print writes a result, at once and whole: value as JSON or YAML, the ids of keys, or a text for people, which is made to fit the given
// width, or is not shortened if that is 0.
func (c *cli) print(cmd *cobra.Command, keys []gcore.SSHKey, value any, text func(width int) string) error {
	var out string
	var err error
	switch c.output {
	case "json":
		out, err = toJSON(value)
	case "yaml":
		out, err = toYAML(value)
	case "ids":
		for _, key := range keys {
			out += printable(key.ID) + "\n"
		}
	case "wide":
		out = text(0)
	default:
		out = text(widthOf(cmd.OutOrStdout()))
	}
	if err != nil {
		return err
	}
	return write(cmd, out)
}

// write writes to standard output, whose reader may never read.
func write(cmd *cobra.Command, text string) error {
	_, err := await(cmd.Context(), gracePeriod, func() (int, error) { return fmt.Fprint(cmd.OutOrStdout(), text) })
	if err != nil {
		return &printError{err}
	}
	return nil
}

// A printError is a result that could not be printed. The command has done its work.
type printError struct{ error }

func (e *printError) Error() string { return "print the result: " + e.error.Error() }
func (e *printError) Unwrap() error { return e.error }

func isPrintError(err error) bool {
	_, ok := errors.AsType[*printError](err)
	return ok
}

// isClosedPipe reports whether a write failed because its reader has ended, which is no failure of the command.
func isClosedPipe(err error) bool {
	const noData, brokenPipe = syscall.Errno(232), syscall.Errno(109) // what Windows calls it
	return errors.Is(err, syscall.EPIPE) || runtime.GOOS == "windows" && (errors.Is(err, noData) || errors.Is(err, brokenPipe))
}

func toJSON(value any) (string, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return escapeControls(b.String()), err
}

// toYAML writes what toJSON writes, with its names and in its order.
func toYAML(value any) (string, error) {
	text, err := toJSON(value)
	if err != nil {
		return "", err
	}
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		return "", err
	}
	blockStyle(&document)
	out, err := yaml.Dump(&document, yaml.WithIndent(2), yaml.WithLineWidth(-1)) // a public key stays on one line
	if err != nil {
		return "", err
	}
	return escapeControls(string(out)), nil
}

var notText = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|=|<<)$`)

// blockStyle gives a YAML document made of JSON the usual form of YAML. Text with controls stays in double quotes, where they can
// be escaped, and so does what YAML 1.1 does not take for a text.
func blockStyle(node *yaml.Node) {
	switch {
	case node.Kind != yaml.ScalarNode && len(node.Content) > 0:
		node.Style = 0
	case node.Kind != yaml.ScalarNode, strings.ContainsFunc(node.Value, isControl), notText.MatchString(node.Value):
	default:
		node.Style = 0
	}
	for _, child := range node.Content {
		blockStyle(child)
	}
}
