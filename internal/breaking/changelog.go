package main

import (
	"errors"
	"strings"
)

// unreleased returns the section of a changelog whose heading is Unreleased, with its line breaks and
// runs of spaces made single spaces, so that an entry can be wrapped anywhere.
func unreleased(changelog string) string {
	var section []string
	inside := false
	for line := range strings.Lines(changelog) {
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			inside = strings.Contains(strings.ToLower(heading), "unreleased")
			continue
		}
		if inside {
			section = append(section, strings.Fields(line)...)
		}
	}
	return strings.Join(section, " ")
}

// named says whether the section of the changelog holds the words of the change.
func named(section string, change string) bool {
	return strings.Contains(section, strings.Join(strings.Fields(change), " "))
}

// explain says what to do about breaking changes that CHANGELOG.md does not name.
func explain(unnamed []string) error {
	var b strings.Builder
	b.WriteString("these changes break those who use the contract or the Go packages:\n\n")
	for _, change := range unnamed {
		b.WriteString("- Breaking: " + change + "\n")
	}
	b.WriteString("\nTake them back, or announce them: add the lines above to the Unreleased section of CHANGELOG.md,\n" +
		"word for word, each followed by what a user has to do.")
	return errors.New(b.String())
}
