package contract

import (
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Violations lists all that is wrong with one message, in a fixed order: security, path, query, headers,
// then the body from the outermost value inwards, with names in alphabetical order. For a body or a list with more
// than 20,000 values it has only the first violation, and at most 100 repeated names. A body is not checked, which is a violation,
// too, if it has more than 250,000 values, is nested more than 200 levels deep, or takes more than a million comparisons with the
// schemas of an allOf, anyOf or oneOf and twenty for each of its values.
//
// Use [errors.As] to get them from an error, or to get a single [Violation]. If a body could not be
// read to its end, [errors.Is] finds the cause in the error too, but the text does not quote it.
type Violations []*Violation

// A Violation is one way in which a message breaks the contract. It contains no value that was sent, and
// only names that are in the contract.
type Violation struct {
	// Operation is the operationId, such as createSSHKey; empty if no operation has the path and method.
	Operation string
	// Part is where in the message: path, query, header, body or status.
	Part string
	// Pointer is where in the part, as a JSON pointer (RFC 6901): /results/0/id in a body, or the name
	// of a parameter or header, such as /limit. It is empty for the part as a whole, and * stands for
	// a name that the contract does not know.
	Pointer string
	// Rule is what was broken. It is a keyword of the schema (type, nullable, required, enum, format,
	// minLength, maxLength, minimum, maximum, additionalProperties, …) or one of these:
	//   - path, method: no operation has this path; none on this path has this method
	//   - security: the credentials are missing or not of the documented shape
	//   - unknownParameter, repeatedParameter, encoding: of query parameters and headers
	//   - contentType, contentEncoding, contentLength: of the body; the last is checked by [Validator.Handler] only
	//   - json, duplicateName: the body is not JSON; an object has the same name twice
	//   - noBody: there is a body where there must be none
	//   - maxItems also: a list has more than 250,000 items, or 20,000 of several types, which is too many to check
	//   - maxBody, read: the body is too long, too deep, has too many values or takes too long to check, or could not be read to its end
	//   - status: the status is not documented for the operation (the reason names it if HTTP does)
	Rule string
	// Reason is the rule in words, to be read after Part and Pointer.
	Reason string
}

// The values of Violation.Part.
const (
	partPath   = "path"
	partQuery  = "query"
	partHeader = "header"
	partBody   = "body"
	partStatus = "status"
)

// missing is the reason for a missing part.
const missing = "is missing"

// Error says where and how the message breaks the contract, in one line.
func (v *Violation) Error() string {
	var b strings.Builder
	if v.Operation != "" {
		b.WriteString(v.Operation + ": ")
	}
	b.WriteString(v.Part)
	if v.Pointer != "" {
		b.WriteString(" " + shortened(v.Pointer))
	}
	fmt.Fprintf(&b, " %s (%s)", v.Reason, v.Rule)
	return b.String()
}

// maxPointer is how many bytes of a pointer a message shows.
const maxPointer = 200

// shortened leaves the middle of a long pointer out, at slashes.
func shortened(pointer string) string {
	if len(pointer) <= maxPointer {
		return pointer
	}
	start := strings.LastIndexByte(pointer[:maxPointer/2], '/')
	end := strings.IndexByte(pointer[len(pointer)-maxPointer/2:], '/')
	return strings.ToValidUTF8(pointer[:start]+" … "+pointer[len(pointer)-maxPointer/2+max(end, 0):], "")
}

// shown is how many violations an error names; it only counts the others.
const shown = 20

// Error names up to 20 of the violations in one line.
func (vs Violations) Error() string {
	var b strings.Builder
	b.WriteString("breaks the contract: ")
	for i, v := range vs {
		if i == shown {
			fmt.Fprintf(&b, "; and %d more", len(vs)-shown)
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(v.Error())
	}
	return b.String()
}

// Unwrap returns each violation as an error.
func (vs Violations) Unwrap() []error {
	errs := make([]error, len(vs))
	for i, v := range vs {
		errs[i] = v
	}
	return errs
}

// A check gathers the violations of one message.
type check struct {
	operation string
	options   []openapi3.SchemaValidationOption
	composed  bool // see operation
	many      bool // the body has so many values that only its first violation is listed
	found     Violations
	seen      map[Violation]bool
	unread    error // why the body could not be read to its end
}

// add adds a violation, unless it is there already: those for two unknown names are equal.
func (c *check) add(part, pointer, rule, reason string) {
	v := Violation{Operation: c.operation, Part: part, Pointer: pointer, Rule: rule, Reason: reason}
	if c.seen[v] {
		return
	}
	if c.seen == nil {
		c.seen = map[Violation]bool{}
	}
	c.seen[v] = true
	c.found = append(c.found, &v)
}

// result returns what was found as an error: nil, not empty Violations, if that is nothing.
func (c *check) result() error {
	switch {
	case len(c.found) == 0:
		return nil
	case c.unread != nil:
		return &unreadError{c.found, c.unread}
	}
	return c.found
}

// unreadError is Violations with the cause of one of them, which its text leaves out: the cause can
// quote what was read.
type unreadError struct {
	Violations
	cause error
}

// Unwrap returns the Violations and the cause, for errors.As and errors.Is.
func (e *unreadError) Unwrap() []error { return []error{e.Violations, e.cause} }
