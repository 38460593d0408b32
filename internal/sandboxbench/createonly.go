package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// createOnly responds to a create with a key, and does nothing else: it checks no request, and stores and records nothing. It is an
// estimate of the fastest server that makes real keys.
func createOnly(w http.ResponseWriter, r *http.Request) {
	var create gcore.CreateSSHKeyRequest
	if err := json.NewDecoder(r.Body).Decode(&create); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	public, private, err := keyPair(create.PublicKey)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(struct { //nolint:gosec // the response to a create has the private key
		gcore.SSHKey
		PrivateKey *string `json:"private_key"`
	}{gcore.SSHKey{
		CreatedAt:       new(time.Now().UTC().Truncate(time.Second)),
		Fingerprint:     ssh.FingerprintLegacyMD5(public),
		ID:              uuid.NewString(),
		Name:            create.Name,
		ProjectID:       new(int64(2)),
		PublicKey:       strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public))),
		SharedInProject: true,
		State:           gcore.SSHKeyStateACTIVE,
	}, private})
}

// keyPair parses the uploaded public key, or makes a key pair if there is none.
func keyPair(uploaded *string) (ssh.PublicKey, *string, error) {
	if uploaded != nil {
		public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(*uploaded))
		return public, nil, err
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		return nil, nil, fmt.Errorf("encode the private key: %w", err)
	}
	public, err := ssh.NewPublicKey(key.Public())
	return public, new(string(pem.EncodeToMemory(block))), err
}
