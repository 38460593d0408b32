package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/canary"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/testenv"
)

// workIn puts the test into an empty folder, without anything of the account in the environment.
func workIn(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv("HOME", t.TempDir())
	for _, name := range []string{"GCORE_API_KEY", "GCORE_BASE_URL", "GCORE_CLOUD_PROJECT_ID"} {
		t.Setenv(name, "")
	}
}

// account puts the test into an empty folder with a server that plays Gcore.
func withServer(t *testing.T, options ...gcoretest.Option) *gcoretest.Server {
	t.Helper()
	workIn(t)
	server := gcoretest.NewServer(t, append(options, gcoretest.WithAPIKey(canary.Token))...)
	t.Setenv("GCORE_API_KEY", server.APIKey)
	t.Setenv("GCORE_BASE_URL", server.URL)
	t.Setenv("GCORE_CLOUD_PROJECT_ID", "1")
	return server
}

// command runs a command line, and fails the test if it shows a secret: the API key, or a private key on this disk.
func command(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	return commandWith(t.Context(), t, "", args...)
}

func commandWith(ctx context.Context, t *testing.T, stdin string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errOut bytes.Buffer
	err = execute(ctx, args, strings.NewReader(stdin), &out, &messageWriter{w: &errOut})
	all := out.String() + errOut.String()
	if err != nil {
		all += err.Error()
	}
	assert.False(t, canary.In(all), "a secret is shown")
	assert.NotContains(t, all, "PRIVATE KEY")
	for _, folder := range []string{".", os.Getenv("HOME")} {
		files, globErr := filepath.Glob(filepath.Join(folder, "*"))
		require.NoError(t, globErr)
		for _, file := range files {
			data, _ := os.ReadFile(file)
			if !bytes.HasPrefix(data, []byte("-----BEGIN")) {
				continue
			}
			for _, line := range strings.Split(string(data), "\n")[1:] {
				if line != "" && strings.Contains(all, line) {
					t.Error("a private key is shown")
				}
			}
		}
	}
	return out.String(), errOut.String(), err
}

func TestCreateInTheSandbox(t *testing.T) {
	for _, generate := range []string{"", "local", "server"} {
		t.Run("generate "+generate, func(t *testing.T) {
			workIn(t)
			args := []string{"create", "my-ssh-key", "--sandbox", "-o", "wide"}
			if generate != "" {
				args = append(args, "--generate", generate)
			}
			stdout, stderr, err := command(t, args...)
			require.NoError(t, err)
			assert.Contains(t, stderr, "private key saved in my-ssh-key (mode 0600), public key in my-ssh-key.pub")
			if runtime.GOOS != "windows" {
				assert.EqualValues(t, 0o600, testenv.Mode(t, "my-ssh-key"))
				assert.EqualValues(t, 0o644, testenv.Mode(t, "my-ssh-key.pub"))
			}
			public, err := os.ReadFile("my-ssh-key.pub")
			require.NoError(t, err)
			assert.Contains(t, stdout, strings.TrimSpace(string(public)))

			sshKeygen := testenv.SSHKeygen(t)
			derived, err := exec.Command(sshKeygen, "-y", "-f", "my-ssh-key").Output()
			require.NoError(t, err)
			assert.Equal(t, strings.Fields(string(public))[:2], strings.Fields(string(derived))[:2])
			fingerprint, err := exec.Command(sshKeygen, "-lf", "my-ssh-key.pub", "-E", "md5").Output()
			require.NoError(t, err)
			assert.Contains(t, stdout, strings.Fields(string(fingerprint))[1])
		})
	}
}

func TestJSONHasTheShapeOfAnSSHKey(t *testing.T) {
	workIn(t)
	for _, generate := range []string{"local", "server"} {
		stdout, _, err := command(t, "create", generate, "--sandbox", "--project", "7", "--output", "json", "--shared=false", "--generate", generate)
		require.NoError(t, err)
		var key savedKey
		decoder := json.NewDecoder(strings.NewReader(stdout))
		decoder.DisallowUnknownFields()
		require.NoError(t, decoder.Decode(&key))
		assert.Equal(t, generate, key.Name)
		assert.EqualValues(t, 7, *key.ProjectID)
		assert.False(t, key.SharedInProject)
		assert.Equal(t, generate, key.PrivateKeyPath)
		assert.NotContains(t, stdout, `"private_key"`)
	}
}

func TestEveryCommandOnOneKey(t *testing.T) {
	server := withServer(t)
	stdout, _, err := command(t, "create", "my-ssh-key", "--output", "json")
	require.NoError(t, err)
	var key gcore.SSHKey
	require.NoError(t, json.Unmarshal([]byte(stdout), &key))

	stdout, _, err = command(t, "list")
	require.NoError(t, err)
	assert.Contains(t, stdout, key.ID)
	stdout, _, err = command(t, "list", "--name", "nothing", "--order-by", "name.asc", "--output", "json")
	require.NoError(t, err)
	assert.JSONEq(t, "[]", stdout)
	_, _, err = command(t, "list", "--order-by", "size")
	require.ErrorContains(t, err, "--order-by")

	stdout, _, err = command(t, "unshare", key.ID)
	require.NoError(t, err)
	assert.Regexp(t, `SHARED +false`, stdout)
	stdout, _, err = command(t, "share", key.ID)
	require.NoError(t, err)
	assert.Regexp(t, `SHARED +true`, stdout)
	stdout, _, err = command(t, "get", key.ID, "-o", "wide")
	require.NoError(t, err)
	assert.Contains(t, stdout, key.PublicKey)

	other := server.Add(1, gcore.CreateSSHKeyRequest{Name: "other"})
	const unknown = "36a7a97a-0672-4911-8f2b-92cd4e5b0d91"
	_, stderr, err := command(t, "delete", "--yes", key.ID, unknown, other.ID)
	require.ErrorIs(t, err, gcore.ErrNotFound)
	assert.Contains(t, err.Error(), unknown)
	assert.Contains(t, stderr, "deleted other ("+other.ID+")")
	assert.Empty(t, server.Keys(1))
}

func TestVersion(t *testing.T) {
	stdout, _, err := command(t, "version")
	require.NoError(t, err)
	assert.Regexp(t, `^gcore-sshkeys \S+\n$`, stdout)
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	workIn(t)
	_, _, err := command(t, "create", "k")
	require.ErrorContains(t, err, "GCORE_API_KEY")
	require.ErrorContains(t, err, "--sandbox")

	t.Setenv("GCORE_API_KEY", "1234$abcdef")
	_, _, err = command(t, "create", "k")
	require.ErrorContains(t, err, "--project")
	for _, project := range []string{"one", "0", "-1"} {
		t.Setenv("GCORE_CLOUD_PROJECT_ID", project)
		_, _, err = command(t, "list")
		require.Error(t, err, project)
	}
	for _, args := range [][]string{
		{"create"}, {"create", "a", "b"}, {"create", "k", "--sandbox", "--output", "xml"}, {"create", "k", "--sandbox", "--generate", "cloud"},
		{"create", "k", "--sandbox", "--public-key", "x", "--generate", "local"}, {"nonsense"}, {"get"}, {"delete"},
	} {
		_, _, err = command(t, args...)
		require.Error(t, err, args)
	}
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	assert.Empty(t, files)
}

func TestAKeyCutOffByTheShellIsPointedOut(t *testing.T) {
	server := withServer(t)
	t.Setenv("GCORE_API_KEY", "4815162342")
	_, stderr, err := command(t, "list")
	require.ErrorIs(t, err, gcore.ErrUnauthorized)
	assert.Contains(t, stderr, "cut it off at its $")
	assert.NotContains(t, err.Error()+stderr, "4815162342")
	assert.Len(t, server.Calls(), 1)
}

// A variable that is not set must not make a command do the half of what was meant.
func TestAnEmptyArgumentIsRefused(t *testing.T) {
	server := withServer(t)
	server.Add(1, gcore.CreateSSHKeyRequest{Name: "real"})
	for _, args := range [][]string{{"delete", "--yes", "", "real"}, {"get", ""}, {"share", ""}, {"import", ""}} {
		_, _, err := command(t, args...)
		assert.ErrorContains(t, err, "was given an empty argument", args)
	}
	assert.Len(t, server.Keys(1), 1)
	assert.Empty(t, server.Calls())
}

func TestFlagsOfTheSandboxAreChecked(t *testing.T) {
	for flag, message := range map[string]string{
		"--latency=-1s":                   "must not be negative",
		"--cors=http://localhost:3000/":   "must be an origin",
		"--cors=*":                        "must be an origin",
		"--cors=http://höst":              "must be an origin",
		"--allow-host=http://x/":          "must be one host name",
		"--allow-host=*":                  "must be one host name",
		"--allow-host=a,b":                "must be one host name",
		"--allow-host=[2001:db8::1]":      "must be one host name",
		"--listen=4010":                   "give a host and a port",
		"--log=xml":                       "text, json, none",
		"--fault={}":                      "the fault is empty",
		`--fault={"fault":{"status":42}}`: "status 42",
		"--keys=/nowhere":                 "no such file",
	} {
		_, _, err := command(t, "sandbox", flag)
		assert.ErrorContains(t, err, message, flag)
		assert.Equal(t, flag != "--keys=/nowhere", exitStatus(t.Context(), err) == statusUsage, flag)
	}
	for message, flags := range map[string][]string{
		"--keys and --empty cannot be used together": {"--keys", "f", "--empty"},
		"--cors can be used once":                    {"--cors", "http://a", "--cors", "http://b"},
	} {
		_, _, err := command(t, append([]string{"sandbox"}, flags...)...)
		assert.ErrorContains(t, err, message)
		assert.Equal(t, statusUsage, exitStatus(t.Context(), err), flags)
	}
}

func TestAnOriginIsTakenAsBrowsersSendIt(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"http://localhost:3000": "http://localhost:3000", "HTTP://LOCALHOST:3000": "http://localhost:3000", "http://a:80": "http://a", "http://a:": "http://a",
		"https://a:443": "https://a", "https://a:80": "https://a:80", "http://[::1]": "http://[::1]", "http://[::1]:80": "http://[::1]",
	} {
		origin, err := sandboxFlags{cors: []string{given}}.origin()
		assert.NoError(t, err, given)
		assert.Equal(t, want, origin, given)
	}
}
