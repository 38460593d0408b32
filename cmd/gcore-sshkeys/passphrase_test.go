package main

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// A passphrase that Save rejects must be refused before a key is created: after it, the key would be saved without encryption.
func TestPassphrasesThatSaveRejectsAreRefusedBefore(t *testing.T) {
	t.Parallel()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	for name, passphrase := range map[string]string{
		"usual": "correct horse", "longest": strings.Repeat("a", 1023), "too long": strings.Repeat("a", 1024),
		"carriage return": "se\rcret", "newline": "se\ncret", "zero byte": "se\x00cret", "Unicode": "Schlüssel", "tab": "\t",
	} {
		saved := pair.Save(filepath.Join(t.TempDir(), "key"), gcore.WithPassphrase([]byte(passphrase)))
		assert.Equal(t, errors.Is(saved, gcore.ErrInvalid), checkPassphrase([]byte(passphrase)) != nil, "%s: Save returned %v", name, saved)
	}
}
