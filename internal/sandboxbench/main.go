// Command sandboxbench compares the sandbox with a bare net/http server that responds with the same bytes, and creates with one that
// makes keys and does nothing else, by wrk, alternately and in one run. It prints requests per second and their ratios, how long a
// start takes, and the most memory that the sandbox took.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
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

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

const rounds = 5

const (
	project    = "/cloud/v1/ssh_keys/1"
	documented = project + "/36a7a97a-0672-4911-8f2b-92cd4e5b0d91" // the key that a sandbox starts with
)

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPjm+pA3bOMWMB/5tKkeLGE17xTuiaNnXY+scfcbcp2/"

// benchmarks are the requests that are compared.
var benchmarks = []struct{ name, method, path, body string }{
	{"create (generated key)", http.MethodPost, "/cloud/v1/ssh_keys/2", `{"name": "my-ssh-key"}`},
	{"create (uploaded key)", http.MethodPost, "/cloud/v1/ssh_keys/2", `{"name": "my-ssh-key", "public_key": "` + publicKey + `"}`},
	{"get", http.MethodGet, documented, ""},
	{inTurn, http.MethodGet, documented, ""},
	{"list", http.MethodGet, project, ""},
}

const inTurn = "get (1,000 keys)" // one after the other

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

// compare prints how many requests per second the sandbox and the other servers respond to.
func compare(ctx context.Context, folder, program string) error {
	sandbox, url, err := startSandbox(ctx, program)
	if err != nil {
		return err
	}
	defer end(sandbox)
	fmt.Printf("%-22s %12s %12s %6s %14s %6s\n", "", "sandbox /s", "bare /s", "ratio", "create only /s", "ratio")
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
		creating := httptest.NewServer(http.HandlerFunc(createOnly))
		servers := []string{url, bare.URL}
		if b.method == http.MethodPost {
			servers = append(servers, creating.URL)
		}
		rates, ratios := make([][]float64, len(servers)), make([][]float64, len(servers))
		for range rounds {
			if _, _, err := request(ctx, http.MethodPost, url+"/_sandbox/reset", ""); err != nil { // or creates pile up
				return err
			}
			requests := script(b.method, b.body)
			if b.name == inTurn {
				if requests, err = getInTurn(ctx, url); err != nil {
					return err
				}
			}
			for i, server := range servers {
				rate, _, err := wrk(ctx, folder, requests, server+b.path)
				if err != nil {
					return err
				}
				rates[i] = append(rates[i], rate)
				ratios[i] = append(ratios[i], rates[0][len(rates[0])-1]/rate)
			}
		}
		bare.Close()
		creating.Close()
		fmt.Printf("%-22s %12.0f %12.0f %6.2f", b.name, median(rates[0]), median(rates[1]), median(ratios[1]))
		if len(servers) > 2 {
			fmt.Printf(" %14.0f %6.2f", median(rates[2]), median(ratios[2]))
		}
		fmt.Println()
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

// sendInTurn has wrk send the requests of a list.
const sendInTurn = `
local texts = {}
init = function()
  for i, r in ipairs(requests) do texts[i] = wrk.format(r[1], r[2], nil, r[3]) end
end
local i = 0
request = function()
  i = i % #texts + 1
  return texts[i]
end
`

// script has wrk send one request again and again.
func script(method, body string) string {
	return headers + fmt.Sprintf("wrk.method=%q\nwrk.body=%q\n", method, body)
}

// getInTurn creates keys, and returns a script that has wrk get them in turn.
func getInTurn(ctx context.Context, url string) (string, error) {
	var gets strings.Builder
	for range 1_000 {
		var key gcore.SSHKey
		_, body, err := request(ctx, http.MethodPost, url+project, `{"name": "my-ssh-key"}`)
		if err == nil {
			err = json.Unmarshal(body, &key)
		}
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&gets, "{\"GET\", \"%s/%s\"},\n", project, key.ID)
	}
	return headers + "local requests = {" + gets.String() + "}\n" + sendInTurn, nil
}

// wrk returns the requests per second, and all requests, of two seconds. It fails if one of the responses is an error.
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
