// Command sandboxbench compares the sandbox with a bare net/http server that responds with the same bytes, by wrk, alternately and
// in one run. It prints requests per second and their ratio, how long a start takes, and the most memory that the sandbox took.
package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const rounds = 5

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPjm+pA3bOMWMB/5tKkeLGE17xTuiaNnXY+scfcbcp2/"

// benchmarks are the requests that are compared.
var benchmarks = []struct{ name, method, path, body string }{
	{"create (generated key)", http.MethodPost, "/cloud/v1/ssh_keys/2", `{"name": "my-ssh-key"}`},
	{"create (uploaded key)", http.MethodPost, "/cloud/v1/ssh_keys/2", `{"name": "my-ssh-key", "public_key": "` + publicKey + `"}`},
	{"get", http.MethodGet, "/cloud/v1/ssh_keys/1/36a7a97a-0672-4911-8f2b-92cd4e5b0d91", ""},
	{"list", http.MethodGet, "/cloud/v1/ssh_keys/1", ""},
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal("sandboxbench: ", err)
	}
}

func run(ctx context.Context) error {
	if _, err := exec.LookPath("wrk"); err != nil {
		return errors.New("install wrk (the Debian package has the same name)")
	}
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	program := filepath.Join(folder, "gcore-sshkeys")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/gcore-sshkeys").CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	if err := compare(ctx, folder, program); err != nil {
		return err
	}
	if err := ready(ctx, program); err != nil {
		return err
	}
	return memory(ctx, folder, program)
}

// compare prints how many requests per second the sandbox and the bare server respond to.
func compare(ctx context.Context, folder, program string) error {
	sandbox, url, err := startSandbox(ctx, program)
	if err != nil {
		return err
	}
	defer end(sandbox)
	fmt.Printf("%-22s %12s %12s %6s\n", "", "sandbox /s", "bare /s", "ratio")
	for _, b := range benchmarks {
		status, body, err := request(ctx, b.method, url+b.path, b.body)
		if err != nil {
			return err
		}
		bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = w.Write(body)
		}))
		var ours, floors, ratios []float64
		for range rounds {
			if _, _, err := request(ctx, http.MethodPost, url+"/_sandbox/reset", ""); err != nil { // or creates pile up
				return err
			}
			rate, _, err := wrk(ctx, folder, script(b.method, b.body), url+b.path)
			if err != nil {
				return err
			}
			floor, _, err := wrk(ctx, folder, script(b.method, b.body), bare.URL+b.path)
			if err != nil {
				return err
			}
			ours, floors, ratios = append(ours, rate), append(floors, floor), append(ratios, rate/floor)
		}
		bare.Close()
		fmt.Printf("%-22s %12.0f %12.0f %6.2f\n", b.name, median(ours), median(floors), median(ratios))
	}
	return nil
}

func request(ctx context.Context, method, url, body string) (status int, response []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "apikey any")
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	response, err = io.ReadAll(resp.Body)
	return resp.StatusCode, response, err
}

// headers are those of all requests that wrk sends.
const headers = `wrk.headers["Content-Type"]="application/json"
wrk.headers["Authorization"]="apikey any"
`

// script has wrk send one request again and again.
func script(method, body string) string {
	return headers + fmt.Sprintf("wrk.method=%q\nwrk.body=%q\n", method, body)
}

// wrk returns how many requests a server responds to in two seconds, and how many that is per second. It fails if one of the
// responses is an error.
func wrk(ctx context.Context, folder, script, url string) (rate, requests float64, err error) {
	file := filepath.Join(folder, "request.lua")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		return 0, 0, err
	}
	out, err := exec.CommandContext(ctx, "wrk", "-t1", "-c16", "-d2s", "-s", file, url).CombinedOutput()
	if err != nil {
		return 0, 0, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	found := regexp.MustCompile(`(?s)(\d+) requests in .*Requests/sec: +([0-9.]+)`).FindSubmatch(out)
	if found == nil || bytes.Contains(out, []byte("Non-2xx")) {
		return 0, 0, fmt.Errorf("wrk printed no rate, or met errors:\n%s", out)
	}
	requests, err = strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		return 0, 0, err
	}
	rate, err = strconv.ParseFloat(string(found[2]), 64)
	return rate, requests, err
}

func median[T cmp.Ordered](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}
