// Command record writes the recordings in contract/testdata/recordings: one HAR file for each exchange,
// which says in its comment where it is from.
//
//	make record        documented: the examples of openapi.yaml; sandbox: requests to gcoretest
//	make record-live   live: the same requests to the real API, with a project of yours
//
// record-live creates two SSH keys and deletes them, even if it fails. Everything is redacted in memory,
// before any of it is written.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

const recordings = "contract/testdata/recordings"

func main() {
	live := flag.Bool("live", false, "record the real API, with GCORE_API_KEY and GCORE_CLOUD_PROJECT_ID")
	out := flag.String("out", recordings, "folder to write to")
	flag.Parse()

	// A second signal does not stop it either: there may be keys to delete, and every call has a time limit.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, *live, *out, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, live bool, out string, stdout io.Writer) error {
	if !live {
		return errors.Join(recordDocumented(out, stdout), recordSandbox(ctx, out, stdout))
	}
	account, err := accountFromEnvironment()
	if err != nil {
		return err
	}
	if !account.isGcore() && out == recordings {
		return fmt.Errorf("GCORE_BASE_URL is not %s: only recordings of Gcore go into %s, so give another folder with -out", gcore.DefaultBaseURL, recordings)
	}
	return recordLive(ctx, account, out, stdout)
}

// account is whose API is recorded, and how it is reached.
type account struct {
	apiKey    string
	project   int64
	baseURL   string
	transport http.RoundTripper
	pause     time.Duration                                             // between two looks for a key that may be there
	backoff   func(retries int, retryAfter time.Duration) time.Duration // of the client; nil is its own
}

// accountFromEnvironment fails without a key and a project: there are no defaults for them.
func accountFromEnvironment() (account, error) {
	a := account{apiKey: os.Getenv("GCORE_API_KEY"), baseURL: os.Getenv("GCORE_BASE_URL"), pause: 3 * time.Second}
	if a.apiKey == "" {
		return a, errors.New("GCORE_API_KEY is not set: give an API key, in single quotes as it can hold a $:" +
			" GCORE_API_KEY='1234$abcdef' GCORE_CLOUD_PROJECT_ID=1 make record-live")
	}
	project := os.Getenv("GCORE_CLOUD_PROJECT_ID")
	if project == "" {
		return a, errors.New("GCORE_CLOUD_PROJECT_ID is not set: give the number of the project in which two SSH keys are created and deleted")
	}
	var err error
	if a.project, err = strconv.ParseInt(project, 10, 64); err != nil || a.project < 1 {
		return a, errors.New("GCORE_CLOUD_PROJECT_ID is not the number of a project")
	}
	if a.baseURL == "" {
		a.baseURL = gcore.DefaultBaseURL
	}
	// HTTP/1.1 only, since net/http retries some HTTP/2 requests by itself.
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	a.transport = &http.Transport{Proxy: http.ProxyFromEnvironment, Protocols: protocols, TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: 15 * time.Second}
	return a, nil
}

// isGcore reports whether this is the real API, whose recordings alone are called live.
func (a account) isGcore() bool { return strings.TrimSuffix(a.baseURL, "/") == gcore.DefaultBaseURL }
