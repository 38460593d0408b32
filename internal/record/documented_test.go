package main

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	sshkeys "github.com/gcore-sshkeys/gcore-sshkeys-go"
)

// documented returns the examples of openapi.yaml's responses as recordings, unchanged: the fingerprint of the example that
// Gcore's API reference has is not that of its key. The request is an example, too, and not always one that gets this response.
func documented(t *testing.T) map[string][]byte {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(sshkeys.OpenAPI))
	require.NoError(t, err)
	made := map[string][]byte{}
	for path, item := range doc.Paths.Map() {
		for _, p := range item.Parameters {
			path = strings.ReplaceAll(path, "{"+p.Value.Name+"}", fmt.Sprint(p.Value.Example))
		}
		target, err := url.Parse("https://api.gcore.com" + path)
		require.NoError(t, err)
		for method, op := range item.Operations() {
			sent := message{header: http.Header{"Authorization": {"apikey " + exampleToken}}}
			if op.RequestBody != nil {
				examples := op.RequestBody.Value.Content["application/json"].Examples
				sent.body = bytes.TrimSpace(encode(examples[slices.Min(slices.Collect(maps.Keys(examples)))].Value.Value, ""))
				sent.header.Set("Content-Type", "application/json")
			}
			for status, response := range op.Responses.Map() {
				// Most responses belong to several operations: createSSHKey, which has all, gets their examples.
				media := response.Value.Content["application/json"]
				if media == nil || response.Ref != "" && op.OperationID != "createSSHKey" {
					continue
				}
				code, err := strconv.Atoi(status)
				require.NoError(t, err)
				for name, example := range media.Examples {
					got := message{http.Header{"Content-Type": {"application/json"}}, bytes.TrimSpace(encode(example.Value.Value, ""))}
					for header, ref := range response.Value.Headers {
						got.header.Set(header, fmt.Sprint(ref.Value.Example))
					}
					comment := "documented: the example " + name + " of openapi.yaml"
					if op.OperationID == "createSSHKey" && name == "generated" {
						comment += ", which is the one of Gcore's reference page"
					}
					e := &exchange{method: method, url: target, sent: sent, status: code, got: got, started: start}
					made[e.path(op.OperationID, "documented-"+name)] = e.har(comment)
				}
			}
		}
	}
	return made
}
