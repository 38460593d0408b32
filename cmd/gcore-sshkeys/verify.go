package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/env"
)

var reportFormats = []string{"table", "json", "yaml", "github"}

func newVerify(c *cli) *cobra.Command {
	v := &verification{cli: c}
	cmd := &cobra.Command{
		Use:   "verify FILE...",
		Short: "Check recorded traffic against the API's contract, or another OpenAPI document",
		Long: `Check recorded traffic against openapi.yaml, the contract of the API. Each FILE is a HAR file, as browsers and proxies
save it; - is standard input.

Each violation is printed in a line of its own: the file, which exchange in it (counted from 1), the operation, whether
the request or the response is meant, and where in it. Nothing that was sent is printed. The last line sums up. With
-o json or yaml a program can read the result; with -o github the violations are annotations in a GitHub workflow.

The exit status is 6 if there is a violation, 7 if no exchange was checked (unless --allow-empty is given), and 1 if a
file cannot be read.

Only the exchanges with api.gcore.com, or the host in GCORE_BASE_URL, and only those with a path of the contract are
checked. The others are counted. --host adds a host; --host localhost is this machine, under any of its names and at any
port. Browsers can leave the API key out when they save a HAR file (Chrome does unless told otherwise): then give
--without-credentials.

With --spec, the traffic of any API is checked against its OpenAPI 3.0 document, in YAML or JSON. What is checked then are
the exchanges with the hosts of the document's servers and those of --host, or with every host if there are none. The base
path of a server may stand before the paths of the document. A document that says something which cannot be checked is
refused, and so is one that refers to other files.`,
		Example: `  gcore-sshkeys verify traffic.har
  gcore-sshkeys verify --host localhost --without-credentials first.har second.har
  unzip -p traffic.zip traffic.har | gcore-sshkeys verify -
  gcore-sshkeys verify -o github recordings/*.har
  gcore-sshkeys verify --spec another-api.yaml traffic.har`,
		Args:        arguments(1, -1),
		Annotations: map[string]string{ownFormats: strings.Join(reportFormats, " ")},
		RunE:        v.run,
	}
	flags := cmd.Flags()
	flags.StringVarP(&c.output, "output", "o", "table", "`format` of the report: "+strings.Join(reportFormats, ", "))
	completeFlag(cmd, "output", reportFormats...)
	flags.StringSliceVar(&v.hosts, "host", nil, "check exchanges with this `host` too, such as localhost:8080")
	flags.StringVar(&v.spec, "spec", "", "check against this OpenAPI 3.0 `file`, not against the contract of SSH keys")
	flags.BoolVar(&v.withoutCredentials, "without-credentials", false, "accept requests that have no API key")
	flags.BoolVar(&v.allowEmpty, "allow-empty", false, "succeed if no exchange was checked")
	completeFlag(cmd, "host")
	return cmd
}

// verification is one verify, as its flags describe it, and what it found.
type verification struct {
	cli                *cli
	hosts              []string // every host, if there are none
	spec               string
	withoutCredentials bool
	allowEmpty         bool

	validator *contract.Validator
	report    report
}

func (v *verification) run(cmd *cobra.Command, files []string) error {
	if cmd.Flags().Changed("spec") && v.spec == "" {
		return usagef("--spec is empty: name the file of an OpenAPI document")
	}
	ctx := cmd.Context()
	if _, err := await(ctx, 0, func() (struct{}, error) { return struct{}{}, v.readSpec() }); err != nil {
		return err
	}
	v.report.Files, v.report.Violations, v.report.left = files, []finding{}, map[string]bool{}
	var failures []error
	for _, path := range files {
		err := v.file(cmd, path)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			failures = append(failures, err)
			v.report.Unreadable = append(v.report.Unreadable, message(err))
		}
	}
	if len(v.report.left) > 0 && !v.withoutCredentials {
		fmt.Fprintf(cmd.ErrOrStderr(), "If the program that saved the file left %s headers out, give --without-credentials.\n",
			strings.Join(slices.Sorted(maps.Keys(v.report.left)), " and "))
	}
	if err := v.report.print(cmd, v.cli); err != nil {
		return err
	}
	switch n := len(v.report.Violations); {
	case n > 0:
		failures = append(failures, fmt.Errorf("the traffic breaks the contract: %s", many(n, "violation")))
		return withStatus(statusViolations, errors.Join(failures...))
	case len(failures) == 0 && v.report.Checked == 0 && !v.allowEmpty:
		where := "see --host"
		if v.report.OtherHosts > 0 && v.report.OtherPaths == 0 {
			where = fmt.Sprintf("none is with %s: add other hosts with --host", strings.Join(v.hosts, " or "))
		}
		return withStatus(statusNotChecked, fmt.Errorf("no exchange was checked: %s, or give --allow-empty", where))
	}
	return errors.Join(failures...)
}

// readSpec makes the validator, and adds the hosts that the document is about.
func (v *verification) readSpec() error {
	var err error
	if v.spec != "" {
		var hosts []string
		v.validator, hosts, err = readSpec(v.spec)
		v.hosts = append(v.hosts, hosts...)
		return err
	}
	v.hosts = append(v.hosts, hostOf(gcore.DefaultBaseURL))
	if base := os.Getenv(env.BaseURL); base != "" {
		v.hosts = append(v.hosts, hostOf(base))
	}
	v.validator, err = contract.New()
	return err
}

// file checks one file.
func (v *verification) file(cmd *cobra.Command, path string) error {
	in, err := openInput(cmd, path)
	if err != nil {
		return fmt.Errorf("read recorded traffic: %w", err)
	}
	defer func() { _ = in.Close() }()
	n := 0
	for exchange, err := range contract.ReadHAR(in) {
		if err != nil {
			return fmt.Errorf("%s: %w", nameOf(path), err)
		}
		n++
		v.exchange(finding{File: nameOf(path), Exchange: n}, exchange)
		if err := cmd.Context().Err(); err != nil {
			return err
		}
	}
	return nil
}

// exchange checks one exchange, if it is with the API and in the contract.
func (v *verification) exchange(at finding, e *contract.Exchange) {
	if len(v.hosts) > 0 && !slices.ContainsFunc(v.hosts, func(host string) bool { return sameHost(host, e.Request.URL) }) {
		v.report.OtherHosts++
		return
	}
	requestErr := v.validator.CheckRequest(e.Request)
	found := violations(requestErr)
	// A browser's preflight asks whether it may send a request, and is none itself.
	preflight := e.Request.Method == http.MethodOptions && e.Request.Header.Get("Access-Control-Request-Method") != ""
	if preflight || slices.ContainsFunc(found, func(b *contract.Violation) bool { return b.Rule == "path" }) {
		v.report.OtherPaths++
		return
	}
	v.report.Checked++
	at.Method = method(e.Request.Method)
	for _, b := range found {
		if header := strings.TrimPrefix(b.Pointer, "/"); b.Rule == "security" && e.Request.Header.Get(header) == "" {
			v.report.left[header] = true
			if v.withoutCredentials {
				continue
			}
		}
		v.add(at, "request", b, e.Request.Body)
	}
	if e.Response == nil {
		v.report.NoResponse++
		return
	}
	if slices.ContainsFunc(found, func(b *contract.Violation) bool { return b.Rule == "method" }) {
		return // no operation, so there is nothing to say of its response
	}
	for _, b := range violations(v.validator.CheckResponse(e.Request, e.Response)) {
		v.add(at, "response", b, e.Response.Body)
	}
}

// add reports a violation. Of a body that could not be read it says why, in the words of the reader of the file.
func (v *verification) add(at finding, part string, b *contract.Violation, body io.Reader) {
	line := *b
	line.Operation = ""
	at.Operation, at.Part, at.Rule, at.Text = b.Operation, part, b.Rule, line.Error()
	if b.Rule == "read" {
		if _, err := io.Copy(io.Discard, body); err != nil {
			at.Text += ": " + err.Error()
		}
	}
	v.report.Violations = append(v.report.Violations, at)
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

// sameHost reports whether u is at a host, which is written with its port unless that is the one of the scheme. This machine is
// meant by any of its names and, if none is given, with any port.
func sameHost(host string, u *url.URL) bool {
	if isLoopback(host) && isLoopback(u.Hostname()) {
		return true
	}
	usual := map[string]string{"https": ":443", "http": ":80"}[u.Scheme]
	trim := func(host string) string { return strings.TrimSuffix(strings.ToLower(host), usual) }
	return host != "" && trim(host) == trim(u.Host)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// many is a number of things in words.
func many(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
