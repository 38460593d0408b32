package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sshkey"
)

func posts(server *gcoretest.Server) (n int) {
	for _, call := range server.Calls() {
		if call.Operation == "createSSHKey" {
			n++
		}
	}
	return n
}

// blobs returns the keys of lines without their comments.
func blobs(lines []string) []string {
	var found []string
	for _, line := range lines {
		found = append(found, strings.Join(strings.Fields(line)[:2], " "))
	}
	return found
}

func keysOn(server *gcoretest.Server) []string {
	var found []string
	for _, key := range server.Keys(1) {
		found = append(found, key.PublicKey)
	}
	return blobs(found)
}

// TestImport imports a file with every kind of line, and then does so again.
func TestImport(t *testing.T) {
	server := withServer(t)
	alice, bob, carol, noComment, there := newLine(t, "alice@laptop"), newLine(t, "alice@laptop"), newLine(t, "Çarol ключ <c@x>"), newLine(t, ""), newLine(t, "other comment")
	private, err := gcore.NewKeyPair("x")
	require.NoError(t, err)
	rsaPrivate, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	rsaPublic, err := ssh.NewPublicKey(&rsaPrivate.PublicKey)
	require.NoError(t, err)
	rsaLine := sshkey.Line(rsaPublic, "")
	existing := server.Add(1, gcore.CreateSSHKeyRequest{Name: "from before", PublicKey: new(blobs([]string{there})[0])})
	server.Add(1, gcore.CreateSSHKeyRequest{Name: "key-1"})
	write0600(t, "keys",
		"\ufeff# a comment", "", "   \t", // 1-3
		alice, bob, // 4, 5: the same comment
		`from="10.0.0.0/8,secret host",no-pty `+carol, // 6
		noComment,                        // 7
		rsaLine+"\r",                     // 8
		"  "+alice+" more",               // 9
		there,                            // 10
		ecdsaLine(t),                     // 11
		"ssh-ed25519 AAAA canary",        // 12
		"cert-authority "+newLine(t, ""), // 13
		"example.com "+newLine(t, ""),    // 14
		strings.TrimSpace(private.PrivateKey.Reveal()),
		"---- BEGIN SSH2 PUBLIC KEY ----", "AAAA", "---- END SSH2 PUBLIC KEY ----",
		"-----BEGIN PUBLIC KEY-----", "AAAA", "-----END PUBLIC KEY-----",
		newLine(t, "last"),
	)
	const bad = 7
	stdout, stderr, err := command(t, "import", "keys", "-o", "json", "--debug=false")
	require.Error(t, err)
	assert.Equal(t, statusFailed, exitStatus(t.Context(), err))
	assert.NotContains(t, err.Error()+stderr+stdout, "canary")
	assert.NotContains(t, err.Error()+stderr+stdout, "secret host")
	assert.Equal(t, "keys:6: warning: options that Gcore does not have were dropped: from, no-pty\n"+
		"6 added, 1 there already, 1 repeated, 7 failed\n", stderr)
	lines := strings.Split(err.Error(), "\n")
	require.Len(t, lines, 1+bad)
	assert.Equal(t, "7 of 15 lines failed:", lines[0])
	for i, want := range []string{
		`keys:11: the key is of type ecdsa-sha2-nistp256, and Gcore takes only ssh-ed25519 and ssh-rsa`,
		`keys:12: the line does not parse`, `keys:13: .*certificate authority`, `keys:14: .*known_hosts`,
		`keys:15: this is a private key`, `keys:\d+: .*RFC 4716: convert it with: ssh-keygen -i -f keys$`, `keys:\d+: .*PEM.* ssh-keygen -i -f keys -m PKCS8$`,
	} {
		assert.Regexp(t, want, lines[1+i])
	}

	var results []lineResult
	require.NoError(t, json.Unmarshal([]byte(stdout), &results))
	var got []string
	for _, r := range results {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%d %s %s", r.Line, r.Result, r.Name)))
		assert.Equal(t, r.Error != "", r.Result == "failed")
	}
	assert.Equal(t, []string{
		"4 added alice-laptop", "5 added alice-laptop-2", "6 added Carol - -c-x", "7 added key-2", "8 added key-3", "9 repeated", "10 exists from before",
		"11 failed", "12 failed", "13 failed", "14 failed", "15 failed",
	}, got[:12])
	assert.Equal(t, existing.ID, results[6].ID)
	assert.Len(t, server.Keys(1), 8)
	for _, key := range server.Keys(1)[2:] {
		assert.Regexp(t, gcoresPattern, key.Name)
	}

	assert.Len(t, server.Calls(), 1+6, "one list, and one request for each key")

	sent := posts(server)
	_, stderr, err = command(t, "import", "keys")
	require.Error(t, err)
	assert.Contains(t, stderr, "7 there already, 1 repeated, 7 failed\n")
	assert.Equal(t, sent, posts(server), "nothing is added again")
}

func TestImportOneKey(t *testing.T) {
	server := withServer(t)
	write0600(t, "one.pub", newLine(t, "alice@laptop"))
	write0600(t, "two.pub", newLine(t, "bob"))
	stdout, stderr, err := command(t, "import", "one.pub", "--name", "my name", "--shared=false")
	require.NoError(t, err)
	key := server.Keys(1)[0]
	assert.Equal(t, "my name", key.Name)
	assert.False(t, key.SharedInProject)
	assert.Equal(t, "one.pub:1: added: my name ("+key.ID+")\n", stdout)
	assert.Equal(t, "1 added\n", stderr)

	stdout, _, err = command(t, "import", "one.pub", "--name", "another name")
	require.NoError(t, err)
	assert.Equal(t, "one.pub:1: there already: my name ("+key.ID+")\n", stdout)
	stdout, _, err = command(t, "import", "one.pub", "one.pub", "-o", "ids")
	require.NoError(t, err)
	assert.Equal(t, key.ID+"\n", stdout)

	_, _, err = command(t, "import", "two.pub", "--name", "my name")
	require.ErrorContains(t, err, `two.pub:1: another public key of the project has the name "my name"`)
	assert.Equal(t, statusFailed, exitStatus(t.Context(), err))
	for _, args := range [][]string{
		{"one.pub", "two.pub", "--name", "x"}, {"one.pub", "--name", ""}, {"one.pub", "--name", strings.Repeat("x", 256)}, {"one.pub", "--name-prefix", "-x"}, {"one.pub", "--name-prefix", ""},
		{"one.pub", "--name", "abc", "--name-prefix", "abc"}, {"one.pub", "--name-prefix", strings.Repeat("x", 60)},
	} {
		_, _, err = command(t, append([]string{"import"}, args...)...)
		assert.Equal(t, statusUsage, exitStatus(t.Context(), err), args)
	}
	assert.Len(t, server.Keys(1), 1)
	_, _, err = command(t, "import", "two.pub", "nowhere")
	require.Error(t, err)
	_, _, err = commandWith(t.Context(), t, "# nothing\n", "import", "-")
	require.ErrorContains(t, err, "no public key")
	assert.Len(t, server.Keys(1), 1, "all files are read before anything is sent")
}

// TestAKeyThatIsAddedMeanwhile has somebody else add the key after the list.
func TestAKeyThatIsAddedMeanwhile(t *testing.T) {
	var server *gcoretest.Server
	line := newLine(t, "alice@laptop")
	for _, others := range []string{line, newLine(t, "")} {
		server = withServer(t, gcoretest.WithFaults(func(call gcoretest.Call) gcoretest.Fault {
			if call.Operation != "createSSHKey" {
				return gcoretest.Fault{}
			}
			server.Add(1, gcore.CreateSSHKeyRequest{Name: "another name", PublicKey: &others})
			return gcoretest.Fault{Status: 409}
		}))
		stdout, _, err := commandWith(t.Context(), t, line, "import", "-")
		if others == line {
			require.NoError(t, err)
			assert.Equal(t, "standard input:1: there already: another name ("+server.Keys(1)[0].ID+")\n", stdout)
			continue
		}
		require.ErrorIs(t, err, gcore.ErrConflict)
	}
}

// TestAKeyThatIsBeingDeletedIsAddedAgain, under another name, as its own may still be taken.
func TestAKeyThatIsBeingDeletedIsAddedAgain(t *testing.T) {
	server := withServer(t)
	line := newLine(t, "alice")
	server.Add(1, gcore.CreateSSHKeyRequest{Name: "alice", PublicKey: &line}, func(key *gcore.SSHKey) { key.State = gcore.SSHKeyStateDELETING })
	_, _, err := commandWith(t.Context(), t, line, "import", "-")
	require.NoError(t, err)
	require.Len(t, server.Keys(1), 2)
	assert.Equal(t, "alice-2", server.Keys(1)[1].Name)
}

// TestNothingIsAddedIfTheListCannotBeRead: what is missing from it may be one of the keys.
func TestNothingIsAddedIfTheListCannotBeRead(t *testing.T) {
	server := withServer(t)
	server.Add(1, gcore.CreateSSHKeyRequest{Name: "one"})
	server.Inject("listSSHKeys", gcoretest.Fault{Edit: func(body []byte) []byte {
		return []byte(strings.Replace(string(body), `"state":"ACTIVE"`, `"state":7`, 1))
	}})
	stdout, _, err := commandWith(t.Context(), t, newLine(t, ""), "import", "-")
	require.ErrorContains(t, err, "nothing was added")
	assert.Empty(t, stdout)
	assert.Zero(t, posts(server))
}

// TestAFailedCreateIsItsLinesFailure has the third of five creates fail, and the library warn of a name.
func TestAFailedCreateIsItsLinesFailure(t *testing.T) {
	server := withServer(t, gcoretest.WithFaults(func(call gcoretest.Call) gcoretest.Fault {
		if call.Name == "user2-host" {
			return gcoretest.Fault{Status: 403}
		}
		return gcoretest.Fault{}
	}))
	lines := newLines(t, 5)
	stdout, _, err := commandWith(t.Context(), t, strings.Join(lines[2:3], "\n"), "import", "-", "-o", "ids")
	assert.Equal(t, statusForbidden, exitStatus(t.Context(), err), "as there is one line only")
	assert.Empty(t, stdout)
	stdout, stderr, err := commandWith(t.Context(), t, strings.Join(lines, "\n"), "import", "-")
	require.ErrorIs(t, err, gcore.ErrForbidden)
	assert.Equal(t, statusFailed, exitStatus(t.Context(), err))
	require.ErrorContains(t, err, "1 of 5 lines failed:\nstandard input:3: ")
	assert.Equal(t, "4 added, 1 failed\n", stderr)
	assert.Equal(t, 4, strings.Count(stdout, ": added: "), stdout)
	assert.Len(t, server.Keys(1), 4)
	stdout, _, err = commandWith(t.Context(), t, strings.Join(lines, "\n"), "import", "-", "-o", "ids")
	require.Error(t, err)
	assert.Empty(t, stdout, "a script must not take it for all ids")

	_, stderr, err = commandWith(t.Context(), t, newLine(t, ""), "import", "-", "--name", "ключ")
	require.NoError(t, err)
	assert.Contains(t, stderr, "standard input:1: warning: Gcore may reject this name")
}

func TestDryRunAddsNothing(t *testing.T) {
	server := withServer(t)
	lines := newLines(t, 3)
	stdout, stderr, err := commandWith(t.Context(), t, strings.Join(append(lines, newLine(t, ""), lines[0]), "\n"), "import", "-", "--dry-run", "--name-prefix", "team")
	require.NoError(t, err)
	assert.Equal(t, `standard input:1: to add: user0-host
standard input:2: to add: user1-host
standard input:3: to add: user2-host
standard input:4: to add: team-1
standard input:5: repeated: the same key as standard input:1
`, stdout)
	assert.Equal(t, "4 to add, 1 repeated\n", stderr)
	assert.Zero(t, posts(server))
}
