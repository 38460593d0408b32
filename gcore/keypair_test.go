package gcore_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/davecgh/go-spew/spew"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sshkey"
)

func TestACreatedKeyLogsIn(t *testing.T) {
	t.Parallel()
	key, err := gcoretest.NewServer(t).Cloud().SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "login"})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "id_gcore")
	require.NoError(t, key.Save(path))
	address := startSSHServer(t, key.PublicKey)

	fromKey, err := key.Signer()
	require.NoError(t, err)
	saved, err := os.ReadFile(path)
	require.NoError(t, err)
	fromFile, err := ssh.ParsePrivateKey(saved)
	require.NoError(t, err)
	other, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	stranger, err := other.Signer()
	require.NoError(t, err)

	require.NoError(t, login(address, fromKey))
	require.NoError(t, login(address, fromFile))
	require.Error(t, login(address, stranger), "the server lets only the created key in")
}

func TestNewKeyPair(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("alice@laptop")
	require.NoError(t, err)
	assert.Regexp(t, `^ssh-ed25519 [A-Za-z0-9+/=]+ alice@laptop$`, pair.PublicKey)
	signer, err := pair.Signer()
	require.NoError(t, err)
	require.NoError(t, login(startSSHServer(t, pair.PublicKey), signer))
	bare := spew.ConfigState{DisableMethods: true}
	assertNoSecret(t, pair.PrivateKey, fmt.Sprintf("%v %+v %#v %d", signer, signer, signer, signer)+bare.Sdump(signer))

	_, err = gcore.NewKeyPair("two\nlines")
	require.ErrorIs(t, err, gcore.ErrInvalid)
}

func TestVerify(t *testing.T) {
	t.Parallel()
	server := gcoretest.NewServer(t)
	create := func() *gcore.CreatedSSHKey {
		key, err := server.Cloud().SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: "verify"})
		require.NoError(t, err)
		return key
	}
	require.NoError(t, create().Verify())

	tests := map[string]struct {
		spoil func(*gcore.CreatedSSHKey)
		want  string
	}{
		"no private key":            {func(k *gcore.CreatedSSHKey) { k.PrivateKey = gcore.PrivateKey{} }, "no private key"},
		"private key is no PEM":     {func(k *gcore.CreatedSSHKey) { k.PrivateKey = gcore.NewPrivateKey("<private_key>") }, "private_key does not parse"},
		"another key's private one": {func(k *gcore.CreatedSSHKey) { k.PrivateKey = create().PrivateKey }, "private_key does not belong"},
		"public key is none":        {func(k *gcore.CreatedSSHKey) { k.PublicKey = "ssh-ed25519 AAAA" }, "public_key does not parse"},
		"wrong fingerprint":         {func(k *gcore.CreatedSSHKey) { k.Fingerprint = "86:75:ce:e7:e9:1e:f0:79:ec:6f:d8:92:9b:43:fc:4d" }, "fingerprint"},
	}
	for name, test := range tests {
		key := create()
		test.spoil(key)
		require.ErrorContains(t, key.Verify(), test.want, name)
	}
}

// TestFingerprint uses a key that Gcore printed together with its fingerprint.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	key := gcore.CreatedSSHKey{
		PublicKey:   "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMzSiHhVTBaHerNPgRLHm+tQhvTtnOsZQEfgHMPmCxFZ",
		Fingerprint: "11:b6:c5:77:48:14:82:9c:85:6b:80:46:b0:c8:7f:10",
	}
	require.NotContains(t, key.Verify().Error(), "fingerprint")
	key.Fingerprint = strings.Replace(key.Fingerprint, "11:", "12:", 1)
	require.Contains(t, key.Verify().Error(), "fingerprint")
}

// privateKeys are the forms in which a server could send a private key, each with its public key.
func privateKeys(t *testing.T) map[string]gcore.CreatedSSHKey {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	openssh, err := ssh.MarshalPrivateKey(private, "")
	require.NoError(t, err)
	line := func(key any) string {
		sshKey, err := ssh.NewPublicKey(key)
		require.NoError(t, err)
		return sshkey.Line(sshKey, "me@host")
	}
	pkcs8 := func(key any) string {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		require.NoError(t, err)
		return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	pkcs1 := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey)}))
	opensshText := string(pem.EncodeToMemory(openssh))
	keys := map[string]gcore.CreatedSSHKey{}
	for name, key := range map[string][2]string{
		"OpenSSH":                  {opensshText, line(public)},
		"OpenSSH CRLF":             {strings.ReplaceAll(opensshText, "\n", "\r\n"), line(public)},
		"OpenSSH no final newline": {strings.TrimRight(opensshText, "\n"), line(public)},
		"PKCS8 Ed25519":            {pkcs8(private), line(public)},
		"PKCS8 Ed25519 CRLF, none": {strings.TrimSpace(strings.ReplaceAll(pkcs8(private), "\n", "\r\n")), line(public)},
		"PKCS8 RSA":                {pkcs8(rsaKey), line(rsaKey.Public())},
		"PKCS1 RSA":                {pkcs1, line(rsaKey.Public())},
		"public key is broken":     {opensshText, "nonsense\nssh-ed25519 evil"},
	} {
		keys[name] = gcore.CreatedSSHKey{PrivateKey: gcore.NewPrivateKey(key[0]), PublicKey: key[1]}
	}
	return keys
}

// startSSHServer starts a server that accepts only logins with the private key of the public key.
func startSSHServer(t *testing.T, publicKey string) (address string) {
	t.Helper()
	authorized, _, _, _, err := ssh.ParseAuthorizedKey([]byte(publicKey))
	require.NoError(t, err)
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if string(key.Marshal()) != string(authorized.Marshal()) {
			return nil, fmt.Errorf("unknown key")
		}
		return nil, nil
	}}
	_, hostKey, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	hostSigner, err := ssh.NewSignerFromKey(hostKey)
	require.NoError(t, err)
	config.AddHostKey(hostSigner)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			server, channels, requests, err := ssh.NewServerConn(conn, config)
			if err != nil {
				_ = conn.Close()
				continue
			}
			go ssh.DiscardRequests(requests)
			go func() {
				for channel := range channels {
					_ = channel.Reject(ssh.Prohibited, "only logins are tested")
				}
				_ = server.Close()
			}()
		}
	}()
	return listener.Addr().String()
}

func login(address string, signer ssh.Signer) error {
	client, err := ssh.Dial("tcp", address, &ssh.ClientConfig{
		User:            "root",
		Auth:            []ssh.AuthMethod{ssh.PublicKeys(signer)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey(),
	})
	if err != nil {
		return err
	}
	return client.Close()
}

// assertNoSecret fails if a line of the private key is in text, or its bytes as numbers.
func assertNoSecret(t *testing.T, key gcore.PrivateKey, text string) {
	t.Helper()
	for line := range strings.SplitSeq(key.Reveal(), "\n") {
		if line != "" && strings.Contains(text, line) {
			t.Error("a private key is shown")
		}
	}
	raw, err := ssh.ParseRawPrivateKey([]byte(key.Reveal()))
	if err != nil {
		return
	}
	seed := raw.(*ed25519.PrivateKey).Seed()[:8]
	for _, form := range []string{strings.Trim(fmt.Sprintf("%d", seed), "[]"), fmt.Sprintf("%x", seed), fmt.Sprintf("% x", seed)} {
		if strings.Contains(text, form) {
			t.Error("a private key is shown byte by byte")
		}
	}
}

// marshal returns the public key of a signer as in a .pub file, without a comment.
func marshal(signer ssh.Signer) string { return sshkey.Line(signer.PublicKey(), "") }
