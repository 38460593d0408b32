package contract_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
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

// What the requests are made of: each bound, each optional field with and without a value, each enum
// value, and text that has to be escaped or is longer in bytes than in characters.
var (
	longest  = strings.Repeat("𝄞", 255)
	texts255 = []string{"a", "my-ssh-key", "é", longest, strings.Repeat("x", 255), "\"\\/<>&\u2028\x00\x7f", "a b+c%20&d=e;f#g?h/i,j"}
	rsaKey   = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC6KgIH2eMfJDhC8HBPhQLfKC2GOSNz6oA3bQ1xvs7wBz441Efs2tGWZqLC0fnQQLOdOJTurbRmjkjjndJWrUdxy5iQoZudGczI3k1IMf9KmaQ9BnjOGcOK7LaB4d8jbuOK4je2JwLUXGQ9tmR+jIbK6OAvVdNHNHbXmj7VmKrLPw=="

	projects = []int64{1, 0, -9223372036854775808, 9223372036854775807}
	ids      = []string{keyID, strings.ToUpper(keyID)}

	publicKeys = []*string{nil, new(publicKey), &rsaKey, new(publicKey + " jürgen@laptop \"<&>\""), new("  " + publicKey + "\n")}
	booleans   = []*bool{nil, new(true), new(false)}
	limits     = []*int64{nil, new(int64(1)), new(int64(10)), new(int64(1000))}
	offsets    = []*int64{nil, new(int64(0)), new(int64(1)), new(int64(9223372036854775807))}
	filters    = []*string{nil, new(""), new("my ssh"), new("a&limit=5;b=c%zz+d/é#?"), &longest}
	orders     = []*gcore.SSHKeyOrder{
		nil, new(gcore.SSHKeyOrderCreatedAtAsc), new(gcore.SSHKeyOrderCreatedAtDesc),
		new(gcore.SSHKeyOrderNameAsc), new(gcore.SSHKeyOrderNameDesc),
	}
)

// sendEverything sends each request that the client can send, in all variants of the fields above, by
// the facade and by the generated client.
func sendEverything(ctx context.Context, cloud *gcore.Cloud) error {
	var unsent []error
	sent := func(err error) { // a call must reach the server, which is what refuses it
		if _, refused := errors.AsType[*gcore.Error](err); !refused {
			unsent = append(unsent, fmt.Errorf("not sent: %w", err))
		}
	}
	succeeds := func(_ any, err error) { // the generated client returns an error response as a result
		if err != nil {
			unsent = append(unsent, err)
		}
	}
	api := cloud.API()
	for _, name := range texts255 {
		for _, key := range publicKeys {
			for _, shared := range booleans {
				create := gcore.CreateSSHKeyRequest{Name: name, PublicKey: key, SharedInProject: shared}
				sent(second(cloud.SSHKeys(1).Create(ctx, create)))
				succeeds(api.CreateSSHKeyWithResponse(ctx, 1, create))
			}
		}
	}
	for _, limit := range limits {
		for _, offset := range offsets {
			for _, name := range filters {
				for _, order := range orders {
					list := gcore.ListSSHKeysParams{Limit: limit, Offset: offset, Name: name, OrderBy: order}
					sent(second(cloud.SSHKeys(1).List(ctx, list)))
					succeeds(api.ListSSHKeysWithResponse(ctx, 1, &list))
				}
			}
		}
	}
	for _, err := range cloud.SSHKeys(1).All(ctx, gcore.ListSSHKeysParams{}) {
		sent(err)
	}
	sent(second(cloud.SSHKeys(1).FindByPublicKey(ctx, publicKey)))
	sent(second(cloud.SSHKeys(1).FindByName(ctx, "my-ssh-key")))
	_, _, err := cloud.SSHKeys(1).Ensure(ctx, gcore.CreateSSHKeyRequest{Name: "my-ssh-key", PublicKey: new(publicKey)})
	sent(err)
	succeeds(api.ListSSHKeysWithResponse(ctx, 1, nil))
	succeeds(api.CreateSSHKeyWithBodyWithResponse(ctx, 1, "application/json", strings.NewReader(uploadBody)))
	succeeds(api.UpdateSSHKeyWithBodyWithResponse(ctx, 1, keyID, "application/json", strings.NewReader(`{"shared_in_project":true}`)))
	facade := sent
	for _, project := range projects {
		keys := cloud.SSHKeys(project)
		sent := facade
		if project < 1 { // which only the generated client sends
			sent = func(err error) {
				if !errors.Is(err, gcore.ErrInvalid) {
					unsent = append(unsent, fmt.Errorf("project %d: %w", project, err))
				}
			}
		}
		create := gcore.CreateSSHKeyRequest{Name: "my-ssh-key"}
		succeeds(api.CreateSSHKeyWithResponse(ctx, project, create))
		succeeds(api.ListSSHKeysWithResponse(ctx, project, &gcore.ListSSHKeysParams{}))
		sent(second(keys.Create(ctx, create)))
		sent(second(keys.List(ctx, gcore.ListSSHKeysParams{})))
		for _, id := range ids {
			sent(second(keys.Get(ctx, id)))
			succeeds(api.GetSSHKeyWithResponse(ctx, project, id))
			sent(keys.Delete(ctx, id))
			succeeds(api.DeleteSSHKeyWithResponse(ctx, project, id))
			for _, shared := range []bool{true, false} {
				update := gcore.UpdateSSHKeyRequest{SharedInProject: shared}
				sent(second(keys.Update(ctx, id, update)))
				succeeds(api.UpdateSSHKeyWithResponse(ctx, project, id, update))
			}
		}
	}
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

// A method that is added to either client has to be called in sendEverything.
func TestEveryMethodOfTheClientsIsCaptured(t *testing.T) {
	t.Parallel()
	for client, known := range map[reflect.Type][]string{
		reflect.TypeFor[*gcore.SSHKeys](): {"All", "Create", "Delete", "Ensure", "FindByName", "FindByPublicKey", "Get", "List", "Update"},
		reflect.TypeFor[gcore.ClientWithResponsesInterface](): {
			"CreateSSHKeyWithBodyWithResponse", "CreateSSHKeyWithResponse", "DeleteSSHKeyWithResponse", "GetSSHKeyWithResponse",
			"ListSSHKeysWithResponse", "UpdateSSHKeyWithBodyWithResponse", "UpdateSSHKeyWithResponse",
		},
	} {
		var has []string
		for method := range client.Methods() {
			has = append(has, method.Name)
		}
		assert.Equal(t, known, has, "%s: call it in sendEverything", client)
	}
}
