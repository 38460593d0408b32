// Package canary is what tests send in place of secrets, and how they look for it where no secret may be. The tool that records
// traffic looks for real secrets in the same forms.
package canary

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// Number and Token stand for an API key's part before the $, which Gcore quotes, and for a whole one. Other secrets contain the
// word canary.
const (
	Number = "4815162342"
	Token  = Number + "$canarytoken"
)

// In reports whether a text holds the word canary in any case or Number, as they are, in base64, in hex or byte by byte.
func In(text string) bool {
	for _, word := range []string{"canary", "Canary", "CANARY", Number} {
		forms := append(Base64(word), word, fmt.Sprintf("%x", word), fmt.Sprintf("%X", word), strings.Trim(fmt.Sprintf("%d", []byte(word)), "[]"))
		for _, form := range forms {
			if strings.Contains(text, form) {
				return true
			}
		}
	}
	return strings.Contains(strings.ToLower(text), "canary")
}

// Base64 returns what base64 makes of a text within a longer one, without the characters at the ends that depend on what stands
// around it.
func Base64(text string) (forms []string) {
	for before := range 3 {
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			encoded := encoding.EncodeToString(append(make([]byte, before), text...))
			forms = append(forms, encoded[(before*8+5)/6:(before+len(text))*8/6])
		}
	}
	return forms
}
