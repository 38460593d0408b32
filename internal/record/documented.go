package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	sshkeys "github.com/gcore-sshkeys/gcore-sshkeys-go"
)

// recordDocumented writes the examples of openapi.yaml as recordings, unchanged: the fingerprint of the example that Gcore's
// API reference has is not that of its key.
func recordDocumented(out string, stdout io.Writer) error {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(sshkeys.OpenAPI))
	if err != nil {
		return fmt.Errorf("openapi.yaml: %w", err)
	}
	var made []recording
	seen := map[*openapi3.Response]bool{} // most responses belong to several operations: the first one gets their examples
	for _, op := range operations(doc) {
		examples, err := exampleResponses(op, seen)
		if err != nil {
			return err
		}
		made = append(made, examples...)
	}
	fmt.Fprintf(stdout, "documented: %d recordings\n", len(made))
	return write(out, "documented", made, true)
}

// An operation is one of the document, and where it is.
type operation struct {
	path, method string
	item         *openapi3.PathItem
	*openapi3.Operation
}

// operations returns those of the document by operationId.
func operations(doc *openapi3.T) []operation {
	var all []operation
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			all = append(all, operation{path, method, item, op})
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.OperationID, b.OperationID) })
	return all
}

// exampleResponses returns a recording for each example of a response to an operation. The request in it is an example, too,
// and not always one that would get this response.
func exampleResponses(op operation, seen map[*openapi3.Response]bool) ([]recording, error) {
	target, err := exampleURL(op.path, op.item.Parameters)
	if err != nil {
		return nil, err
	}
	sent := message{header: http.Header{"Authorization": {"apikey " + exampleToken}}}
	if op.RequestBody != nil {
		media := op.RequestBody.Value.Content["application/json"]
		first := slices.Sorted(maps.Keys(media.Examples))[0]
		if sent.body, err = marshal(media.Examples[first].Value.Value); err != nil {
			return nil, err
		}
		sent.header.Set("Content-Type", "application/json")
	}
	var made []recording
	for _, status := range slices.Sorted(maps.Keys(op.Responses.Map())) {
		response := op.Responses.Value(status).Value
		media := response.Content["application/json"]
		code, err := strconv.Atoi(status)
		if err != nil || media == nil || seen[response] {
			continue
		}
		seen[response] = true
		for _, name := range slices.Sorted(maps.Keys(media.Examples)) {
			got := message{header: http.Header{"Content-Type": {"application/json"}}}
			if got.body, err = marshal(media.Examples[name].Value.Value); err != nil {
				return nil, err
			}
			for header, ref := range response.Headers {
				got.header.Set(header, fmt.Sprint(ref.Value.Example))
			}
			made = append(made, recording{
				operation: op.OperationID,
				what:      "documented-" + name,
				comment:   "documented: the example " + name + " of openapi.yaml" + origin[op.OperationID+" "+name],
				exchange:  &exchange{method: op.method, url: target, sent: sent, status: code, got: got, started: start},
			})
		}
	}
	return made, nil
}

// marshal is json.Marshal that leaves < and > as they are.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// origin says where an example is from, if it is not from openapi.yaml itself.
var origin = map[string]string{
	"createSSHKey generated": ", which is the one of Gcore's reference page",
}

// exampleURL fills the parameters of a path with their examples.
func exampleURL(path string, parameters openapi3.Parameters) (*url.URL, error) {
	for _, p := range parameters {
		path = strings.ReplaceAll(path, "{"+p.Value.Name+"}", fmt.Sprint(p.Value.Example))
	}
	return url.Parse("https://api.gcore.com" + path)
}
