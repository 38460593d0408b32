// Command record records the real API as HAR files in contract/testdata/recordings, with GCORE_API_KEY and
// GCORE_CLOUD_PROJECT_ID set. It creates two SSH keys and deletes them, even if it fails.
//
// Each file has one exchange, and says in its comment where it is from: live, or, for those that the tests of this package
// write, documented (the examples of openapi.yaml) or sandbox (gcoretest). Everything is redacted in memory, before any of it is
// written.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/env"
)

const recordings = "contract/testdata/recordings"

func main() {
	out := flag.String("out", recordings, "folder to write to")
	flag.Parse()

	// A second signal does not stop it either: there may be keys to delete, and every call has a time limit.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, *out, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out string, stdout io.Writer) error {
	// HTTP/1.1 only, since net/http retries some HTTP/2 requests by itself.
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, Protocols: protocols, TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: 15 * time.Second}
	config := gcore.Config{
		APIKey:     os.Getenv(env.APIKey),
		BaseURL:    cmp.Or(os.Getenv(env.BaseURL), gcore.DefaultBaseURL),
		HTTPClient: &http.Client{Transport: transport},
	}
	if !isGcore(config) && out == recordings {
		return fmt.Errorf(env.BaseURL+" is not %s: only recordings of Gcore go into %s, so give another folder with -out", gcore.DefaultBaseURL, recordings)
	}
	return recordLive(ctx, config, 3*time.Second, out, stdout)
}

// isGcore reports whether this is the real API, whose recordings alone are called live.
func isGcore(config gcore.Config) bool {
	return strings.TrimSuffix(config.BaseURL, "/") == gcore.DefaultBaseURL
}
