package canary_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/canary"
)

func TestIn(t *testing.T) {
	t.Parallel()
	for _, word := range []string{canary.Number, "canary", "CanaryOfAKey", "a CANARY", canary.Token} {
		for before := range 4 {
			text := strings.Repeat(".", before) + word + "?"
			for _, form := range []string{text, fmt.Sprintf("%x", text), fmt.Sprintf("%X", text), fmt.Sprintf("%d", []byte(text)),
				base64.StdEncoding.EncodeToString([]byte(text)), base64.URLEncoding.EncodeToString([]byte(text))} {
				assert.True(t, canary.In("it is "+form), form)
			}
		}
	}
	assert.True(t, canary.In("cAnArY"))
	assert.False(t, canary.In("4815 canar y [99 97]"))
}
