package gcore

import (
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sshkey"
)

// KeyPair is an Ed25519 key pair that was generated on this machine, so that its private key is not sent over the network.
type KeyPair struct {
	PublicKey  string     // one line, as in a .pub file, with the comment
	PrivateKey PrivateKey // OpenSSH PEM
}

// NewKeyPair generates a pair. The comment, usually user@host, is written into both keys and may be empty; a line break or other
// control character in it is an error. Save the pair before you upload its public key.
func NewKeyPair(comment string) (*KeyPair, error) {
	if oneLine(comment) != comment {
		return nil, fmt.Errorf("make a key pair: the comment holds a line break or another control character: %w", ErrInvalid)
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, fmt.Errorf("make a key pair: %w", err)
	}
	sshPublic, err := ssh.NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("make a key pair: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(private, comment)
	if err != nil {
		return nil, fmt.Errorf("make a key pair: %w", err)
	}
	return &KeyPair{
		PublicKey:  sshkey.Line(sshPublic, comment),
		PrivateKey: newPrivateKey(string(pem.EncodeToMemory(block))),
	}, nil
}

// Save writes the private key to path with mode 0600 and the public key to path.pub with mode 0644, and replaces no file. It works
// like CreatedSSHKey.Save.
func (p *KeyPair) Save(path string, options ...SaveOption) error {
	return saveKey(path, p.PrivateKey, p.PublicKey, options)
}

// Signer returns the pair as an authentication method for golang.org/x/crypto/ssh.
func (p *KeyPair) Signer() (ssh.Signer, error) { return newSigner(p.PrivateKey) }

// Save writes the private key to path with mode 0600, and then the public key to path.pub with mode 0644. The private key is
// converted to OpenSSH's format with a final newline; one that does not parse is written unchanged. A missing parent folder is
// created with mode 0700.
//
// Each file is complete or does not exist, even if the process is killed or the disk is full. An existing file or symbolic link is
// never replaced: Save fails with an error that wraps fs.ErrExist. If the public key cannot be written, the file of the private
// key stays. A file error is a *SaveError, which says where the private key is. After any error the key is still in k, so Save
// can be called again with another path.
//
// When Save returns nil, both files survive a power failure, as far as the system can tell; in a folder that may not be read this is
// not certain. Windows has no such modes: there the permissions of the folder apply.
func (k *CreatedSSHKey) Save(path string, options ...SaveOption) error {
	return saveKey(path, k.PrivateKey, k.PublicKey, options)
}

// Signer returns the key as an authentication method for golang.org/x/crypto/ssh. It fails if there is no private key, or if it
// does not parse.
func (k *CreatedSSHKey) Signer() (ssh.Signer, error) { return newSigner(k.PrivateKey) }

// Verify checks that the private key parses and belongs to PublicKey, and that Fingerprint is the MD5 fingerprint of PublicKey. It
// returns all that is wrong, or nil. Save also writes a key for which Verify fails.
func (k *CreatedSSHKey) Verify() error {
	var wrong []error
	public, _, err := parsePublicKey(k.PublicKey)
	if err != nil {
		wrong = append(wrong, errors.New("public_key does not parse"))
	} else if ssh.FingerprintLegacyMD5(public) != k.Fingerprint {
		wrong = append(wrong, errors.New("fingerprint is not that of public_key"))
	}
	if signer, err := newSigner(k.PrivateKey); err != nil {
		wrong = append(wrong, err)
	} else if public != nil && string(signer.PublicKey().Marshal()) != string(public.Marshal()) {
		wrong = append(wrong, errors.New("private_key does not belong to public_key"))
	}
	if len(wrong) > 0 {
		return fmt.Errorf("verify SSH key: %w", errors.Join(wrong...))
	}
	return nil
}

var errNoPrivateKey = errors.New("there is no private key: Gcore returns one only for a key that it generated, and NewKeyPair makes a KeyPair")

// signer is an ssh.Signer that does not show its key: fmt prints the bytes of a key that a signer of x/crypto/ssh contains.
type signer struct {
	get func() ssh.MultiAlgorithmSigner
}

func newSigner(key PrivateKey) (ssh.Signer, error) {
	if key.IsZero() {
		return nil, errNoPrivateKey
	}
	parsed, err := ssh.ParsePrivateKey([]byte(key.Reveal()))
	if err != nil {
		return nil, errors.New("private_key does not parse as a PEM private key") // the parser's error could quote it
	}
	multi, ok := parsed.(ssh.MultiAlgorithmSigner)
	if !ok {
		return nil, fmt.Errorf("private_key is of type %s, which cannot sign here", parsed.PublicKey().Type())
	}
	return &signer{get: func() ssh.MultiAlgorithmSigner { return multi }}, nil
}

func (s *signer) PublicKey() ssh.PublicKey { return s.get().PublicKey() }
func (s *signer) Algorithms() []string     { return s.get().Algorithms() }
func (s *signer) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return s.get().Sign(rand, data)
}
func (s *signer) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	return s.get().SignWithAlgorithm(rand, data, algorithm)
}
