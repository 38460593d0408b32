package gcoretest

import (
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/google/uuid"
	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sshkey"
)

// newPair generates the key pair of a create without a public key. Gcore's documentation does not say how it encodes the private
// key; this is OpenSSH's format, with a comment that names this package.
func (s *Server) newPair() (public ssh.PublicKey, private string, err error) {
	key := ed25519.NewKeyFromSeed(s.randomBytes(ed25519.SeedSize))
	block, err := ssh.MarshalPrivateKey(key, "made by gcoretest")
	if err != nil {
		return nil, "", fmt.Errorf("encode the private key: %w", err)
	}
	public, err = ssh.NewPublicKey(key.Public())
	if err != nil {
		return nil, "", fmt.Errorf("encode the public key: %w", err)
	}
	return public, string(pem.EncodeToMemory(block)), nil
}

// errPublicKey never quotes what was sent, which can be a private key sent by mistake.
var errPublicKey = errors.New("not one line with an RSA or Ed25519 public key")

// parsePublicKey reads one line of the form of a .pub file: type, key and perhaps a comment.
func parsePublicKey(line string) (ssh.PublicKey, error) {
	key, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil || len(options) > 0 || len(rest) > 0 || !strings.HasPrefix(line, key.Type()) || sshkey.CheckType(key.Type()) != nil {
		return nil, errPublicKey
	}
	return key, nil
}

func validPublicKey(line string) bool {
	_, err := parsePublicKey(line)
	return err == nil
}

func (s *Server) newID() string {
	return uuid.Must(uuid.NewRandomFromReader(s.random)).String()
}

// newAPIKey returns an API key of the form that Gcore's have, with the dollar sign that shells expand.
func (s *Server) newAPIKey() string {
	number := 1000 + binary.BigEndian.Uint16(s.randomBytes(2))%9000
	return fmt.Sprintf("%d$%s", number, hex.EncodeToString(s.randomBytes(20)))
}

// randomBytes cannot fail: neither crypto/rand nor a seeded source ever does.
func (s *Server) randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = io.ReadFull(s.random, b)
	return b
}

// seeded is a random source that is the same for the same seed. Handlers share it.
type seeded struct {
	mu     sync.Mutex
	source *rand.ChaCha8
}

func newSeeded(seed uint64) *seeded {
	var key [32]byte
	binary.BigEndian.PutUint64(key[:], seed)
	return &seeded{source: rand.NewChaCha8(key)}
}

func (s *seeded) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.source.Read(p)
}
