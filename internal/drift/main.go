// Command drift compares openapi.yaml with Gcore's published description of its API and says, in plain
// words, where the requests or responses differ. Only operations of openapi.yaml and others about SSH keys are
// compared. known.yaml lists the intended differences.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"

	"github.com/getkin/kin-openapi/openapi3"

	sshkeys "github.com/gcore-sshkeys/gcore-sshkeys-go"
)

//go:embed known.yaml
var knownYAML []byte

func main() {
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: make drift UPSTREAM=<file or URL of Gcore's OpenAPI description, JSON or YAML>")
	}
	flag.Parse()
	if flag.NArg() != 1 || flag.Arg(0) == "" {
		flag.Usage()
		os.Exit(2)
	}
	upstream, err := read(flag.Arg(0))
	drifted := false
	if err == nil {
		drifted, err = run(os.Stdout, []byte(sshkeys.OpenAPI), upstream, knownYAML)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "drift:", err)
	}
	if err != nil || drifted {
		os.Exit(1)
	}
}

// read returns what the file or URL holds.
func read(where string) ([]byte, error) {
	location, err := url.Parse(where)
	if err != nil {
		return nil, err
	}
	return openapi3.DefaultReadFromURI(nil, location)
}

// run compares two OpenAPI documents and writes what differs to out. It returns true if there is a
// difference that known does not list, or if known lists one that is not there.
func run(out io.Writer, ours, gcores, known []byte) (bool, error) {
	ourFacts, ourPaths, err := facts(ours, nil)
	if err != nil {
		return false, fmt.Errorf("openapi.yaml: %w", err)
	}
	gcoreFacts, _, err := facts(gcores, ourPaths)
	if err != nil {
		return false, fmt.Errorf("what Gcore publishes: %w", err)
	}
	divergences, err := parseKnown(known)
	if err != nil {
		return false, fmt.Errorf("known.yaml: %w", err)
	}
	report := compare(ourFacts, gcoreFacts, divergences)
	for _, gone := range report.gone {
		fmt.Fprintf(out, "GONE: %s\n", gone)
	}
	for _, d := range report.unknown {
		fmt.Fprintf(out, "NEW: %s\n", d)
	}
	fmt.Fprintf(out, "drift: %d new, %d gone, %d known.\n", len(report.unknown), len(report.gone), len(report.known))
	if len(report.unknown) > 0 {
		fmt.Fprintln(out, "NEW: if Gcore's description is right, change openapi.yaml; if ours is meant to differ, say so and why in internal/drift/known.yaml.")
	}
	if len(report.gone) > 0 {
		fmt.Fprintln(out, "GONE: the two agree there now; take the entry out of internal/drift/known.yaml.")
	}
	return len(report.unknown) > 0 || len(report.gone) > 0, nil
}
