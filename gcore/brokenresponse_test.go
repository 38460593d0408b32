package gcore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// testResponse is what a hostile or broken server sends.
type testResponse struct {
	status      int
	contentType string
	body        string
}

func (r testResponse) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", r.contentType)
	w.WriteHeader(r.status)
	_, _ = io.WriteString(w, r.body)
}

// TestBrokenResponsesAreTypedErrors has every operation get responses that Gcore does not send.
func TestBrokenResponsesAreTypedErrors(t *testing.T) {
	t.Parallel()
	const isJSON = "application/json"
	responses := map[string]testResponse{
		"empty 200":            {200, isJSON, ""},
		"empty 201":            {201, isJSON, ""},
		"204 to everything":    {204, "", ""},
		"202":                  {202, isJSON, "{}"},
		"HTML 200":             {200, "text/html", "<html>"},
		"HTML 201":             {201, "text/html", "<html>"},
		"HTML 404":             {404, "text/html", "<html>"},
		"null":                 {200, isJSON, "null"},
		"list":                 {200, isJSON, "[]"},
		"string":               {201, isJSON, `"x"`},
		"no properties":        {201, isJSON, "{}"},
		"truncated":            {200, isJSON, `{"count": 1, "results": [{"id": "`},
		"trailing":             {200, isJSON, `{"count": 0, "results": []} {`},
		"deep nesting":         {200, isJSON, strings.Repeat(`{"count":`, 100_000)},
		"deep list":            {200, isJSON, `{"results":` + strings.Repeat("[", 100_000)},
		"huge integer":         {200, isJSON, `{"count": 1` + strings.Repeat("0", 10_000) + `, "results": []}`},
		"fraction for integer": {200, isJSON, `{"count": 1.5, "results": []}`},
		"error that is a list": {400, isJSON, "[]"},
		"error without class":  {400, isJSON, `{"message": "m"}`},
		"error, deep":          {400, isJSON, strings.Repeat("[", 100_000)},
		"odd status":           {299, isJSON, "{}"},
		"teapot":               {418, isJSON, "{}"},
		"599":                  {599, isJSON, "{}"},
	}
	for name, resp := range responses {
		cloud := newCloud(t, resp.ServeHTTP)
		for operation, call := range operations() {
			if strings.HasPrefix(operation, "API") && operation != "API createSSHKey" || operation == "deleteSSHKey" && resp.status == 204 {
				continue
			}
			err := call(t.Context(), cloud)
			if operation == "API createSSHKey" && resp.status >= 300 {
				continue // its status is in the response, or its body is no JSON
			}
			where := name + " " + operation
			require.Error(t, err, where)
			assert.True(t, isTyped(err), "%s: %T %v", where, err, err)
			assert.Contains(t, err.Error(), "/cloud/v1/ssh_keys/1", where)
			assert.Contains(t, err.Error(), fmt.Sprint(resp.status), where)
		}
	}
}

func TestUnknownPropertiesAndEnumValuesAreFine(t *testing.T) {
	t.Parallel()
	body := strings.Replace(strings.Replace(listedKey, `"ACTIVE"`, `"FROZEN"`, 1), "{", `{"new": {"deep": [1]}, `, 1)
	key, err := newCloud(t, testResponse{200, "application/json; charset=utf-8", body}.ServeHTTP).SSHKeys(1).Get(t.Context(), someID)
	require.NoError(t, err)
	assert.Equal(t, gcore.SSHKeyState("FROZEN"), key.State)
}

func TestOneBadItemDoesNotSpoilAList(t *testing.T) {
	t.Parallel()
	item := func(i int) string { return strings.Replace(listedKey, "36a7a97a", fmt.Sprintf("36a7a97%d", i), 1) }
	bad := spoil(t, item(1), "created_at", "canary-private-key")
	body := fmt.Sprintf(`{"count": 3, "results": [%s, %s, %s]}`, item(0), bad, item(2))
	cloud := newCloud(t, testResponse{200, "application/json", body}.ServeHTTP)
	list, err := cloud.SSHKeys(1).List(t.Context(), gcore.ListSSHKeysParams{})
	require.ErrorContains(t, err, "results[1]: created_at does not parse")
	assertNoCanary(t, "error", err.Error())
	require.Len(t, list.Results, 2)

	var ids []string
	var failures []error
	for key, err := range cloud.SSHKeys(1).All(t.Context(), gcore.ListSSHKeysParams{}) {
		if err != nil {
			failures = append(failures, err)
			continue
		}
		ids = append(ids, key.ID[7:8])
	}
	assert.Equal(t, []string{"0", "2"}, ids)
	assert.Len(t, failures, 1)
}

// TestACancelledCreateStillReadsItsResponse cancels when the headers of the response and a part of its body have arrived.
func TestACancelledCreateStillReadsItsResponse(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cloud := newCloud(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, pageResponse[:100])
		_ = http.NewResponseController(w).Flush()
		<-ctx.Done()
		_, _ = io.WriteString(w, pageResponse[100:])
	}, func(c *gcore.Config) { c.HTTPClient.Transport = cancelOnHeaders{c.HTTPClient.Transport, cancel} })
	key, err := cloud.SSHKeys(1).Create(ctx, gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	require.NoError(t, err)
	assert.Equal(t, "<private_key>", key.PrivateKey.Reveal())
	assert.Error(t, ctx.Err())
}

// cancelOnHeaders is a transport that calls cancel when the headers of a response have arrived.
type cancelOnHeaders struct {
	http.RoundTripper
	cancel func()
}

func (c cancelOnHeaders) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := c.RoundTripper.RoundTrip(req)
	c.cancel()
	select { // give the cancellation time to take effect
	case <-req.Context().Done():
	case <-time.After(20 * time.Millisecond):
	}
	return resp, err
}

// TestTheGraceOfACancelledCreateEnds has a server that sends the headers and never the body.
func TestTheGraceOfACancelledCreateEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cloud := newCloud(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusCreated)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}, func(c *gcore.Config) {
		*c = c.WithLimits(time.Minute, time.Minute, 20*time.Millisecond)
		c.HTTPClient.Transport = cancelOnHeaders{c.HTTPClient.Transport, cancel}
	})
	_, err := cloud.API().CreateSSHKeyWithResponse(ctx, 1, gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	require.ErrorIs(t, err, context.Canceled)
}

// TestStallsAreBounded has servers that drip or stop, in the headers or in the body.
func TestStallsAreBounded(t *testing.T) {
	t.Parallel()
	drip := func(w io.Writer, flush func(), r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, " "); err != nil {
				return
			}
			flush()
			time.Sleep(time.Millisecond) // a drip is what is tested
		}
	}
	servers := map[string]http.HandlerFunc{
		"no headers": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // else the server does not see that the client leaves
			<-r.Context().Done()
		},
		"dripping body": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json")
			drip(w, func() { _ = http.NewResponseController(w).Flush() }, r)
		},
		"dripping headers": func(w http.ResponseWriter, r *http.Request) {
			conn, buffer, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			_, _ = buffer.WriteString("HTTP/1.1 200 OK\r\nX: ")
			drip(buffer, func() { _ = buffer.Flush() }, r.WithContext(context.Background()))
			_ = conn.Close()
		},
	}
	for name, handler := range servers {
		limited := func(limit time.Duration) *gcore.Cloud {
			return newCloud(t, handler, func(c *gcore.Config) {
				*c = c.WithLimits(limit, limit, 50*time.Millisecond)
				c.MaxRetries = -1
			})
		}
		byLimits, byContext := limited(100*time.Millisecond), limited(time.Hour)
		for operation, call := range operations() {
			err := call(t.Context(), byLimits)
			if unknown, ok := errors.AsType[*gcore.UnknownOutcomeError](err); ok {
				err = unknown.Err
			}
			require.ErrorIs(t, err, os.ErrDeadlineExceeded, "%s %s", name, operation)
			if operation == "createSSHKey" {
				continue // it looks for its outcome after that, as long as the limits let it
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			err = call(ctx, byContext)
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded, "%s %s", name, operation)
		}
	}
}

// spoil changes one property of a JSON object: it is left out, made null or empty, or given another text.
func spoil(t *testing.T, object, property, change string) string {
	t.Helper()
	var properties map[string]any
	require.NoError(t, json.Unmarshal([]byte(object), &properties))
	switch change {
	case "left out":
		delete(properties, property)
	case "null":
		properties[property] = nil
	case "empty":
		properties[property] = ""
	default:
		properties[property] = change
	}
	data, err := json.Marshal(properties)
	require.NoError(t, err)
	return string(data)
}
