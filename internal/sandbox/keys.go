package sandbox

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// A Key is a key that a sandbox starts with: an SSHKey of the API whose properties but name and public_key may be left out.
// The defaults are project 1, a new id, the time of the start, ACTIVE, shared in the project, and the real fingerprint.
type Key struct {
	gcore.SSHKey
	SharedInProject *bool `json:"shared_in_project"`
}

// DefaultKeys returns the key in the example of the page of createSSHKey, with its documented id. The fingerprint is the real
// one of its public key; the page's is that of another key.
func DefaultKeys() []Key {
	return []Key{{SSHKey: gcore.SSHKey{
		ID:        "36a7a97a-0672-4911-8f2b-92cd4e5b0d91",
		Name:      "my-ssh-key",
		PublicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIjxL6g1II8NsO8odvBwGKvq2Dx/h/xrvsV9b9LVIYKm my-username@my-hostname",
	}}}
}

// ParseKeys decodes keys from JSON: an array, or what the API responds to a list. It fails if a property is unknown.
func ParseKeys(data []byte) ([]Key, error) {
	var list struct {
		Count   int64 `json:"count"`
		Results []Key `json:"results"`
	}
	var target any = &list
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		target = &list.Results
	}
	err := decode(data, target)
	if err == nil && list.Results == nil {
		err = errors.New("there is no array, and no results with one")
	}
	if err != nil {
		return nil, fmt.Errorf("not an array of SSH keys as the API lists them: %w", err)
	}
	return list.Results, nil
}

func addKeys(server *gcoretest.Server, keys []Key) (err error) {
	// gcoretest's Add panics if a key is invalid; here the message goes to the author of the keys file.
	adding := 0
	defer func() {
		if message := recover(); message != nil {
			err = fmt.Errorf("initial key %d: %v", adding, message)
		}
	}()
	for i, key := range keys {
		adding = i + 1
		if key.Name == "" || key.PublicKey == "" {
			return fmt.Errorf("initial key %d: name or public_key is missing", adding)
		}
		project := int64(1)
		if key.ProjectID != nil {
			project = *key.ProjectID
		}
		request := gcore.CreateSSHKeyRequest{Name: key.Name, PublicKey: &key.PublicKey, SharedInProject: key.SharedInProject}
		server.Add(project, request, func(added *gcore.SSHKey) {
			setIf(&added.ID, key.ID)
			setIf(&added.State, key.State)
			setIf(&added.Fingerprint, key.Fingerprint)
			setIf(&added.CreatedAt, key.CreatedAt)
		})
	}
	return nil
}

// setIf sets target to value, unless that is the zero value.
func setIf[T comparable](target *T, value T) {
	var zero T
	if value != zero {
		*target = value
	}
}
