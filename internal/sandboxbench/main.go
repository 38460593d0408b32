// Command sandboxbench compares the sandbox with a bare net/http server that responds with the same bytes, by wrk, alternately and
// in one run. It prints requests per second, their ratio, and the most memory that the sandbox took.
package main

import (
	"bufio"
	"bytes"
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
	sandbox, url, err := startSandbox(ctx, folder)
	if err != nil {
		return err
	}
	defer func() { _ = sandbox.Process.Kill() }()

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
			rate, err := wrk(ctx, folder, b.method, url+b.path, b.body)
			if err != nil {
				return err
			}
			floor, err := wrk(ctx, folder, b.method, bare.URL+b.path, b.body)
			if err != nil {
				return err
			}
			ours, floors, ratios = append(ours, rate), append(floors, floor), append(ratios, rate/floor)
		}
		bare.Close()
		fmt.Printf("%-22s %12.0f %12.0f %6.2f\n", b.name, median(ours), median(floors), median(ratios))
	}
	_ = sandbox.Process.Kill()
	return memory(ctx, folder)
}

// memory prints what a new sandbox takes with 10,000 keys and after many requests.
func memory(ctx context.Context, folder string) error {
	sandbox, url, err := startSandbox(ctx, folder)
	if err != nil {
		return err
	}
	defer func() { _ = sandbox.Process.Kill() }()
	create, get := benchmarks[0], benchmarks[1]
	for range 10_000 {
		if _, _, err := request(ctx, create.method, url+create.path, create.body); err != nil {
			return err
		}
	}
	rate, err := wrk(ctx, folder, get.method, url+get.path, get.body)
	if err != nil {
		return err
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", sandbox.Process.Pid))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(status)) {
		if peak, found := strings.CutPrefix(line, "VmHWM:"); found {
			fmt.Printf("peak memory with 10,000 keys and %.0f requests: %s\n", 2*rate, strings.TrimSpace(peak))
		}
	}
	return nil
}

// startSandbox builds the command, starts its sandbox and returns the address.
func startSandbox(ctx context.Context, folder string) (*exec.Cmd, string, error) {
	program := filepath.Join(folder, "gcore-sshkeys")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/gcore-sshkeys").CombinedOutput(); err != nil {
		return nil, "", fmt.Errorf("build: %w\n%s", err, out)
	}
	cmd := exec.CommandContext(ctx, program, "sandbox", "--listen", "127.0.0.1:0", "--log", "none")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	url := regexp.MustCompile(`http://[^']+`).FindString(line)
	return cmd, url, err
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

// wrk returns how many requests per second a server responds to. It fails if one of the responses is an error.
func wrk(ctx context.Context, folder, method, url, body string) (float64, error) {
	script := filepath.Join(folder, "request.lua")
	text := fmt.Sprintf("wrk.method=%q\nwrk.body=%q\nwrk.headers[\"Content-Type\"]=\"application/json\"\nwrk.headers[\"Authorization\"]=\"apikey any\"\n", method, body)
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		return 0, err
	}
	out, err := exec.CommandContext(ctx, "wrk", "-t1", "-c16", "-d2s", "-s", script, url).CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("Non-2xx")) {
		return 0, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	found := regexp.MustCompile(`Requests/sec: +([0-9.]+)`).FindSubmatch(out)
	if found == nil {
		return 0, fmt.Errorf("wrk printed no rate:\n%s", out)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
