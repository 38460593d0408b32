package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

func newVerify(_ *cli) *cobra.Command {
	v := &verification{}
	cmd := &cobra.Command{
		Use:   "verify FILE...",
		Short: "Check recorded traffic against the API's contract",
		Long: `Check recorded traffic against openapi.yaml, the contract of the API. Each FILE is a HAR file, as browsers and proxies
save it; - is standard input.

Each violation is printed in a line of its own: the file, which exchange in it (counted from 1), the operation, whether
the request or the response is meant, and where in it. Nothing that was sent is printed. The command fails if there is a
violation, or a file that cannot be read.

Only the exchanges with api.gcore.com, or the host in GCORE_BASE_URL, and only those with a path of the contract are
checked. The others are counted. Browsers can leave the API key out when they save a HAR file (Chrome does unless told
otherwise): then give --without-credentials.`,
		Example: `  gcore-sshkeys verify traffic.har
  gcore-sshkeys verify --host localhost:8080 --without-credentials first.har second.har
  unzip -p traffic.zip traffic.har | gcore-sshkeys verify -`,
		Args: cobra.MinimumNArgs(1),
		RunE: v.run,
	}
	cmd.Flags().StringSliceVar(&v.hosts, "host", nil, "check exchanges with this host too, such as localhost:8080")
	cmd.Flags().BoolVar(&v.withoutCredentials, "without-credentials", false, "accept requests that have no Authorization header")
	return cmd
}

// verification is one `verify`, as its flags describe it.
type verification struct {
	hosts              []string
	withoutCredentials bool

	validator *contract.Validator
	out       io.Writer
	tally
}

// tally is what was found in all files, or in one of them.
type tally struct {
	checked, violations, unanswered, otherHosts, otherPaths, withoutKey int
}

func (v *verification) run(cmd *cobra.Command, files []string) error {
	var err error
	if v.validator, err = contract.New(); err != nil {
		return err
	}
	v.out = cmd.OutOrStdout()
	v.hosts = append(v.hosts, hostOf(gcore.DefaultBaseURL))
	if base := os.Getenv("GCORE_BASE_URL"); base != "" {
		v.hosts = append(v.hosts, hostOf(base))
	}
	var failed error
	for _, path := range files {
		failed = errors.Join(failed, v.file(cmd, path))
	}
	if v.withoutKey > 0 && !v.withoutCredentials {
		_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "If the program that saved the file left Authorization headers out, give --without-credentials.")
	}
	if v.violations > 0 {
		failed = errors.Join(failed, fmt.Errorf("the traffic breaks the contract: %s", many(v.violations, "violation")))
	}
	return failed
}

// file checks one file and says how much of it was checked.
func (v *verification) file(cmd *cobra.Command, path string) error {
	name := path
	if path == "-" {
		name = "standard input"
	}
	in, err := openInput(cmd, path)
	if err != nil {
		return fmt.Errorf("read recorded traffic: %w", err)
	}
	defer func() { _ = in.Close() }()
	exchanges, err := contract.ReadHAR(in)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	before := v.tally
	for i, exchange := range exchanges {
		v.exchange(fmt.Sprintf("%s: exchange %d", name, i+1), exchange)
	}
	checked, hosts, paths := v.checked-before.checked, v.otherHosts-before.otherHosts, v.otherPaths-before.otherPaths
	summary := fmt.Sprintf("%s checked, %d ignored (%d with other hosts, %d with other paths)",
		many(checked, "exchange"), hosts+paths, hosts, paths)
	if checked == 0 {
		summary = "nothing to check: " + summary
	}
	if unanswered := v.unanswered - before.unanswered; unanswered > 0 {
		summary += fmt.Sprintf("; %d had no answer", unanswered)
	}
	_, err = fmt.Fprintf(v.out, "%s: %s; %s\n", name, summary, many(v.violations-before.violations, "violation"))
	return err
}

// exchange checks one exchange, if it is with the API and in the contract.
func (v *verification) exchange(where string, e *contract.Exchange) {
	if !slices.ContainsFunc(v.hosts, func(host string) bool { return sameHost(host, e.Request.URL) }) {
		v.otherHosts++
		return
	}
	asked := e.Request.Header.Get("Authorization") != ""
	requestErr := v.validator.CheckRequest(e.Request)
	found := violations(requestErr)
	// A browser's preflight asks whether it may send a request, and is none itself.
	preflight := e.Request.Method == http.MethodOptions && e.Request.Header.Get("Access-Control-Request-Method") != ""
	if preflight || slices.ContainsFunc(found, func(b *contract.Violation) bool { return b.Rule == "path" }) {
		v.otherPaths++
		return
	}
	v.checked++
	where += ", " + method(e.Request.Method)
	for _, b := range found {
		if b.Rule == "security" && !asked {
			v.withoutKey++
			if v.withoutCredentials {
				continue
			}
		}
		v.report(where, "request", b, e.Request.Body)
	}
	if e.Response == nil {
		v.unanswered++
		return
	}
	if slices.ContainsFunc(found, func(b *contract.Violation) bool { return b.Rule == "method" }) {
		return // no operation, so there is nothing to say of its answer
	}
	for _, b := range violations(v.validator.CheckResponse(e.Request, e.Response)) {
		v.report(where, "response", b, e.Response.Body)
	}
}

// report prints a violation. Of a body that could not be read it says why, in the words of the reader of the file.
func (v *verification) report(where, message string, b *contract.Violation, body io.Reader) {
	v.violations++
	line := *b
	line.Operation = ""
	why := ""
	if b.Rule == "read" {
		if _, err := io.Copy(io.Discard, body); err != nil {
			why = ": " + err.Error()
		}
	}
	if b.Operation != "" {
		where += " " + b.Operation
	}
	_, _ = fmt.Fprintf(v.out, "%s, %s: %s%s\n", where, message, line.Error(), why)
}

func violations(err error) contract.Violations {
	found, _ := errors.AsType[contract.Violations](err)
	return found
}

// method is a method to print: another than HTTP's own could be anything.
func method(sent string) string {
	switch sent {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return sent
	}
	return "another method"
}

// hostOf returns the host of a URL, or what was given if it is none.
func hostOf(text string) string {
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		return u.Host
	}
	return text
}

// sameHost reports whether u is at a host, which is written with its port unless that is the one of the scheme.
func sameHost(host string, u *url.URL) bool {
	usual := map[string]string{"https": ":443", "http": ":80"}[u.Scheme]
	trim := func(host string) string { return strings.TrimSuffix(strings.ToLower(host), usual) }
	return host != "" && trim(host) == trim(u.Host)
}

// many is a number of things in words.
func many(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
