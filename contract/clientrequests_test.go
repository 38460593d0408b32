package contract_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/optest"
)

// capture runs send with a client whose server refuses everything, and returns the requests as they
// arrived there. An error response ends each call after its one request, so send need not look at results.
func capture(send func(ctx context.Context, cloud *gcore.Cloud) error) ([]message, error) {
	var mu sync.Mutex
	var arrived []message
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		mu.Lock()
		arrived = append(arrived, message{
			name:   "captured " + r.Method + " " + r.RequestURI + " " + string(body),
			method: r.Method, target: r.RequestURI, header: r.Header, body: string(body),
		})
		mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, errorBody)
	}))
	defer server.Close()
	cloud, err := gcore.NewCloud(gcore.Config{APIKey: "1234$abcdef", BaseURL: server.URL, HTTPClient: server.Client()})
	if err != nil {
		return nil, err
	}
	err = send(context.Background(), cloud)
	return arrived, err
}

// What the requests are made of: each bound, each enum value, and text that has to be escaped or is
// longer in bytes than in characters.
var (
	longest = strings.Repeat("𝄞", 255)
	rsaKey  = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC6KgIH2eMfJDhC8HBPhQLfKC2GOSNz6oA3bQ1xvs7wBz441Efs2tGWZqLC0fnQQLOdOJTurbRmjkjjndJWrUdxy5iQoZudGczI3k1IMf9KmaQ9BnjOGcOK7LaB4d8jbuOK4je2JwLUXGQ9tmR+jIbK6OAvVdNHNHbXmj7VmKrLPw=="

	projects = []int64{1, 0, -9223372036854775808, 9223372036854775807}
	ids      = []string{keyID, strings.ToUpper(keyID)}
	fields   = map[string][]any{
		"body name":       {"a", "my-ssh-key", "é", longest, strings.Repeat("x", 255), "\"\\/<>&\u2028\x00\x7f", "a b+c%20&d=e;f#g?h/i,j"},
		"body public_key": {publicKey, rsaKey, publicKey + " jürgen@laptop \"<&>\"", "  " + publicKey + "\n"},
		"query limit":     {1, 10, 1000},
		"query offset":    {0, 1, int64(9223372036854775807)},
		"query name":      {"", "my ssh", "a&limit=5;b=c%zz+d/é#?", longest},
		"query order_by":  {"created_at.asc", "created_at.desc", "name.asc", "name.desc"},
	}
)

// variants returns requests of an operation: one with each path, and one with each combination of fields, those that are not
// required left out as well.
func variants(op optest.Operation) (requests []optest.Request) {
	for _, project := range projects {
		for _, id := range ids {
			r := op.Example
			if r.ProjectID = project; r.KeyID != "" {
				r.KeyID = id
			}
			requests = append(requests, r)
		}
	}
	for _, given := range combinations(op.Spec) {
		r, body := op.Example, map[string]any{}
		r.Query = url.Values{}
		for field, value := range given {
			if name, ok := strings.CutPrefix(field, "body "); ok {
				body[name] = value
			} else {
				r.Query.Set(strings.TrimPrefix(field, "query "), fmt.Sprint(value))
			}
		}
		if r.Body != "" {
			data, _ := json.Marshal(body)
			r.Body = string(data)
		}
		requests = append(requests, r)
	}
	return requests
}

func combinations(op *openapi3.Operation) []map[string]any {
	all := []map[string]any{{}}
	vary := func(field string, required bool, schema *openapi3.Schema) {
		values := fields[field]
		if schema.Type.Is("boolean") {
			values = []any{true, false}
		} else if values == nil {
			panic(op.OperationID + ": add values of " + field + " to fields in contract/clientrequests_test.go")
		}
		var longer []map[string]any
		for _, given := range all {
			if !required {
				longer = append(longer, given)
			}
			for _, value := range values {
				with := maps.Clone(given)
				with[field] = value
				longer = append(longer, with)
			}
		}
		all = longer
	}
	for _, p := range op.Parameters {
		if p.Value.In == openapi3.ParameterInQuery {
			vary("query "+p.Value.Name, p.Value.Required, p.Value.Schema.Value)
		}
	}
	if op.RequestBody != nil {
		schema := op.RequestBody.Value.Content.Get("application/json").Schema.Value
		for name, property := range schema.Properties {
			vary("body "+name, slices.Contains(schema.Required, name), property.Value)
		}
	}
	return all
}

// sendEverything sends each request that the client can send, in all variants, by the facade and by the generated client.
func sendEverything(ctx context.Context, cloud *gcore.Cloud) error {
	var unsent []error
	sent := func(call string, err error) { // it must reach the server, which responds with an error
		if _, ok := errors.AsType[*gcore.Error](err); !ok {
			unsent = append(unsent, fmt.Errorf("%s returned no *gcore.Error but %T", call, err))
		}
	}
	for _, op := range optest.All() {
		for _, r := range variants(op) {
			if _, err := op.API(ctx, cloud.API(), r); err != nil { // it returns an error response as a result
				unsent = append(unsent, err)
			}
			_, err := op.Facade(ctx, cloud, r)
			if r.ProjectID >= 1 {
				sent(op.ID, err)
			} else if !errors.Is(err, gcore.ErrInvalid) { // which only the generated client sends
				unsent = append(unsent, fmt.Errorf("%s of project %d returned not ErrInvalid but %T", op.ID, r.ProjectID, err))
			}
		}
	}
	keys := cloud.SSHKeys(1)
	for _, err := range keys.All(ctx, gcore.ListSSHKeysParams{}) {
		sent("All", err)
	}
	sent("FindByPublicKey", second(keys.FindByPublicKey(ctx, publicKey)))
	sent("FindByName", second(keys.FindByName(ctx, "my-ssh-key")))
	_, _, err := keys.Ensure(ctx, gcore.CreateSSHKeyRequest{Name: "my-ssh-key", PublicKey: new(publicKey)})
	sent("Ensure", err)
	return errors.Join(unsent...)
}

func second[T any](_ T, err error) error { return err }

// captured are the requests of sendEverything, each once: the two clients send the same.
var captured = sync.OnceValues(func() ([]message, error) {
	all, err := capture(sendEverything)
	var each []message
	seen := map[string]bool{}
	for _, m := range all {
		if !seen[m.name] {
			seen[m.name] = true
			each = append(each, m)
		}
	}
	return each, err
})

func TestEveryRequestTheClientCanSendKeepsTheContract(t *testing.T) {
	t.Parallel()
	messages, err := captured()
	require.NoError(t, err)
	for _, m := range messages {
		assert.Empty(t, violations(m.check(validator)), m.name)
	}
	t.Logf("%d different requests", len(messages))
	assert.Greater(t, len(messages), 400, "no call was left out")
}
