package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"
)

// ready prints how long it takes from the start of the process to the first response.
func ready(ctx context.Context, program string) error {
	var times []time.Duration
	for range 20 {
		start := time.Now()
		sandbox, url, err := startSandbox(ctx, program)
		if err != nil {
			return err
		}
		_, _, err = request(ctx, http.MethodGet, url+"/_sandbox/health", "")
		times = append(times, time.Since(start))
		end(sandbox)
		if err != nil {
			return err
		}
	}
	fmt.Printf("ready: median %v, at most %v\n", median(times).Round(time.Millisecond), slices.Max(times).Round(time.Millisecond))
	return nil
}

// mixed is a script that has wrk list pages of keys, get a key and update it in turn.
const mixed = headers + `
local requests = {
  {"GET", "` + project + `?limit=100&offset=5000"}, {"GET", "` + project + `?name=ssh&order_by=name.asc"},
  {"GET", "` + project + `"}, {"GET", "` + documented + `"}, {"PATCH", "` + documented + `", '{"shared_in_project": true}'},
}
` + sendInTurn

// memory prints what a new sandbox takes with 10,000 keys and after a million calls.
func memory(ctx context.Context, folder, program string) error {
	sandbox, url, err := startSandbox(ctx, program)
	if err != nil {
		return err
	}
	defer end(sandbox)
	for range 10_000 {
		if _, _, err := request(ctx, http.MethodPost, url+project, `{"name": "my-ssh-key"}`); err != nil {
			return err
		}
	}
	var calls float64
	for calls < 1_000_000 {
		_, requests, err := wrk(ctx, folder, mixed, url)
		if err != nil {
			return err
		}
		calls += requests
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", sandbox.Process.Pid))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(status)) {
		if peak, found := strings.CutPrefix(line, "VmHWM:"); found {
			fmt.Printf("peak memory with 10,000 keys and %.0f calls: %s\n", calls, strings.TrimSpace(peak))
		}
	}
	return nil
}

// startSandbox starts the command's sandbox and returns its address.
func startSandbox(ctx context.Context, program string) (*exec.Cmd, string, error) {
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

func end(sandbox *exec.Cmd) {
	_ = sandbox.Process.Kill()
	_ = sandbox.Wait()
}
