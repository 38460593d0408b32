package main

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sandbox"
)

var logFormats = []string{"text", "json", "none"}

func newSandbox() *cobra.Command {
	var f sandboxFlags
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run an in-memory Gcore for clients in any language",
		Long: `Run an in-memory server of Gcore's SSH keys API until interrupted, for tests of clients in any language.

Point a client at the printed address. Any API key is accepted, and project 1 holds the key that Gcore's documentation
shows, my-ssh-key with the id 36a7a97a-0672-4911-8f2b-92cd4e5b0d91. Generated keys are real. Nothing is written to disk:
the keys are gone when the sandbox ends. A signal ends it after the requests in progress, or after two seconds, with
status 0; a second one ends it at once.

/docs/ is a reference page on which each operation can be tried; it loads nothing from the internet. /openapi.yaml and
/openapi.json are what it shows, with the sandbox as server.

Control endpoints, on the same address:

` + indent(sandbox.Endpoints) + `
Calls show the values of common headers and of the API's query parameters. Others are redacted: by mistake, a client can
send its API key there. Paths and bodies are shown as they were sent, but for a body with a private key.

A fault says which calls it is for: the nth call that matches, and with "times": N that many from there on (-1: all). It
says what happens: status, header, body, chunked, raw, hide_for (lists that leave a new key out), commit (CommitByStatus,
CommitNow, CommitNever, CommitAfterList), break (DropBeforeHeaders, DropInBody, StallBeforeHeaders, StallInBody) and at
(bytes of the body). With a status of 4xx other than 408 the operation is not carried out; with 408 or 5xx it is, as when a
proxy loses the response, unless commit says otherwise. Faults come before authentication.

  {"operation": "createSSHKey", "project_id": 1, "name": "k", "nth": 1, "times": 1,
   "fault": {"commit": "CommitNever", "status": 503}}`,
		Example: `  gcore-sshkeys sandbox
  gcore-sshkeys sandbox --listen 127.0.0.1:0 --empty --log json
  gcore-sshkeys sandbox --fault '{"operation": "listSSHKeys", "fault": {"status": 429}}'
  curl -X POST http://127.0.0.1:4010/_sandbox/reset`,
		Args:              arguments(0, 0),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return runSandbox(cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:4010", "`address` to listen on; port 0 chooses a free one")
	flags.BoolVar(&f.requireAPIKey, "require-api-key", false, "accept only the API key in $GCORE_API_KEY")
	flags.StringVar(&f.keysFile, "keys", "", "JSON `file` with the keys to start with, as \"list -o json\" prints them")
	flags.BoolVar(&f.empty, "empty", false, "start without keys")
	flags.DurationVar(&f.latency, "latency", 0, "`duration` to wait before each response of the API, such as 20ms")
	flags.StringArrayVar(&f.faults, "fault", nil, "a fault as `JSON`, or an array of them; can be repeated")
	flags.BoolVar(&f.uniqueNames, "unique-names", false, "refuse a create with a name that the project has (whether Gcore does is not published)")
	flags.StringArrayVar(&f.allowHosts, "allow-host", nil, "host `name` besides localhost that requests may be addressed to; can be repeated")
	flags.StringArrayVar(&f.cors, "cors", nil, "`origin` whose web pages may use the API, but not the control endpoints, such as http://localhost:3000")
	flags.StringVar(&f.log, "log", "text", "request log on standard error, a `format`: text, json or none")
	for _, flag := range []string{"listen", "latency", "fault", "allow-host", "cors"} {
		completeFlag(cmd, flag)
	}
	completeFlag(cmd, "log", logFormats...)
	return cmd
}

func runSandbox(cmd *cobra.Command, f sandboxFlags) error {
	log := sandbox.NewLogWriter(cmd.ErrOrStderr())
	defer func() { _ = log.Close() }()
	config, err := f.config(cmd, log)
	if err != nil {
		return err
	}
	box, err := sandbox.New(config)
	if fault, ok := errors.AsType[*sandbox.FaultError](err); ok {
		return usagef("--fault: %w", fault)
	}
	if err != nil {
		return fmt.Errorf("start the sandbox: %w", err)
	}
	listener, err := listen(f.listen)
	if err != nil {
		return err
	}
	address := listener.Addr().String()
	if host, _, err := net.SplitHostPort(address); err == nil && !sandbox.IsLoopback(host) {
		fmt.Fprintf(cmd.ErrOrStderr(), "warning: %s can be reached from other machines; requests to another name than localhost need --allow-host\n", address)
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		address = fmt.Sprintf("127.0.0.1:%d", tcp.Port) // which clients here can use
	}
	_, err = fmt.Fprint(cmd.OutOrStdout(), greeting("http://"+address, config.APIKey != ""))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	sandbox.TuneMemory(cmd.Context())
	ended := make(chan error, 1)
	go func() { ended <- box.Serve(cmd.Context(), listener) }()
	select {
	case err := <-ended:
		return err
	case <-secondSignalOf(cmd.Context()): // do not wait for requests in progress
		return cmd.Context().Err()
	}
}

// greeting says how to use the sandbox, without the API key.
func greeting(url string, requireAPIKey bool) string {
	key := `export GCORE_API_KEY='sandbox'` + "\n"
	if requireAPIKey {
		key = ""
	}
	return fmt.Sprintf(`export GCORE_BASE_URL='%[1]s'
%[2]sexport GCORE_CLOUD_PROJECT_ID=1
# curl -H "Authorization: apikey $GCORE_API_KEY" %[1]s/cloud/v1/ssh_keys/1
# Reference page, to try the API in a browser: %[1]s/docs/
`, url, key)
}

func listen(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is taken by another program, perhaps another sandbox: end it, or choose another with --listen", address)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return listener, nil
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
}
