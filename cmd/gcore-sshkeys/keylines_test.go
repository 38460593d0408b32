package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sshkey"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/testenv"
)

func TestKeyLines(t *testing.T) {
	t.Parallel()
	ed25519Line := newLine(t, "")
	blob := strings.Fields(ed25519Line)[1]
	unknown := "ssh-ed448 " + base64.StdEncoding.EncodeToString([]byte("\x00\x00\x00\x09ssh-ed448canary"))
	sk := "sk-ssh-ed25519@openssh.com " + base64.StdEncoding.EncodeToString([]byte("\x00\x00\x00\x1ask-ssh-ed25519@openssh.com\x00\x00\x00\x20"+strings.Repeat("k", 32)+"\x00\x00\x00\x04ssh:"))
	for line, want := range map[string]string{
		ed25519Line: "", ed25519Line + " a # b": "", "\t" + ed25519Line: "", `command="a \"b\" ssh-rsa c" ` + ed25519Line: "", "restrict,PTY " + ed25519Line: "",
		unknown: "type ssh-ed448,", "restrict " + unknown + " c": "type ssh-ed448,", sk: "type sk-ssh-ed25519@openssh.com,",
		"ssh-rsa " + blob: "does not parse", "canary " + blob: "does not parse", blob: "does not parse", "ssh-ed25519 " + blob[:30]: "does not parse",
		"canary": "does not parse", "2048 65537 123456 canary": "does not parse", "ssh-ed25519": "does not parse", "canary=1 " + ed25519Line: "known_hosts",
		"@revoked host " + ed25519Line: "does not parse", "PuTTY-User-Key-File-3: ssh-ed25519": "private key", "-----BEGIN CERTIFICATE-----": "not an SSH public key",
		"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----": "private key", "-----BEGIN RSA PUBLIC KEY-----": "ssh-keygen -i -f 'a b' -m PEM", "\xff\xfea\x00": "UTF-16",
	} {
		lines := parseKeyLines("a b", []byte(line))
		require.Len(t, lines, 1, line)
		if want == "" {
			require.NoError(t, lines[0].err, line)
			assert.Equal(t, blob, strings.Fields(lines[0].upload())[1])
			continue
		}
		require.ErrorContains(t, lines[0].err, want, line)
		assert.NotContains(t, lines[0].err.Error(), "canary")
	}
	var numbers []int
	for _, line := range parseKeyLines("f", []byte("\ufeff# c\r\n\r\n"+ed25519Line+"\r\n---- BEGIN SSH2 PUBLIC KEY ----\r"+blob+"\n---- END SSH2 PUBLIC KEY ----\n-----BEGIN PUBLIC KEY-----\n"+blob+"\n"+ed25519Line)) {
		numbers = append(numbers, line.number)
	}
	assert.Equal(t, []int{3, 4, 7, 9}, numbers, "a block without an end hides no key")
}

// TestConvertedKeysAreImported runs the commands that the error messages give.
func TestConvertedKeysAreImported(t *testing.T) {
	sshKeygen := testenv.SSHKeygen(t)
	server := withServer(t)
	out, err := exec.Command(sshKeygen, "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", "id").CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, format := range []string{"RFC4716", "PKCS8", "PEM"} {
		out, err := exec.Command(sshKeygen, "-e", "-m", format, "-f", "id.pub").Output()
		require.NoError(t, err)
		require.NoError(t, os.WriteFile("other format", out, 0o600))
		_, _, err = command(t, "import", "other format")
		require.Error(t, err)
		_, convert, found := strings.Cut(err.Error(), "convert it with: ")
		require.True(t, found, err)
		line, err := exec.Command("sh", "-c", convert).Output()
		require.NoError(t, err)
		_, _, err = commandWith(t.Context(), t, string(line), "import", "-")
		require.NoError(t, err)
		assert.Len(t, server.Keys(1), 1, format)
	}
}

// newLine returns the line of a new Ed25519 key.
func newLine(t testing.TB, comment string) string {
	t.Helper()
	pair, err := gcore.NewKeyPair(comment)
	require.NoError(t, err)
	return pair.PublicKey
}

// newLines returns the lines of n new keys.
func newLines(t testing.TB, n int) []string {
	t.Helper()
	lines := make([]string, n)
	for i := range lines {
		lines[i] = newLine(t, fmt.Sprintf("user%d@host", i))
	}
	return lines
}

func ecdsaLine(t *testing.T) string {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	key, err := ssh.NewPublicKey(&private.PublicKey)
	require.NoError(t, err)
	return sshkey.Line(key, "")
}

func write0600(t testing.TB, path string, lines ...string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
}

// Files without a line break at their end, put one after the other, have two keys on one line.
func TestASecondKeyOnALineIsNotLostSilently(t *testing.T) {
	t.Parallel()
	first, second := newLine(t, "alice@host"), newLine(t, "bob@host")
	for _, text := range []string{first + second, first + " " + second, first + "\u2028" + second} {
		lines := parseKeyLines("-", []byte(text))
		require.Len(t, lines, 1)
		assert.ErrorContains(t, lines[0].err, "another key follows on the same line")
	}
	lines := parseKeyLines("-", []byte(newLine(t, "AAAA= alice AAAAAAAA")))
	assert.NoError(t, lines[0].err)
}

func TestABlockWithoutAnEndHidesNoKey(t *testing.T) {
	t.Parallel()
	keys := strings.Join(newLines(t, 5), "\n")
	text := "-----BEGIN PUBLIC KEY-----\nAAAA\n" + keys + "\n-----BEGIN RSA PUBLIC KEY-----\nQUJD\n-----END RSA PUBLIC KEY-----\n" + newLine(t, "last")
	var good, bad int
	for _, line := range parseKeyLines("f", []byte(text)) {
		if line.err == nil {
			good++
		} else {
			bad++
		}
	}
	assert.Equal(t, 6, good)
	assert.Equal(t, 2, bad)
}
