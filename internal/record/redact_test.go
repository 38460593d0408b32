package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/canary"
)

func TestAReplacementIsEncodedAsTheOriginalIs(t *testing.T) {
	t.Parallel()
	_, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	openSSH, err := ssh.MarshalPrivateKey(private, "original")
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	public, err := ssh.NewPublicKey(private.Public())
	require.NoError(t, err)
	want := newKeyPair(1).public.Marshal()
	for _, block := range []*pem.Block{openSSH, {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		text := string(pem.EncodeToMemory(block))
		for _, original := range []string{text, strings.TrimSpace(text), strings.ReplaceAll(text, "\n", "\r\n")} {
			r := newRedactor(wrongToken, 1, publishedName)
			assert.Equal(t, string(want), string(r.pair(public).public.Marshal()))
			replacement := r.privateKey(original)
			signer, err := ssh.ParsePrivateKey([]byte(replacement))
			require.NoError(t, err)
			assert.Equal(t, want, signer.PublicKey().Marshal())
			parsed, _ := pem.Decode([]byte(replacement))
			assert.Equal(t, block.Type, parsed.Type)
			assert.Equal(t, strings.HasSuffix(original, "\n"), strings.HasSuffix(replacement, "\n"))
			assert.Equal(t, strings.Contains(original, "\r\n"), strings.Contains(replacement, "\r\n"))
			assert.True(t, r.leaks([]byte(original)), "the original would be noticed")
			assert.False(t, r.leaks([]byte(replacement)))
		}
	}
}

func TestScrub(t *testing.T) {
	t.Parallel()
	r := newRedactor(canary.Token, stageProject, "record-1a2b")
	for text, want := range map[string]string{
		"471108: Bad permanent token: 12":                      "000000: Bad permanent token: 1234",
		"Bad permanent token: " + canary.Number:                "Bad permanent token: 1234",
		"the key " + canary.Token + " is old":                  "the key 0000000000$aaaaaaaaaaa is old",
		"project 471108 has 10 keys":                           "project 000000 has 10 keys",
		"record-1a2b-own of alice@example.com":                 "record-1a2b-own of aaaaa@aaaaaaa.aaa",
		"client 98765432":                                      "client 00000000",
		"not an Ed25519 key":                                   "not an Ed25519 key",
		"-----BEGIN RSA PRIVATE KEY-----\nabc":                 "<private_key>",
		"no key 36a7a97a-0672-4911-8f2b-92cd4e5b0d91 here":     "no key 00a0a00a-0000-0000-0a0a-00aa0a0a0a00 here",
		"11:b6:c5:77:48:14:82:9c:85:6b:80:46:b0:c8:7f:10":      "00:a0:a0:00:00:00:00:0a:00:0a:00:00:a0:a0:0a:00",
		"HTTP 405: Method Not Allowed":                         "HTTP 405: Method Not Allowed",
		"Given token not valid for any token type, 1471108 no": "Given token not valid for any token type, 0000000 no",
	} {
		assert.Equal(t, want, r.scrub(text))
	}
}

func TestASecretIsFoundBehindTheEscapesOfJSON(t *testing.T) {
	t.Parallel()
	r := newRedactor(`1234$"canary"`, 1, publishedName)
	assert.True(t, r.leaks((&exchange{url: new(url.URL), got: message{body: encode(`no "canary"`, "")}}).har("")))
}
