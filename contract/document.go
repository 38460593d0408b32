package contract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// An operation is what a check needs to know about an operation of the document.
type operation struct {
	id        string
	security  []requirement
	inPath    []*parameter
	inQuery   []*parameter
	headers   []*parameter
	body      *openapi3.RequestBody // nil if there must be none
	responses map[string]*response  // by status, as the document writes it: 201, 4XX or default
	composed  bool                  // whether there are schemas that are made of others
}

// A response is one documented response to an operation.
type response struct {
	headers []*parameter
	content openapi3.Content // empty if there must be no body
}

// response returns the documented response for a status, the most specific one; nil if there is none.
func (op *operation) response(status int) *response {
	if status < 100 || status > 999 {
		return nil
	}
	text := strconv.Itoa(status)
	for _, key := range []string{text, text[:1] + "XX", "default"} {
		if r := op.responses[key]; r != nil {
			return r
		}
	}
	return nil
}

// undocumented says which status is not documented. It quotes no status that HTTP does not define.
func undocumented(status int) string {
	words := http.StatusText(status)
	if words == "" {
		return "is not documented, and is none that HTTP has registered"
	}
	return fmt.Sprintf("%d %s is not documented", status, words)
}

// compile reads a document and returns its routes, in the order in which to try them. It fails if the
// document has something that this package does not check. The credentials must have Gcore's form if the document is gcores.
func compile(document []byte, gcores bool) ([]*route, error) {
	// The loader reads no other documents unless told to.
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if external, ok := errors.AsType[*openapi3.DisallowedExternalRefError](err); ok {
		return nil, fmt.Errorf("contract: the document refers to another, %q: put all of it into one document", external.Ref)
	}
	if err != nil {
		return nil, fmt.Errorf("contract: reading the OpenAPI document: %w", err)
	}
	if doc.IsOpenAPI31OrLater() {
		return nil, fmt.Errorf("contract: the document is OpenAPI %s: write it as 3.0.3, which is what is checked here", doc.OpenAPI)
	}
	if err := boundedParts(doc); err != nil {
		return nil, err
	}
	// Examples are not traffic. The root package has a test that they fit their schemas.
	if err := doc.Validate(context.Background(), openapi3.DisableExamplesValidation()); err != nil {
		return nil, fmt.Errorf("contract: the OpenAPI document is not valid: %w", err)
	}
	if err := doc.WalkSchemas(checkable); err != nil {
		return nil, err
	}
	bases, err := basePaths(doc.Servers)
	if err != nil {
		return nil, err
	}
	composed := isComposed(doc)
	var routes []*route
	for _, base := range bases {
		for _, path := range doc.Paths.InMatchingOrder() {
			item := doc.Paths.Value(path)
			if item == nil || len(item.Operations()) == 0 {
				continue // null or {}: no request can be for it
			}
			r, err := newRoute(base + path)
			if err != nil {
				return nil, err
			}
			if len(item.Servers) > 0 {
				return nil, fmt.Errorf("contract: path %s: servers of its own are not checked here: give them to the whole document", path)
			}
			for method, declared := range item.Operations() {
				op, err := newOperation(doc, r, item, declared, gcores)
				if err != nil {
					return nil, fmt.Errorf("contract: %s %s: %w", method, path, err)
				}
				op.composed = composed
				r.operations[method] = op
			}
			routes = append(routes, r)
		}
	}
	return routes, nil
}

func newOperation(doc *openapi3.T, r *route, item *openapi3.PathItem, declared *openapi3.Operation, gcores bool) (*operation, error) {
	if declared.OperationID == "" {
		return nil, fmt.Errorf("give the operation an operationId: violations name it")
	}
	if declared.Servers != nil && len(*declared.Servers) > 0 {
		return nil, fmt.Errorf("servers of its own are not checked here: give them to the whole document")
	}
	op := &operation{id: declared.OperationID, responses: map[string]*response{}}
	required := &doc.Security
	if declared.Security != nil {
		required = declared.Security
	}
	var err error
	if op.security, err = newRequirements(doc, *required, gcores); err != nil {
		return nil, err
	}
	for _, p := range parameters(item, declared) {
		compiled, err := newParameter(p)
		if err != nil {
			return nil, fmt.Errorf("parameter %s: %w", p.Name, err)
		}
		switch p.In {
		case openapi3.ParameterInPath:
			compiled.segment = slices.Index(r.segments, segment{parameter: p.Name})
			op.inPath = append(op.inPath, compiled)
		case openapi3.ParameterInQuery:
			op.inQuery = append(op.inQuery, compiled)
		case openapi3.ParameterInHeader:
			op.headers = append(op.headers, compiled)
		default:
			return nil, fmt.Errorf("parameter %s: a parameter in %s is not checked here", p.Name, p.In)
		}
	}
	if declared.RequestBody != nil {
		op.body = declared.RequestBody.Value
		if err := checkableContent(op.body.Content); err != nil {
			return nil, err
		}
	}
	for status, ref := range declared.Responses.Map() {
		if op.responses[status], err = newResponse(ref.Value); err != nil {
			return nil, fmt.Errorf("response %s: %w", status, err)
		}
	}
	return op, nil
}

// parameters returns those of the operation, and those of its path that it does not declare again.
func parameters(item *openapi3.PathItem, declared *openapi3.Operation) []*openapi3.Parameter {
	var all []*openapi3.Parameter
	for _, ref := range item.Parameters {
		if !isIgnored(ref.Value) && declared.Parameters.GetByInAndName(ref.Value.In, ref.Value.Name) == nil {
			all = append(all, ref.Value)
		}
	}
	for _, ref := range declared.Parameters {
		if !isIgnored(ref.Value) {
			all = append(all, ref.Value)
		}
	}
	return all
}

// isIgnored reports whether OpenAPI ignores a parameter: the security and the content say what these headers are.
func isIgnored(p *openapi3.Parameter) bool {
	ignored := []string{"Accept", "Authorization", "Content-Type"}
	return p.In == openapi3.ParameterInHeader && slices.Contains(ignored, http.CanonicalHeaderKey(p.Name))
}

func newResponse(declared *openapi3.Response) (*response, error) {
	r := &response{content: declared.Content}
	for name, ref := range declared.Headers {
		if http.CanonicalHeaderKey(name) == "Content-Type" {
			continue // the content says what it is, and OpenAPI that it is ignored here
		}
		// A response's header is a parameter in a header, but for its place and name being implied.
		header := ref.Value.Parameter
		header.Name, header.In = name, openapi3.ParameterInHeader
		compiled, err := newParameter(&header)
		if err != nil {
			return nil, fmt.Errorf("header %s: %w", name, err)
		}
		r.headers = append(r.headers, compiled)
	}
	slices.SortFunc(r.headers, func(a, b *parameter) int { return strings.Compare(a.name, b.name) })
	return r, checkableContent(r.content)
}

// checkableContent refuses bodies that this package cannot check against a schema.
func checkableContent(content openapi3.Content) error {
	for mediaType, declared := range content {
		if mediaType != "application/json" && !strings.HasSuffix(mediaType, "+json") {
			return fmt.Errorf("a body of %s is not checked here: only JSON is", mediaType)
		}
		if declared == nil || declared.Schema == nil {
			return fmt.Errorf("the body of %s has no schema to check", mediaType)
		}
	}
	return nil
}
