package gcoretest

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
)

// A Fault describes how the server misbehaves for one call. The zero Fault means that it works as usual; every field changes one
// thing, and fields can be combined:
//
//	Fault{Break: DropBeforeHeaders}                                 // key created, response lost
//	Fault{Commit: CommitNever, Break: DropBeforeHeaders}            // nothing done, no response
//	Fault{Commit: CommitAfterList, Status: 504}                     // 504 now, key created after the next list
//	Fault{HideFor: 2, Break: StallInBody, At: 100}                  // key created, not in the next two lists
//	Fault{Status: 429, Header: http.Header{"Retry-After": {"5"}}}   // nothing done, as 429 says
//	Fault{Status: 502}                                              // key created, response replaced
//
// The server reads the whole request before it applies the fault.
//
// In JSON the fields have the names of their tags, and Commit and Break are the names of their constants:
//
//	{"status": 429, "header": {"Retry-After": ["5"]}}
//
// JSON contains text only: bytes that are not UTF-8 are replaced. encoding/json ignores unknown names; with
// json.Decoder.DisallowUnknownFields a misspelled one is an error.
type Fault struct {
	// Commit says whether and when the operation is carried out. If it is not carried out now, the response has status 500, or
	// what Status and Body say.
	Commit Commit `json:"commit,omitzero"`

	// HideFor is how many lists leave out the key that a create adds. Only lists that would include the key
	// count: of the same project, with a name filter that its name passes. Other operations
	// find the key at once.
	HideFor int `json:"hide_for,omitzero"`

	// Status replaces the response's status, 200 to 599. From 400 on, the body is Gcore's error response of that status, unless
	// Body says otherwise; below 400, the body is not changed.
	Status int `json:"status,omitzero"`

	// Header is set on the response. A header without values is removed from it. Content-Length and Transfer-Encoding follow from the
	// body; Raw can send wrong ones.
	Header http.Header `json:"header,omitempty"`

	// Body, if not "", is the response's body.
	Body string `json:"body,omitzero"`

	// Edit, if not nil, changes the response's body and returns the new one. It may modify its argument. It comes after
	// Body. It has no form in JSON.
	Edit func(body []byte) []byte `json:"-"`

	// Chunked sends the body in chunks, without a Content-Length. It is for HTTP/1.1.
	Chunked bool `json:"chunked,omitzero"`

	// Break is where the response breaks off, and how.
	Break Break `json:"break,omitzero"`

	// At is how many bytes of the body are sent before DropInBody or StallInBody; it is for these only. If the body is not
	// longer than that, all of it is sent, and Content-Length is one byte too large.
	At int `json:"at,omitzero"`

	// Raw, if not "", is sent in place of any HTTP response, and the connection is closed. HTTP/2 cannot send it: there
	// the stream is reset.
	Raw string `json:"raw,omitzero"`
}

// What RFC 9110 allows as the name of a header, and what it does not in a value. Package httpguts, which has the same, would be one
// more module for every importer.
var (
	headerName  = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
	notInHeader = regexp.MustCompile(`[\x00-\x08\x0a-\x1f\x7f]`)
)

// Validate fails if the server cannot do what f says: Status must be 0 or from 200 to 599, HideFor and At not negative, Commit and
// Break one of their constants, At 0 unless Break is DropInBody or StallInBody, and Header valid in HTTP and without Content-Length
// and Transfer-Encoding.
func (f Fault) Validate() error {
	switch {
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status %d is not from 200 to 599", f.Status)
	case f.HideFor < 0:
		return fmt.Errorf("hide_for %d is negative", f.HideFor)
	case f.Commit < 0 || int(f.Commit) >= len(commitNames):
		return fmt.Errorf("there is no %v", f.Commit)
	case f.Break < 0 || int(f.Break) >= len(breakNames):
		return fmt.Errorf("there is no %v", f.Break)
	case f.At < 0:
		return fmt.Errorf("at %d is negative", f.At)
	case f.At > 0 && f.Break != DropInBody && f.Break != StallInBody:
		return fmt.Errorf("at %d has no effect with %v: it is for DropInBody and StallInBody", f.At, f.Break)
	}
	for name, values := range f.Header {
		switch canonical := http.CanonicalHeaderKey(name); {
		case !headerName.MatchString(name):
			return fmt.Errorf("header %q is not a valid name", name)
		case canonical == "Content-Length" || canonical == "Transfer-Encoding":
			return fmt.Errorf("header %s follows from the body: use raw to send a wrong one", canonical)
		case slices.ContainsFunc(values, notInHeader.MatchString):
			return fmt.Errorf("header %s has a value with a line break or another control character", canonical)
		}
	}
	return nil
}

// commit resolves CommitByStatus.
func (f Fault) commit() Commit {
	rejected := f.Status >= 400 && f.Status < 500 && f.Status != http.StatusRequestTimeout
	switch {
	case f.Commit != CommitByStatus:
		return f.Commit
	case rejected:
		return CommitNever
	default:
		return CommitNow
	}
}

// leavesResponse reports whether the response is sent unchanged.
func (f Fault) leavesResponse() bool {
	f.Commit, f.HideFor = CommitByStatus, 0
	return reflect.ValueOf(f).IsZero()
}

// Commit says whether and when an operation is carried out.
type Commit int

const (
	// CommitByStatus carries the operation out, as CommitNow does, unless Fault.Status says that it was not carried out: a status
	// from 400 to 499 but 408. Such a fault is CommitNever.
	CommitByStatus Commit = iota
	// CommitNow carries the operation out before the response is sent.
	CommitNow
	// CommitNever does not carry it out.
	CommitNever
	// CommitAfterList carries it out after the next list that would include the key: one of the same project,
	// with a name filter that the key's name passes. That list does not show it yet, the next one does. Beyond the bounds
	// of WithCallLimits the oldest postponed operations are carried out at once.
	CommitAfterList
)

// Break is a way for a response to end early. Dropping closes the connection, or over HTTP/2 resets the
// stream. Stalling sends nothing more until the client leaves, the server is closed or a minute has passed,
// and then closes the connection, too. Responses that can have no body, such as 204, break before their headers in any case.
type Break int

const (
	// NoBreak sends the whole response.
	NoBreak Break = iota
	// DropBeforeHeaders sends nothing.
	DropBeforeHeaders
	// DropInBody sends the headers and Fault.At bytes of the body.
	DropInBody
	// StallBeforeHeaders sends nothing.
	StallBeforeHeaders
	// StallInBody sends the headers and Fault.At bytes of the body, and then nothing more.
	StallInBody
)

// ProxyPage is the response of a proxy that got no response from Gcore: an HTML page with this status. Set Commit to say what Gcore
// did with the request.
func ProxyPage(status int) Fault {
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	return Fault{
		Status: status,
		Header: http.Header{"Content-Type": {"text/html"}},
		Body: "<html>\r\n<head><title>" + title + "</title></head>\r\n" +
			"<body>\r\n<center><h1>" + title + "</h1></center>\r\n<hr><center>proxy</center>\r\n</body>\r\n</html>\r\n",
	}
}

// RandomFaults returns a function for WithFaults. It gives a call a fault with the probability rate, from 0 to 1; each of faults is
// equally likely. It panics if Fault.Validate fails for one of them. The fault of a call follows only from the seed and the call's
// Operation, ProjectID, Name and Nth. So a test with many goroutines has the same faults at each run, if each goroutine uses other
// names.
func RandomFaults(seed uint64, rate float64, faults ...Fault) func(Call) Fault {
	for _, fault := range faults {
		if err := fault.Validate(); err != nil {
			panic("gcoretest: RandomFaults: " + err.Error())
		}
	}
	return func(call Call) Fault {
		h := fnv.New64a()
		for _, part := range []string{call.Operation, strconv.FormatInt(call.ProjectID, 10), call.Name, strconv.Itoa(call.Nth)} {
			_, _ = h.Write([]byte(part + "\x00"))
		}
		dice := rand.New(rand.NewPCG(seed, h.Sum64())) //nolint:gosec // weak, but the same at each run
		if len(faults) == 0 || dice.Float64() >= rate {
			return Fault{}
		}
		return faults[dice.IntN(len(faults))]
	}
}
