package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/sshkey"
)

// Replacements are the same at each run, so that a recording changes only if the server's response did.

// A keyPair replaces one that a server generated or was sent. It is not secret and never used, as it is derived from a fixed
// text.
type keyPair struct {
	private ed25519.PrivateKey
	public  ssh.PublicKey
}

// newKeyPair returns the nth replacement.
func newKeyPair(n int) keyPair {
	seed := sha256.Sum256(fmt.Appendf(nil, "gcore-sshkeys-go: key pair %d of the recordings", n))
	private := ed25519.NewKeyFromSeed(seed[:])
	public, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		panic(err) // it is an Ed25519 key
	}
	return keyPair{private, public}
}

// line is the public key in the form of a .pub file, with a comment if the original has one.
func (k keyPair) line(original string) string {
	if len(strings.Fields(original)) > 2 {
		return sshkey.Line(k.public, "my-username@my-hostname")
	}
	return sshkey.Line(k.public, "")
}

// pem is the private key, encoded as the original is: which encoding Gcore uses is not documented, so a live recording has to
// show it.
func (k keyPair) pem(original string) string {
	block, err := ssh.MarshalPrivateKey(k.private, "")
	if err != nil {
		panic(err) // it is an Ed25519 key
	}
	fixCheck(block)
	if was, _ := pem.Decode([]byte(original)); was != nil && was.Type == "PRIVATE KEY" {
		pkcs8, _ := x509.MarshalPKCS8PrivateKey(k.private) // never fails for an Ed25519 key
		block = &pem.Block{Type: was.Type, Bytes: pkcs8}
	}
	text := string(pem.EncodeToMemory(block))
	if !strings.HasSuffix(original, "\n") {
		text = strings.TrimSuffix(text, "\n")
	}
	if strings.Contains(original, "\r\n") {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}

// fixCheck sets the check number of an unencrypted OpenSSH key, which is drawn at random and written twice, to one that
// is always the same.
func fixCheck(block *pem.Block) {
	const magic = "openssh-key-v1\x00"
	var key struct {
		Cipher, KDF, KDFOptions string
		Keys                    uint32
		Public, Private         []byte
	}
	if err := ssh.Unmarshal(block.Bytes[len(magic):], &key); err != nil {
		panic(err) // it is what package ssh wrote
	}
	copy(block.Bytes[len(block.Bytes)-len(key.Private):], "fourfour")
}

// otherDigits replaces the hex digits of a text, such as an id or a fingerprint, by others, which follow from seed. Of other
// text it keeps the shape.
func otherDigits(text, seed string) string {
	if strings.Trim(text, "0123456789abcdefABCDEF-:") != "" {
		return shape(text)
	}
	sum := sha256.Sum256([]byte("gcore-sshkeys-go: " + seed))
	digits := hex.EncodeToString(sum[:])
	n := 0
	return strings.Map(func(r rune) rune {
		if r == '-' || r == ':' {
			return r
		}
		n++
		return rune(digits[n%len(digits)])
	}, text)
}

// id returns the replacement for an id. A UUID keeps its version and variant, which the contract checks.
func (r *redactor) id(id string) string {
	if !anID.MatchString(id) {
		return shape(id)
	}
	replacement, known := r.replacements[id]
	if !known {
		r.ids++
		replacement = otherDigits(id, fmt.Sprintf("id %d", r.ids))
		replacement = replacement[:14] + id[14:15] + replacement[15:19] + id[19:20] + replacement[20:]
		r.replacements[id] = replacement
		r.secret(id)
	}
	return replacement
}

// name returns the replacement for a key's name, or for a part of it that is searched for.
func (r *redactor) name(name string) string {
	if !strings.Contains(name, r.tag) {
		return shape(name)
	}
	return strings.ReplaceAll(name, r.tag, publishedName)
}

func (r *redactor) publicKey(line string) string {
	if replacement, known := r.replacements[line]; known {
		return replacement
	}
	public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		return shape(line)
	}
	r.replacements[line] = r.pair(public).line(line)
	return r.replacements[line]
}

// privateKey returns the replacement for a private key, also for one that does not parse.
func (r *redactor) privateKey(text string) string {
	replacement := "<private_key>"
	if signer, err := ssh.ParsePrivateKey([]byte(text)); err == nil {
		replacement = r.pair(signer.PublicKey()).pem(text)
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "-----") && !strings.Contains(replacement, line) { // all keys of a kind begin alike
			r.secret(line)
		}
	}
	return replacement
}

// pair returns the replacement for a key pair, which it makes if the key is new.
func (r *redactor) pair(public ssh.PublicKey) keyPair {
	blob := string(public.Marshal())
	pair, known := r.pairs[blob]
	if !known {
		pair = newKeyPair(len(r.pairs) + 1)
		r.pairs[blob] = pair
		r.replacements[ssh.FingerprintLegacyMD5(public)] = ssh.FingerprintLegacyMD5(pair.public)
		r.replacements[ssh.FingerprintSHA256(public)] = ssh.FingerprintSHA256(pair.public)
		r.secret(strings.Fields(string(ssh.MarshalAuthorizedKey(public)))[1])
	}
	return pair
}
