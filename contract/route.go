package contract

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Routing is done here, on the path alone. kin-openapi's own routers ask for the host of the
// document's servers entry, which a test server does not have; and one of them cannot tell a path
// that does not exist from a method that does not.

// A route is a path of the document and its operations by method.
type route struct {
	template   string
	segments   []segment
	operations map[string]*operation
}

// A segment is the part of a path between two slashes: a text, or the name of a parameter.
type segment struct {
	text, parameter string
}

func newRoute(template string) (*route, error) {
	r := &route{template: template, operations: map[string]*operation{}}
	for text := range strings.SplitSeq(template, "/") {
		inner, opens := strings.CutPrefix(text, "{")
		name, closes := strings.CutSuffix(inner, "}")
		switch {
		case opens && closes && slices.Contains(r.segments, segment{parameter: name}):
			return nil, fmt.Errorf("contract: path %s: the parameter %s is in it twice", template, name)
		case opens && closes && !strings.ContainsAny(name, "{}"):
			r.segments = append(r.segments, segment{parameter: name})
		case strings.ContainsAny(text, "{}"):
			return nil, fmt.Errorf("contract: path %s: let a parameter fill the whole of its segment", template)
		default:
			r.segments = append(r.segments, segment{text: text})
		}
	}
	return r, nil
}

// Operation returns the operationId of the operation that r is for, such as getSSHKey, and the values of its path parameters, by
// name and unescaped; nil if it has none. The id is "" if no operation has the path and method of r. Only these are compared: r
// can still break the contract, which [Validator.CheckRequest] reports.
//
// The whole path is compared, and an empty one is a slash. It may begin with the path of one of the document's servers. With a slash
// at the end it is another path, and an escaped slash (%2F) is part of a value. HEAD is not GET: it is an operation only if the
// document has it. An empty method is GET, as in net/http.
func (v *Validator) Operation(r *http.Request) (id string, pathParams map[string]string) {
	op, segments, unknown := v.operation(r)
	if unknown != nil {
		return "", nil
	}
	if len(op.inPath) > 0 {
		pathParams = make(map[string]string, len(op.inPath))
	}
	for _, p := range op.inPath {
		pathParams[p.name] = plainSegment(segments[p.segment])
	}
	return op.id, pathParams
}

// operation returns the operation that r asks for and the segments of its path, or the violation
// that there is no such operation.
func (v *Validator) operation(r *http.Request) (*operation, []string, *Violation) {
	found, segments := v.route(r.URL)
	if found == nil {
		return nil, nil, &Violation{Part: partPath, Rule: "path", Reason: "belongs to no operation"}
	}
	method := r.Method
	if method == "" {
		method = http.MethodGet // as net/http has it
	}
	if op := found.operations[method]; op != nil {
		return op, segments, nil
	}
	return nil, nil, &Violation{Part: partPath, Rule: "method",
		Reason: fmt.Sprintf("%s takes only the methods %s", found.template, found.methods())}
}

// route returns the first route that has u's path, and the path's segments as they were sent; nil if none has.
func (v *Validator) route(u *url.URL) (*route, []string) {
	if u == nil {
		return nil, nil
	}
	// The escaped path is split, not the plain one: an escaped slash is part of a value.
	path := u.EscapedPath()
	if path == "" {
		path = "/" // as net/http sends it
	}
	segments := strings.Split(path, "/")
	for _, r := range v.routes {
		if slices.EqualFunc(r.segments, segments, segment.matches) {
			return r, segments
		}
	}
	return nil, nil
}

// matches reports whether a segment of a path, as it was sent, can be this one.
func (s segment) matches(sent string) bool {
	if s.parameter != "" {
		return sent != ""
	}
	return sent == s.text || plainSegment(sent) == s.text
}

// plainSegment returns a segment of a path without its escapes. Those of url.URL.EscapedPath are all well-formed.
func plainSegment(sent string) string {
	plain, _ := url.PathUnescape(sent)
	return plain
}

// methods lists the methods that the route has, as an Allow header does.
func (r *route) methods() string {
	return strings.Join(slices.Sorted(maps.Keys(r.operations)), ", ")
}
