package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	sshkeys "github.com/gcore-sshkeys/gcore-sshkeys-go"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/env"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sandbox"
)

// sandboxFlags are the flags of the sandbox command.
type sandboxFlags struct {
	listen        string
	requireAPIKey bool
	keysFile      string
	empty         bool
	latency       time.Duration
	faults        []string
	uniqueNames   bool
	allowHosts    []string
	cors          []string
	log           string
}

func (f sandboxFlags) config(cmd *cobra.Command, logTo io.Writer) (sandbox.Config, error) {
	host, _, err := net.SplitHostPort(f.listen)
	if err != nil {
		return sandbox.Config{}, usagef("--listen %s: give a host and a port, such as 127.0.0.1:4010", f.listen)
	}
	if f.latency < 0 {
		return sandbox.Config{}, usagef("--latency is %s, and must not be negative", f.latency)
	}
	origin, err := f.origin()
	if err != nil {
		return sandbox.Config{}, err
	}
	for _, name := range f.allowHosts {
		if _, err := netip.ParseAddr(name); err != nil && !hostName.MatchString(name) {
			return sandbox.Config{}, usagef("--allow-host is %q, and must be one host name or IP address, without a port or brackets", name)
		}
	}
	if err := exclusive(cmd, "keys", "empty"); err != nil {
		return sandbox.Config{}, err
	}
	config := sandbox.Config{
		UniqueNames: f.uniqueNames,
		Latency:     f.latency,
		AllowHosts:  append([]string{host}, f.allowHosts...),
		CORS:        origin,
		OpenAPI:     sshkeys.OpenAPI,
	}
	if f.requireAPIKey {
		config.APIKey = os.Getenv(env.APIKey)
		if config.APIKey == "" {
			return sandbox.Config{}, usagef("--require-api-key: GCORE_API_KEY is not set")
		}
	}
	if err := oneOf("log", f.log, logFormats); err != nil {
		return sandbox.Config{}, err
	}
	switch f.log {
	case "text":
		config.Log = slog.New(slog.NewTextHandler(logTo, nil))
	case "json":
		config.Log = slog.New(slog.NewJSONHandler(logTo, nil))
	}
	config.Keys, err = f.keys(cmd)
	if err != nil {
		return sandbox.Config{}, err
	}
	for _, fault := range f.faults {
		rules, err := sandbox.ParseRules([]byte(fault))
		if err != nil {
			return sandbox.Config{}, usagef("--fault: %v", err)
		}
		config.Faults = append(config.Faults, rules...)
	}
	return config, nil
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// origin returns the value of --cors as browsers send it: in small letters, and without the port that the scheme implies.
func (f sandboxFlags) origin() (string, error) {
	switch len(f.cors) {
	case 0:
		return "", nil
	case 1:
	default:
		return "", usagef("--cors can be used once: give one origin")
	}
	given := f.cors[0]
	u, err := url.Parse(given)
	if err != nil || u.Hostname() == "" || !strings.EqualFold(u.Scheme+"://"+u.Host, given) || strings.ContainsFunc(given, func(c rune) bool { return c > unicode.MaxASCII }) {
		return "", usagef("--cors is %q, and must be an origin such as http://localhost:3000, without a path and in ASCII", given)
	}
	host := strings.ToLower(u.Host)
	if port := u.Port(); port == "" || port == map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return u.Scheme + "://" + host, nil
}

func (f sandboxFlags) keys(cmd *cobra.Command) ([]sandbox.Key, error) {
	if f.empty {
		return nil, nil
	}
	if f.keysFile == "" {
		return sandbox.DefaultKeys(), nil
	}
	data, err := readInput(cmd, f.keysFile, "keys", 16<<20)
	if err != nil {
		return nil, err
	}
	keys, err := sandbox.ParseKeys(data)
	if err != nil {
		return nil, fmt.Errorf("--keys %s: %w", f.keysFile, err)
	}
	return keys, nil
}
