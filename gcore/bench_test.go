package gcore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// floor is a client written by hand with net/http and encoding/json, with only what a single call needs. The others are compared
// with it.
type floor struct {
	client *http.Client
	url    string // of the project's keys
}

type floorRequest struct {
	Name      string `json:"name"`
	PublicKey string `json:"public_key,omitempty"`
}

type floorKey struct {
	CreatedAt       time.Time `json:"created_at"`
	Fingerprint     string    `json:"fingerprint"`
	ID              string    `json:"id"`
	Name            string    `json:"name"`
	PrivateKey      *string   `json:"private_key"`
	ProjectID       int64     `json:"project_id"`
	PublicKey       string    `json:"public_key"`
	SharedInProject bool      `json:"shared_in_project"`
	State           string    `json:"state"`
}

type floorList struct {
	Count   int64      `json:"count"`
	Results []floorKey `json:"results"`
}

// call sends one request and decodes its response into the value that into points to.
func (f floor) call(ctx context.Context, method, url string, request any, status int, into any) error {
	var body io.Reader
	if request != nil {
		data, err := json.Marshal(request)
		if err != nil {
			return err
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "apikey "+canaryToken)
	if request != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != status {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return json.Unmarshal(data, into)
}

func (f floor) create(ctx context.Context, request floorRequest) (*floorKey, error) {
	key := new(floorKey)
	return key, f.call(ctx, http.MethodPost, f.url, request, http.StatusCreated, key)
}

// clients are three clients of the same canned response: the network is left out.
type clients struct {
	keys      *gcore.SSHKeys
	floor     floor
	generated *gcore.ClientWithResponses
}

func cannedClients(b *testing.B, status int, body string) clients {
	b.Helper()
	httpClient := &http.Client{Transport: canned{status, http.Header{"Content-Type": {"application/json"}}, []byte(body)}}
	cloud, err := gcore.NewCloud(gcore.Config{APIKey: canaryToken, HTTPClient: httpClient})
	require.NoError(b, err)
	generated, err := gcore.NewClientWithResponses(gcore.DefaultBaseURL, gcore.WithHTTPClient(httpClient))
	require.NoError(b, err)
	return clients{cloud.SSHKeys(1), floor{httpClient, gcore.DefaultBaseURL + "/cloud/v1/ssh_keys/1"}, generated}
}

// bench runs call, which returns what is to be want, such as a name, and an error.
func bench(b *testing.B, client, want string, call func(ctx context.Context) (string, error)) {
	b.Run("client="+client, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if got, err := call(b.Context()); err != nil || got != want {
				b.Fatalf("%q, not %q: %T", got, want, err)
			}
		}
	})
}

// BenchmarkCreate creates a generated key.
func BenchmarkCreate(b *testing.B) {
	_, body := newCreatedKey(b)
	benchmarkCreate(b, strings.Replace(body, `"generated"`, `"my-ssh-key"`, 1), nil)
}

// BenchmarkCreateUploaded creates a key with an uploaded public key.
func BenchmarkCreateUploaded(b *testing.B) {
	benchmarkCreate(b, strings.Replace(pageResponse, `"<private_key>"`, "null", 1), new(uploadedKey))
}

func benchmarkCreate(b *testing.B, body string, publicKey *string) {
	c := cannedClients(b, http.StatusCreated, body)
	request := gcore.CreateSSHKeyRequest{Name: "my-ssh-key", PublicKey: publicKey}
	byHand := floorRequest{Name: request.Name}
	if publicKey != nil {
		byHand.PublicKey = *publicKey
	}
	bench(b, "gcore", request.Name, func(ctx context.Context) (string, error) {
		key, err := c.keys.Create(ctx, request)
		if err != nil {
			return "", err
		}
		return key.Name, nil
	})
	bench(b, "floor", request.Name, func(ctx context.Context) (string, error) {
		key, err := c.floor.create(ctx, byHand)
		return key.Name, err
	})
	bench(b, "generated", request.Name, func(ctx context.Context) (string, error) {
		resp, err := c.generated.CreateSSHKeyWithResponse(ctx, 1, request)
		if err != nil || resp.JSON201 == nil {
			return "", err
		}
		return resp.JSON201.Name, nil
	})
}

// BenchmarkGet gets one key.
func BenchmarkGet(b *testing.B) {
	c := cannedClients(b, http.StatusOK, listedKey)
	bench(b, "gcore", someID, func(ctx context.Context) (string, error) {
		key, err := c.keys.Get(ctx, someID)
		if err != nil {
			return "", err
		}
		return key.ID, nil
	})
	bench(b, "floor", someID, func(ctx context.Context) (string, error) {
		var key floorKey
		err := c.floor.call(ctx, http.MethodGet, c.floor.url+"/"+someID, nil, http.StatusOK, &key)
		return key.ID, err
	})
	bench(b, "generated", someID, func(ctx context.Context) (string, error) {
		resp, err := c.generated.GetSSHKeyWithResponse(ctx, 1, someID)
		if err != nil || resp.JSON200 == nil {
			return "", err
		}
		return resp.JSON200.ID, nil
	})
}

// BenchmarkList lists a full page of 1,000 keys, all of them shared in the project or none. The second is slower where a
// zero value is looked at closely, as it may be a missing property.
func BenchmarkList(b *testing.B) {
	for _, shared := range []bool{true, false} {
		b.Run(fmt.Sprintf("shared=%t", shared), func(b *testing.B) {
			const n = 1000
			items := make([]string, n)
			for i := range items {
				items[i] = strings.Replace(listedKey, someID[:8], fmt.Sprintf("%08d", i), 1)
				items[i] = strings.Replace(items[i], `"shared_in_project": true`, fmt.Sprintf(`"shared_in_project": %t`, shared), 1)
			}
			c := cannedClients(b, http.StatusOK, fmt.Sprintf(`{"count": %d, "results": [%s]}`, n, strings.Join(items, ", ")))
			params := gcore.ListSSHKeysParams{Limit: new(int64(n))}
			page := func(n int, first, last bool) string { return fmt.Sprint(n, first, last) }
			want := page(n, shared, shared)
			bench(b, "gcore", want, func(ctx context.Context) (string, error) {
				list, err := c.keys.List(ctx, params)
				if err != nil {
					return "", err
				}
				return page(len(list.Results), list.Results[0].SharedInProject, list.Results[n-1].SharedInProject), nil
			})
			bench(b, "floor", want, func(ctx context.Context) (string, error) {
				var list floorList
				if err := c.floor.call(ctx, http.MethodGet, c.floor.url+"?limit=1000", nil, http.StatusOK, &list); err != nil {
					return "", err
				}
				return page(len(list.Results), list.Results[0].SharedInProject, list.Results[n-1].SharedInProject), nil
			})
			bench(b, "generated", want, func(ctx context.Context) (string, error) {
				resp, err := c.generated.ListSSHKeysWithResponse(ctx, 1, &params)
				if err != nil || resp.JSON200 == nil {
					return "", err
				}
				list := resp.JSON200
				return page(len(list.Results), list.Results[0].SharedInProject, list.Results[n-1].SharedInProject), nil
			})
		})
	}
}
