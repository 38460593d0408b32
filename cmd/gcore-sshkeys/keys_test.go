package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

var update = flag.Bool("update", false, "write the golden files")

// TestHelp compares the help of every command with its golden file.
func TestHelp(t *testing.T) {
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		path := filepath.Join("testdata", "help", strings.ReplaceAll(cmd.CommandPath(), " ", "_")+".txt")
		var out strings.Builder
		require.NoError(t, execute(t.Context(), append(strings.Fields(cmd.CommandPath())[1:], "--help"), strings.NewReader(""), &out, &out))
		if *update {
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
			require.NoError(t, os.WriteFile(path, []byte(out.String()), 0o600))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, strings.ReplaceAll(string(want), "\r\n", "\n"), out.String())
		assert.Contains(t, out.String(), "Examples:", cmd.Name())
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(newRoot())
}

func TestNamesAndFingerprintsStandForIDs(t *testing.T) {
	server := withServer(t)
	const public = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMzSiHhVTBaHerNPgRLHm+tQhvTtnOsZQEfgHMPmCxFZ"
	const md5 = "11:b6:c5:77:48:14:82:9c:85:6b:80:46:b0:c8:7f:10"
	key := server.Add(1, gcore.CreateSSHKeyRequest{Name: "my key", PublicKey: new(public)})
	server.Add(1, gcore.CreateSSHKeyRequest{Name: "my key 2"})
	for _, text := range []string{key.ID, strings.ToUpper(key.ID), "my key", md5, "MD5:" + md5, strings.ToUpper(md5), sha256(key)} {
		for _, args := range [][]string{{"get"}, {"share"}, {"unshare"}} {
			stdout, _, err := command(t, append(args, text, "-o", "ids")...)
			require.NoError(t, err, text)
			assert.Equal(t, key.ID+"\n", stdout)
		}
	}
	for _, text := range []string{"my", "my key ", "MY KEY", someOtherID, "SHA256:" + strings.Repeat("A", 43), ""} {
		stdout, _, err := command(t, "get", text)
		require.Error(t, err, text)
		assert.Empty(t, stdout)
	}

	// A key named like the fingerprint of another, and one with the name of another, are refused with their ids.
	trap := server.Add(1, gcore.CreateSSHKeyRequest{Name: "MD5:" + md5})
	twin := server.Add(1, gcore.CreateSSHKeyRequest{Name: "my key"})
	for text, other := range map[string]gcore.SSHKey{"MD5:" + md5: trap, "my key": twin} {
		_, _, err := command(t, "delete", "--yes", text)
		require.ErrorContains(t, err, key.ID, text)
		require.ErrorContains(t, err, other.ID)
	}
	// A key named like the id of another one that is gone is not deleted in its place.
	server.Add(1, gcore.CreateSSHKeyRequest{Name: someOtherID})
	_, _, err := command(t, "delete", "--yes", someOtherID)
	require.ErrorIs(t, err, gcore.ErrNotFound)
	assert.Len(t, server.Keys(1), 5)
}

const someOtherID = "0f9f3a5c-5f8c-4e0b-9f0a-3b1a5c2d7e61"

func TestTablesFit80Columns(t *testing.T) {
	server := withServer(t)
	for _, name := range []string{strings.Repeat("long", 60), strings.Repeat("鍵", 100), "short", "e\u0301" + strings.Repeat("x", 30)} {
		server.Add(1, gcore.CreateSSHKeyRequest{Name: name}, func(key *gcore.SSHKey) {
			key.State = gcore.SSHKeyStateDELETING
			key.CreatedAt = new(time.Now().Add(-400 * 24 * time.Hour))
		})
	}
	stdout, _, err := command(t, "ls")
	require.NoError(t, err)
	assert.Contains(t, stdout, "…")
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	assert.Len(t, lines, 5)
	for _, line := range lines {
		assert.LessOrEqual(t, columns(line), 80, line)
	}
	stdout, _, err = command(t, "list", "-o", "wide", "--no-header")
	require.NoError(t, err)
	assert.Contains(t, stdout, strings.Repeat("long", 60))
	assert.NotContains(t, stdout, "SHA256")
	for _, key := range server.Keys(1) {
		stdout, _, err := command(t, "get", key.ID)
		require.NoError(t, err)
		for line := range strings.Lines(stdout) {
			assert.LessOrEqual(t, columns(strings.TrimSpace(line)), 80, line)
		}
	}
}

func TestYAMLSaysWhatJSONSays(t *testing.T) {
	server := withServer(t)
	for _, name := range []string{"yes", "1e3", "a: b # c", "null", "\u202e\x1b[2J\"\\", "- x", "2025-01-01", "ключ"} {
		server.Add(1, gcore.CreateSSHKeyRequest{Name: name})
	}
	asJSON, _, err := command(t, "list", "-o", "json")
	require.NoError(t, err)
	asYAML, _, err := command(t, "list", "-o", "yaml")
	require.NoError(t, err)
	var a, b any
	require.NoError(t, yaml.Unmarshal([]byte(asJSON), &a))
	require.NoError(t, yaml.Unmarshal([]byte(asYAML), &b))
	assert.Equal(t, a, b)
	assert.Contains(t, asYAML, "- created_at:")
	server.Add(1, gcore.CreateSSHKeyRequest{Name: strings.Repeat("word ", 50)})
	asYAML, _, err = command(t, "list", "-o", "yaml")
	require.NoError(t, err)
	assert.Contains(t, asYAML, strings.Repeat("word ", 50), "it is not folded")
}

func TestCompletion(t *testing.T) {
	server := withServer(t)
	one := server.Add(1, gcore.CreateSSHKeyRequest{Name: "one"})
	two := server.Add(1, gcore.CreateSSHKeyRequest{Name: "two"})
	server.Add(1, gcore.CreateSSHKeyRequest{Name: "twin"})
	server.Add(1, gcore.CreateSSHKeyRequest{Name: "twin"})
	server.Add(1, gcore.CreateSSHKeyRequest{Name: "evil\n\x1b"})
	complete := func(args ...string) string {
		stdout, _, err := command(t, append([]string{"__complete"}, args...)...)
		require.NoError(t, err)
		return stdout
	}
	assert.Contains(t, complete("get", ""), "one\t"+one.ID)
	assert.Contains(t, complete("get", one.ID[:8]), one.ID+"\tone")
	assert.Equal(t, ":4\n", complete("get", "one", ""))
	assert.Equal(t, "two\t"+two.ID+"\n:4\n", complete("delete", "one", "t"))
	assert.NotContains(t, complete("delete", one.ID, ""), "one")
	assert.NotContains(t, complete("get", ""), "\x1b")
	assert.Equal(t, "json\n:4\n", strings.Replace(complete("list", "-o", "js"), "table\nwide\njson\nyaml\nids\n", "json\n", 1))
	assert.Contains(t, complete("list", "--order-by", ""), "name.asc")

	server.Inject("listSSHKeys", gcoretest.Fault{Status: 401})
	stdout, stderr, err := command(t, "__completeNoDesc", "get", "")
	require.NoError(t, err)
	assert.Equal(t, ":4\n", stdout)
	assert.NotContains(t, stderr, "401")
	server.Inject("listSSHKeys", gcoretest.Fault{Break: gcoretest.StallBeforeHeaders})
	assert.Equal(t, ":4\n", complete("get", ""), "it does not wait for a server that stalls")
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		stdout, _, err := command(t, "completion", shell)
		require.NoError(t, err)
		assert.Contains(t, stdout, "gcore-sshkeys")
	}
}

func TestDeleteNeedsYesWithoutATerminal(t *testing.T) {
	server := withServer(t)
	server.Add(1, gcore.CreateSSHKeyRequest{Name: "one"})
	_, _, err := command(t, "rm", "one")
	assert.Equal(t, statusUsage, exitStatus(t.Context(), err))
	assert.Len(t, server.Keys(1), 1)
	stdout, _, err := command(t, "rm", "-y", "one")
	require.NoError(t, err)
	assert.Contains(t, stdout, "deleted one (")
	_, _, err = command(t, "rm", "-y", "one", "two")
	assert.Equal(t, statusNotFound, exitStatus(t.Context(), err), "all failed alike")
}

func TestCreateIfMissing(t *testing.T) {
	server := withServer(t)
	for range 2 {
		stdout, _, err := command(t, "create", "k", "--if-missing", "-o", "json")
		require.NoError(t, err)
		assert.Contains(t, stdout, `"private_key_path": "k"`)
	}
	_, stderr, err := command(t, "create", "k", "--if-missing", "--public-key", "k.pub")
	require.NoError(t, err)
	assert.Contains(t, stderr, "has this key already")
	assert.Len(t, server.Keys(1), 1)

	_, _, err = command(t, "create", "k", "--if-missing", "-f", "elsewhere/")
	require.ErrorContains(t, err, server.Keys(1)[0].ID)
	assert.NoFileExists(t, "elsewhere/k")
	require.NoError(t, os.Remove("k.pub"))
	_, _, err = command(t, "create", "k2", "--if-missing", "-f", "k")
	require.ErrorContains(t, err, "k exists")
}

func TestEncryptedKeys(t *testing.T) {
	server := withServer(t)
	writeFile(t, "secret", "correct horse\nand more\n")
	for _, generate := range []string{"local", "server"} {
		_, _, err := command(t, "create", generate, "--generate", generate, "--passphrase-file", "secret")
		require.NoError(t, err)
		data, err := os.ReadFile(generate)
		require.NoError(t, err)
		assert.NotNil(t, publicHalf(data))
		signer, err := ssh.ParsePrivateKeyWithPassphrase(data, []byte("correct horse"))
		require.NoError(t, err)
		assert.NotNil(t, signer)
	}
	_, _, err := command(t, "create", "k", "--encrypt")
	assert.Equal(t, statusUsage, exitStatus(t.Context(), err), "there is no terminal to ask on")

	server.Inject("createSSHKey", gcoretest.Fault{Edit: func(body []byte) []byte {
		return []byte(strings.Replace(string(body), "OPENSSH PRIVATE", "UNKNOWN PRIVATE", 2))
	}})
	_, _, err = command(t, "create", "odd", "--generate", "server", "--passphrase-file", "secret")
	assert.Equal(t, statusFailed, exitStatus(t.Context(), err))
	require.ErrorContains(t, err, "NOT encrypted")
	assert.FileExists(t, "odd")
}

// TestUnfinishedFilesAreNamedAndKept leaves a file as a killed Save does.
func TestUnfinishedFilesAreNamedAndKept(t *testing.T) {
	withServer(t)
	writeFile(t, ".gcore-123.tmp", "perhaps the only copy")
	_, stderr, err := command(t, "create", "k")
	require.NoError(t, err)
	assert.Contains(t, stderr, ".gcore-123.tmp may hold a private key")
	assert.FileExists(t, ".gcore-123.tmp")
}

// Other readers of YAML take these names for truth values or merge keys if they are not quoted.
func TestNamesStayTextInYAML(t *testing.T) {
	server := withServer(t)
	for _, name := range []string{"on", "y", "=", "~", "No", "1e3", "\ufffe"} {
		server.Add(1, gcore.CreateSSHKeyRequest{Name: name})
	}
	text, _, err := command(t, "list", "-o", "yaml")
	require.NoError(t, err)
	for _, quoted := range []string{`"on"`, `"y"`, `"="`, `'~'`, `"No"`, `'1e3'`, `"\uFFFE"`} {
		assert.Contains(t, text, "name: "+quoted)
	}
	assert.Contains(t, text, "state: ACTIVE")
}

func TestAChangeThatMayHaveBeenMadeSaysSo(t *testing.T) {
	server := withServer(t)
	key := server.Add(1, gcore.CreateSSHKeyRequest{Name: "k"})
	for operation, args := range map[string][]string{"deleteSSHKey": {"delete", "--yes", key.ID}, "updateSSHKey": {"unshare", key.ID}} {
		for range 4 {
			server.Inject(operation, gcoretest.Fault{Status: 500, Commit: gcoretest.CommitNever})
		}
		_, _, err := command(t, args...)
		assert.ErrorContains(t, err, "it may have been done all the same")
		server.Inject(operation, gcoretest.Fault{Status: 403})
		_, _, err = command(t, args...)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "all the same")
	}
}
