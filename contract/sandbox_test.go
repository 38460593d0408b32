package contract_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/optest"
)

// watched returns a client for the sandbox whose every exchange is checked, and a function that
// returns the kinds of response: operation and status, and error class, such as "getSSHKey 404" and
// "getSSHKey 404 NotFoundError".
func watched(t *testing.T, sandbox *gcoretest.Server, report func(error)) (*gcore.Cloud, func() []string) {
	t.Helper()
	coverage, err := newCoverage(openAPI)
	require.NoError(t, err)
	var mu sync.Mutex
	base := sandbox.Client().Transport
	watch := roundTripper(func(r *http.Request) (*http.Response, error) {
		resp, err := base.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), iotest.ErrReader(cmp.Or(err, io.EOF))))
		mu.Lock()
		defer mu.Unlock()
		coverage.see(message{method: r.Method, target: r.URL.RequestURI(), status: resp.StatusCode, header: resp.Header, body: string(body)})
		return resp, nil
	})
	config := sandbox.Config()
	config.HTTPClient.Transport = validator.Transport(watch, report)
	cloud, err := gcore.NewCloud(config)
	require.NoError(t, err)
	return cloud, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return responseKinds(slices.Sorted(maps.Keys(coverage.seen)))
	}
}

var responseKind = regexp.MustCompile(`^[a-z]\w* [0-9]{3}( \w+)?$`)

// responseKinds returns those places of a coverage that are a kind of response.
func responseKinds(places []string) []string {
	return slices.DeleteFunc(places, func(place string) bool { return !responseKind.MatchString(place) })
}

func TestTheSandboxKeepsTheContract(t *testing.T) {
	t.Parallel()
	sandbox := gcoretest.NewServer(t, gcoretest.WithUniqueNames())
	sandbox.Add(1, gcore.CreateSSHKeyRequest{Name: "existing"}, func(key *gcore.SSHKey) { key.ID = keyID })
	cloud, seen := watched(t, sandbox, func(err error) { t.Error(err) })
	ctx, keys := t.Context(), cloud.SSHKeys(1)

	for _, op := range optest.All() {
		resp, err := op.API(ctx, cloud.API(), op.Example)
		require.NoError(t, err, op.ID)
		assert.Equal(t, op.Status, resp.StatusCode(), op.ID)
		for text := range op.Spec.Responses.Map() {
			status, err := strconv.Atoi(text)
			require.NoError(t, err)
			if status == op.Status {
				continue
			}
			// What no request provokes. Some are retried, with success.
			sandbox.Inject(op.ID, gcoretest.Fault{Commit: gcoretest.CommitNever, Status: status, Header: http.Header{"Retry-After": {"5"}}})
			_, err = op.API(ctx, cloud.API(), op.Example)
			require.NoError(t, err, op.ID)
		}
	}
	_, err := keys.Create(ctx, gcore.CreateSSHKeyRequest{Name: "my-ssh-key"}) // as the example is called
	require.ErrorIs(t, err, gcore.ErrConflict)
	_, err = keys.Create(ctx, gcore.CreateSSHKeyRequest{Name: longest, PublicKey: new(publicKey)})
	require.NoError(t, err)
	require.ErrorIs(t, keys.Delete(ctx, keyID), gcore.ErrNotFound, "it was deleted")

	coverage, err := newCoverage(openAPI)
	require.NoError(t, err)
	assert.Equal(t, responseKinds(coverage.places), seen())
}

// What the client sends when a response is lost is not in sendEverything, as it depends on responses.
func TestRequestsAfterALostResponseKeepTheContract(t *testing.T) {
	t.Parallel()
	for _, fault := range []gcoretest.Fault{
		{Break: gcoretest.DropBeforeHeaders},
		{Commit: gcoretest.CommitNever, Break: gcoretest.DropBeforeHeaders},
		{Commit: gcoretest.CommitAfterList, Break: gcoretest.DropInBody, At: 20},
		{Break: gcoretest.DropBeforeHeaders, HideFor: 2},
		{Commit: gcoretest.CommitNever, Status: http.StatusBadGateway, Body: "<html>"},
	} {
		for _, name := range fields["body name"] {
			for _, key := range []*string{nil, new(publicKey)} {
				sandbox := gcoretest.NewServer(t)
				cloud, seen := watched(t, sandbox, func(err error) { // the response of a fault may break the contract
					assert.True(t, strings.HasPrefix(err.Error(), "contract: the response "), err)
				})
				sandbox.Inject("createSSHKey", fault)
				_, _ = cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: name.(string), PublicKey: key})
				assert.Contains(t, seen(), "listSSHKeys 200", "the client looked for the key")
			}
		}
	}
}

// The document's defaults show in no message. They are what the sandbox does, and the sandbox does what
// is published: see publishedDefaults.
func TestTheSandboxDoesWhatTheDefaultsSay(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 6, 16, 17, 5, 50, 0, time.UTC)
	sandbox := gcoretest.NewServer(t, gcoretest.WithClock(func() time.Time { now = now.Add(time.Minute); return now }))
	for i := range 12 {
		sandbox.Add(1, gcore.CreateSSHKeyRequest{Name: fmt.Sprint("key-", i*5%12)})
	}
	ask := func(method, target, body string) string {
		r := request(t, method, target, body)
		r.Header.Set("Authorization", "apikey "+sandbox.APIKey)
		r.URL.Host = strings.TrimPrefix(sandbox.URL, "http://")
		resp, err := sandbox.Client().Do(r)
		require.NoError(t, err)
		defer func() { _ = resp.Body.Close() }()
		got, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Less(t, resp.StatusCode, 300, "%s %s", target, got)
		return withoutRandom(got)
	}
	list := func(query string) string { return ask("GET", onePath+"?"+query, "") }
	create := func(body string) string { return ask("POST", "/cloud/v1/ssh_keys/2", body) }

	// Without the value, with the default, and with others.
	shown := map[string]bool{}
	for place, c := range map[string]struct {
		send    func(string) string
		without string
		with    string
		others  []any
	}{
		"listSSHKeys query limit":                {list, "", "limit=%v", []any{9, 11, 1000}},
		"listSSHKeys query offset":               {list, "", "offset=%v", []any{1, 2}},
		"listSSHKeys query order_by":             {list, "", "order_by=%v", []any{"created_at.asc", "name.asc", "name.desc"}},
		"createSSHKey request.shared_in_project": {create, `{"name":"a"}`, `{"name":"a","shared_in_project":%v}`, []any{false}},
	} {
		got := c.send(c.without)
		assert.Equal(t, c.send(fmt.Sprintf(c.with, publishedDefaults[place])), got, place)
		for _, other := range c.others {
			assert.NotEqual(t, c.send(fmt.Sprintf(c.with, other)), got, "%s: %v", place, other)
		}
		shown[place] = true
	}
	for place := range publishedDefaults {
		assert.True(t, shown[place], "show what the sandbox does without %s", place)
	}
}

// withoutRandom returns the part of a response that does not differ between two creates.
func withoutRandom(body []byte) string {
	var key struct {
		Shared bool `json:"shared_in_project"`
		Count  int  `json:"count"`
		List   []struct {
			ID string `json:"id"`
		} `json:"results"`
	}
	_ = json.Unmarshal(body, &key) // an error has none of it
	return fmt.Sprint(key)
}
