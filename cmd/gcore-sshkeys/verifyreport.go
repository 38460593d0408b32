package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// report is what verify found.
type report struct {
	Files      []string  `json:"files"`
	Unreadable []string  `json:"unreadable,omitempty"` // why files were not read to their end
	Checked    int       `json:"checked"`              // exchanges
	NoResponse int       `json:"no_response"`
	OtherHosts int       `json:"other_hosts"`
	OtherPaths int       `json:"other_paths"`
	Violations []finding `json:"violations"`

	left map[string]bool // headers without which requests lack credentials
}

// finding is one violation.
type finding struct {
	File      string `json:"file"`
	Exchange  int    `json:"exchange"` // counted from 1
	Method    string `json:"method"`
	Operation string `json:"operation,omitempty"`
	Part      string `json:"part"` // request or response
	Rule      string `json:"rule"`
	Text      string `json:"text"`
}

// where says which message in the file is meant.
func (f finding) where() string {
	return fmt.Sprintf("exchange %d, %s, %s", f.Exchange, strings.TrimSpace(f.Method+" "+f.Operation), f.Part)
}

// nameOf is how a file is called in messages.
func nameOf(path string) string {
	if path == "-" {
		return standardInput
	}
	return path
}

const standardInput = "standard input"

func (r *report) print(cmd *cobra.Command, c *cli) error {
	if c.output == "github" {
		return write(cmd, r.annotations())
	}
	return c.print(cmd, nil, r, func(int) string { return r.text() })
}

func (r *report) text() string {
	var b strings.Builder
	for _, f := range r.Violations {
		fmt.Fprintf(&b, "%s: %s: %s\n", printable(f.File), f.where(), printable(f.Text))
	}
	return b.String() + r.summary()
}

// summary is one line about all files.
func (r *report) summary() string {
	what := many(len(r.Files), "file")
	if len(r.Files) == 1 {
		what = printable(nameOf(r.Files[0]))
	}
	text := fmt.Sprintf("%s: %s checked, %d ignored (%d with other hosts, %d with other paths)", what,
		many(r.Checked, "exchange"), r.OtherHosts+r.OtherPaths, r.OtherHosts, r.OtherPaths)
	if r.NoResponse > 0 {
		text += fmt.Sprintf("; %d had no response", r.NoResponse)
	}
	if len(r.Unreadable) > 0 {
		text += fmt.Sprintf("; %s not read to the end", many(len(r.Unreadable), "file"))
	}
	return fmt.Sprintf("%s; %s\n", text, many(len(r.Violations), "violation"))
}

// annotations is the report as commands of a GitHub workflow.
func (r *report) annotations() string {
	property := strings.NewReplacer("%", "%25", ":", "%3A", ",", "%2C")
	text := strings.NewReplacer("%", "%25")
	var b strings.Builder
	for _, f := range r.Violations {
		file := ""
		if f.File != standardInput {
			file = "file=" + property.Replace(printable(f.File)) + ","
		}
		fmt.Fprintf(&b, "::error %stitle=%s::%s\n", file, property.Replace(f.Rule), text.Replace(printable(f.where()+": "+f.Text)))
	}
	for _, reason := range r.Unreadable {
		fmt.Fprintf(&b, "::error title=unreadable::%s\n", text.Replace(printable(reason)))
	}
	return b.String() + r.summary()
}
