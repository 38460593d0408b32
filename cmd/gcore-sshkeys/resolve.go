package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// fingerprint is the form of an MD5 or SHA256 fingerprint as ssh-keygen -l and Gcore print it.
var fingerprint = regexp.MustCompile(`^((?i:md5:)?[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){15}|SHA256:[A-Za-z0-9+/]{43}=?)$`)

// findKey returns the one key that text means: its id, its exact name or a fingerprint. An id is nothing else: a key that is named like
// the id of another one is never meant.
func findKey(ctx context.Context, keys *gcore.SSHKeys, text string) (*gcore.SSHKey, error) {
	if text == "" { // probably a variable that is not set
		return nil, usagef("the KEY is empty: give an id, a name or a fingerprint")
	}
	if isID(text) {
		return keys.Get(ctx, strings.ToLower(text))
	}
	found, err := keysOf(ctx, keys, text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("look for %q: %w", text, err)
	case len(found) == 0:
		return nil, withStatus(statusNotFound, fmt.Errorf("%q is neither the id, nor the name, nor a fingerprint of a key of the project", text))
	case len(found) > 1:
		ids := make([]string, len(found))
		for i, key := range found {
			ids[i] = key.ID
		}
		return nil, fmt.Errorf("%q is %d keys: give the id of one: %s", text, len(found), strings.Join(ids, ", "))
	}
	return &found[0], nil
}

func isID(text string) bool {
	id, err := uuid.Parse(text)
	return err == nil && len(text) == len(id.String()) && id.Version() == 4
}

// keysOf returns the keys with a name or a fingerprint. Only a fingerprint needs the whole list.
func keysOf(ctx context.Context, keys *gcore.SSHKeys, text string) ([]gcore.SSHKey, error) {
	if !fingerprint.MatchString(text) {
		return keys.FindByName(ctx, text)
	}
	var found []gcore.SSHKey
	for key, err := range keys.All(ctx, gcore.ListSSHKeysParams{}) {
		if err != nil {
			return nil, err
		}
		if key.Name == text || sha256(key) == strings.TrimSuffix(text, "=") || strings.EqualFold(key.Fingerprint, trimMD5(text)) {
			found = append(found, key)
		}
	}
	return found, nil
}

func trimMD5(text string) string {
	if len(text) > 4 && strings.EqualFold(text[:4], "MD5:") {
		return text[4:]
	}
	return text
}
