package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// gcoresPattern is the pattern of names that Gcore publishes.
var gcoresPattern = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z 0-9._\-]{1,61}[a-zA-Z0-9._]$`)

func TestNamesFit(t *testing.T) {
	t.Parallel()
	names := &projectNames{taken: map[string]bool{}, last: map[string]int{}}
	seen := map[string]bool{}
	for _, comment := range []string{
		"user@host", "a", "é", "Jürgen Müller", "..x", "-rf", "x -", "ключ", "", strings.Repeat("long", 60), strings.Repeat("long", 60), "a b", "__", "a@", "user@host", "user-host-2",
	} {
		for range 3 {
			name := names.of(comment, "key")
			assert.Regexp(t, gcoresPattern, name, comment)
			assert.False(t, seen[name], name)
			seen[name] = true
		}
	}
	assert.True(t, seen["user-host"] && seen["user-host-2"] && seen["Jurgen Muller"] && seen["a-key"] && seen["key-1"], seen)
}
