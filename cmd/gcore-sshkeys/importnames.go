package main

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// A name has 3 to 63 letters, digits, spaces and ._- with a letter or digit first and no space or hyphen last, as Gcore's machine-readable
// description asks for.
const (
	minNameLen = 3
	maxNameLen = 63
	// maxBaseLen leaves room for a number that makes a name unique.
	maxBaseLen = maxNameLen - len("-1000000")
)

var (
	notInNames = regexp.MustCompile(`[^a-zA-Z0-9 ._-]+`)
	namePrefix = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9 ._-]*$`)
)

// checkNamePrefix refuses a prefix that makes no valid name.
func checkNamePrefix(prefix string) error {
	if !namePrefix.MatchString(prefix) || len(prefix) > maxBaseLen {
		return usagef("--name-prefix is %q, and must be 1 to %d letters, digits, spaces and ._- with a letter or digit first", prefix, maxBaseLen)
	}
	return nil
}

// nameFrom makes a name of a comment, or "" if nothing of it can be in a name. Letters lose their accents.
func nameFrom(comment string) string {
	plain, _, err := transform.String(transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn))), comment)
	if err != nil {
		plain = comment
	}
	name := strings.TrimLeft(notInNames.ReplaceAllString(plain, "-"), " ._-")
	if len(name) > maxBaseLen {
		name = name[:maxBaseLen]
	}
	name = strings.TrimRight(name, " -")
	if name != "" && len(name) < minNameLen {
		name += "-key"
	}
	return name
}

// projectNames gives out names that no key of the project has.
type projectNames struct {
	taken map[string]bool
	last  map[string]int // the last number that was tried, by what is before it
}

// numbered returns base with the first free number, counted from first.
func (p *projectNames) numbered(base string, first int) string {
	for n := max(first, p.last[base]+1); ; n++ {
		p.last[base] = n
		if name := base + "-" + strconv.Itoa(n); !p.taken[name] {
			p.taken[name] = true
			return name
		}
	}
}

// of returns the name for a key with this comment: prefix and a number if the comment makes none.
func (p *projectNames) of(comment, prefix string) string {
	base := nameFrom(comment)
	switch {
	case base == "":
		return p.numbered(prefix, 1)
	case p.taken[base]:
		return p.numbered(base, 2)
	}
	p.taken[base] = true
	return base
}
