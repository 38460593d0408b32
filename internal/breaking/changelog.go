package main

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

var (
	word    = regexp.MustCompile(`\w+(?:[./]\w+)*`) // an operationId, a package, a Go name
	pointer = regexp.MustCompile(`\(\*(\w+)\)`)     // as in (*Server).Add, which apidiff writes for Server.Add
)

// breakingEntries returns the words in the first sentence of each entry that begins with Breaking:, in the sections that
// old, the CHANGELOG.md to compare with, does not have: Unreleased and, in the commit of a release, that release.
func breakingEntries(changelog, old string) (entries [][]string) {
	var section strings.Builder
	for line := range strings.Lines(strings.ReplaceAll(changelog, "\r\n", "\n")) {
		if release := strings.HasPrefix(line, "## [") && !strings.HasPrefix(line, "## [Unreleased]"); release && strings.Contains(old, strings.TrimSpace(line)) {
			break
		}
		section.WriteString(line)
	}
	for entry := range strings.SplitSeq(section.String(), "\n- ") {
		entry, breaking := strings.CutPrefix(entry, "Breaking: ")
		if !breaking {
			continue
		}
		entry, _, _ = strings.Cut(entry, "\n#")
		sentence, _, _ := strings.Cut(strings.Join(strings.Fields(entry), " "), ". ")
		entries = append(entries, word.FindAllString(pointer.ReplaceAllString(sentence, "$1"), -1))
	}
	return entries
}

// isNamed reports whether an entry has the operationId among its words, or the package and the Go name.
func (c change) isNamed(entries [][]string) bool {
	return slices.ContainsFunc(entries, func(words []string) bool {
		return slices.Contains(words, c.name) && (c.pkg == "" || slices.Contains(words, c.pkg))
	})
}

// label is how an entry begins that names c.
func (c change) label() string {
	if c.pkg == "" {
		return c.name
	}
	return c.pkg + ": " + c.name
}

func (c change) String() string { return c.label() + ": " + c.text }

// explain says what to do about changes that CHANGELOG.md does not name.
func explain(unnamed []change) error {
	var b, lines strings.Builder
	b.WriteString("these changes break those who use the API or the packages, and CHANGELOG.md does not name them:\n")
	for _, kind := range []string{inContract, handWritten, generated} {
		heading := "\n" + kind + "\n"
		for _, c := range unnamed {
			if c.kind != kind {
				continue
			}
			b.WriteString(heading + "  " + c.String() + "\n")
			heading = ""
			if line := "- Breaking: " + c.label() + ": "; !strings.Contains(lines.String(), line) {
				lines.WriteString(line + "WHAT IS OTHER THAN BEFORE. WHAT A USER HAS TO DO.\n")
			}
		}
	}
	b.WriteString("\nUndo them, or announce each name in the section Unreleased of CHANGELOG.md, in the first sentence of an entry that begins\n" +
		"with Breaking: (one entry may have several names):\n\n" + lines.String())
	return errors.New(b.String())
}
