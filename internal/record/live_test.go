package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/canary"
)

// A stage is a gcoretest server that plays the live one, and what must not get off it.
type stage struct {
	*gcoretest.Server
	deaf bool // it ignores the name in a list

	secrets []string // what must not appear anywhere
	private []string // what may be in no file, though it helps the person who records
}

const stageProject = 471108

func newStage(t *testing.T, options ...gcoretest.Option) *stage {
	t.Helper()
	return &stage{
		Server:  gcoretest.NewServer(t, append(options, gcoretest.WithAPIKey(canary.Token))...),
		private: []string{"471108", "127.0.0.1"},
	}
}

// watched notes every secret that comes over the wire.
type watched struct {
	http.RoundTripper
	stage *stage
}

func (w *watched) RoundTrip(req *http.Request) (*http.Response, error) {
	if w.stage.deaf {
		req = req.Clone(req.Context())
		query := req.URL.Query()
		query.Del("name")
		req.URL.RawQuery = query.Encode()
	}
	resp, err := w.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := readAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var key struct {
		ID          string `json:"id"`
		PrivateKey  string `json:"private_key"`
		PublicKey   string `json:"public_key"`
		Fingerprint string `json:"fingerprint"`
		RequestID   string `json:"request_id"`
	}
	_ = json.Unmarshal(body, &key)
	for _, text := range append(strings.Fields(key.PublicKey), key.ID, key.RequestID, key.Fingerprint) {
		if text != "" && text != "ssh-ed25519" {
			w.stage.private = append(w.stage.private, text)
		}
	}
	lines := strings.Split(key.PrivateKey, "\n")
	for i := 2; i < len(lines)-2; i++ { // the first line of a key is the same in all
		w.stage.secrets = append(w.stage.secrets, lines[i])
	}
	return resp, nil
}

// rehearse runs the live recorder on the stage. It fails the test if anything secret is in a file or the output, or if
// a key is left behind.
func (s *stage) rehearse(ctx context.Context, t *testing.T) (files map[string]string, output string, err error) {
	t.Helper()
	folder := t.TempDir()
	var stdout bytes.Buffer
	config := s.Config()
	config.ProjectID, config.HTTPClient = stageProject, &http.Client{Transport: &watched{config.HTTPClient.Transport, s}}
	err = recordLive(ctx, config, 0, folder, &stdout)
	output = stdout.String()
	if err != nil {
		output += err.Error()
	}
	files = contents(t, folder)
	written := ""
	for path, file := range files {
		written += path + strings.ReplaceAll(file, `\\n`, "\n")
	}
	holds := func(text string, secrets []string) bool {
		for _, secret := range secrets {
			if slices.ContainsFunc(append(canary.Base64(secret), secret), func(form string) bool { return strings.Contains(text, form) }) {
				return true
			}
		}
		return canary.In(text)
	}
	// Without the texts, or this test would be what leaks.
	assert.False(t, holds(written, s.secrets), "a secret was written")
	assert.False(t, holds(written, s.private), "something of the account was written")
	assert.False(t, holds(output, s.secrets), "a secret was printed")
	return files, output, err
}

// readRecording reads a recording and checks it against the contract.
func readRecording(t *testing.T, file string) *contract.Exchange {
	t.Helper()
	var exchanges []*contract.Exchange
	for exchange, err := range contract.ReadHAR(strings.NewReader(file)) {
		require.NoError(t, err)
		exchanges = append(exchanges, exchange)
	}
	require.Len(t, exchanges, 1)
	validator, err := contract.New()
	require.NoError(t, err)
	assert.NoError(t, validator.CheckRequest(exchanges[0].Request))
	assert.NoError(t, validator.CheckResponse(exchanges[0].Request, exchanges[0].Response))
	return exchanges[0]
}

// createdKey returns the key of a recorded create.
func createdKey(t *testing.T, file string) (key gcore.CreatedSSHKey) {
	t.Helper()
	require.NoError(t, json.NewDecoder(readRecording(t, file).Response.Body).Decode(&key))
	return key
}

func TestLiveRecording(t *testing.T) {
	t.Parallel()
	s := newStage(t, gcoretest.WithFaults(func(gcoretest.Call) gcoretest.Fault {
		return gcoretest.Fault{Header: http.Header{"Set-Cookie": {"session=canary-cookie"}}}
	}))
	theirs := s.Add(stageProject, gcore.CreateSSHKeyRequest{Name: "somebody else's canary"})
	files, output, err := s.rehearse(t.Context(), t)
	require.NoError(t, err)
	for _, file := range files {
		readRecording(t, file) // and hold it to the contract
	}
	assert.Contains(t, output, "Cleaned up: 0 remaining keys deleted.")
	assert.Equal(t, []gcore.SSHKey{theirs}, s.Keys(stageProject), "nothing is left, and nothing else is gone")
	for _, path := range []string{
		"createSSHKey/201-rehearsal-generated.har", "createSSHKey/201-rehearsal-uploaded.har", "createSSHKey/400-rehearsal-bad-public-key.har",
		"listSSHKeys/200-rehearsal-second-page.har", "listSSHKeys/200-rehearsal-order-name.desc.har", "listSSHKeys/401-rehearsal-wrong-token.har",
		"getSSHKey/200-rehearsal-uploaded.har", "getSSHKey/404-rehearsal-unknown-id.har",
		"updateSSHKey/200-rehearsal-shared.har", "deleteSSHKey/204-rehearsal-uploaded.har",
	} {
		require.Contains(t, files, path)
		assert.Contains(t, files[path], `"comment": "rehearsal"`, "this was not Gcore")
		assert.Contains(t, files[path], `"apikey 1234$abcdef"`)
		assert.Contains(t, files[path], `https://api.gcore.com/cloud/v1/ssh_keys/1`)
	}
	key := createdKey(t, files["createSSHKey/201-rehearsal-generated.har"])
	require.NoError(t, key.Verify())
	for _, path := range []string{"getSSHKey/200-rehearsal-generated.har", "listSSHKeys/200-rehearsal-by-name.har"} {
		for _, part := range []string{key.ID, key.Fingerprint, key.PublicKey, `\"my-ssh-key\"`} {
			assert.Contains(t, files[path], part, path)
		}
	}
	uploaded := createdKey(t, files["createSSHKey/201-rehearsal-uploaded.har"])
	assert.True(t, uploaded.PrivateKey.IsZero())
	assert.Contains(t, files["listSSHKeys/200-rehearsal-by-name.har"], uploaded.Fingerprint)
	assert.NotEqual(t, key.Fingerprint, uploaded.Fingerprint)
}

// TestOtherKeysOfTheProject has a server that lists every key, whatever is looked for.
func TestOtherKeysOfTheProject(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deaf = true
	pair, err := gcore.NewKeyPair("canary@example.com")
	require.NoError(t, err)
	theirs := s.Add(stageProject, gcore.CreateSSHKeyRequest{Name: "canary of ours", PublicKey: &pair.PublicKey})
	s.private = append(s.private, theirs.ID, theirs.Fingerprint, strings.Fields(pair.PublicKey)[1])
	files, _, err := s.rehearse(t.Context(), t)
	require.NoError(t, err)
	assert.Contains(t, files["listSSHKeys/200-rehearsal-by-name.har"], `aaaaaa aa aaaa`)
	assert.Equal(t, []gcore.SSHKey{theirs}, s.Keys(stageProject), "it is not deleted")
}

func TestALiveAPIThatDiffersFromTheContract(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ old, with, want string }{
		{`"ACTIVE"`, `"NEW"`, "body /state must be one of ACTIVE, DELETING (enum)"},
		{`"id":"`, `"id":"x`, "body /id must have the format uuid4 (format)"},
		{`"created_at":"`, `"created_at":"x`, "body /created_at must have the format date-time (format)"},
		{`"project_id":471108`, `"project_id":"471108"`, "body /project_id must be of type integer (type)"},
		{`"name":`, `"owner":"canary","name":`, "body has a name that the schema does not have: it has only created_at, fingerprint, id, name, project_id, public_key, shared_in_project, state (additionalProperties)"},
	} {
		t.Run(c.want, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.Inject("getSSHKey", gcoretest.Fault{Edit: func(body []byte) []byte { return bytes.Replace(body, []byte(c.old), []byte(c.with), 1) }})
			_, _, err := s.rehearse(t.Context(), t)
			assert.EqualError(t, err, "getSSHKey/200-rehearsal-generated.har: breaks the contract: getSSHKey: "+c.want, "and redaction does not change that")
		})
	}
}

// TestLiveRecordingThatFails has each of the calls fail in turn.
func TestLiveRecordingThatFails(t *testing.T) {
	t.Parallel()
	refused := gcoretest.Fault{Commit: gcoretest.CommitNever, Status: 403}
	lost := gcoretest.Fault{Break: gcoretest.DropBeforeHeaders}
	for name, c := range map[string]struct {
		operation string
		faults    []gcoretest.Fault
	}{
		"the first create is refused":                    {"createSSHKey", []gcoretest.Fault{refused}},
		"the second create is refused":                   {"createSSHKey", []gcoretest.Fault{{}, refused}},
		"the response to a create is lost":               {"createSSHKey", []gcoretest.Fault{lost}},
		"the response breaks off":                        {"createSSHKey", []gcoretest.Fault{{Break: gcoretest.DropInBody, At: 30}}},
		"the response is 500 though the key was created": {"createSSHKey", []gcoretest.Fault{{Status: 500}}},
		"the key is there later":                         {"createSSHKey", []gcoretest.Fault{{Commit: gcoretest.CommitAfterList, Break: gcoretest.DropBeforeHeaders}}},
		"the key is not listed at first":                 {"createSSHKey", []gcoretest.Fault{{HideFor: 3, Break: gcoretest.DropBeforeHeaders}}},
		"a proxy responds to the create":                 {"createSSHKey", []gcoretest.Fault{gcoretest.ProxyPage(502)}},
		"a list is refused":                              {"listSSHKeys", []gcoretest.Fault{refused}},
		"a get is refused":                               {"getSSHKey", []gcoretest.Fault{{}, refused}},
		"an update is refused":                           {"updateSSHKey", []gcoretest.Fault{refused}},
		"a delete is refused":                            {"deleteSSHKey", []gcoretest.Fault{refused}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.Inject(c.operation, c.faults...)
			_, _, err := s.rehearse(t.Context(), t)
			require.ErrorContains(t, err, "not all requests were recorded")
			s.CommitPending()
			assert.Empty(t, s.Keys(stageProject))
		})
	}
}

func TestLiveRecordingThatIsInterrupted(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"createSSHKey", "listSSHKeys", "updateSSHKey", "deleteSSHKey"} {
		t.Run("in "+operation, func(t *testing.T) {
			t.Parallel()
			ctx, interrupt := context.WithCancel(t.Context())
			s := newStage(t, gcoretest.WithFaults(func(call gcoretest.Call) gcoretest.Fault {
				if call.Operation == operation {
					interrupt()
				}
				return gcoretest.Fault{}
			}))
			files, _, err := s.rehearse(ctx, t)
			require.ErrorContains(t, err, "interrupted")
			assert.Empty(t, s.Keys(stageProject))
			assert.NotEmpty(t, files, "what was recorded until then is kept")
		})
	}
}

func TestKeysThatCannotBeDeletedAreNamed(t *testing.T) {
	t.Parallel()
	s := newStage(t, gcoretest.WithFaults(func(call gcoretest.Call) gcoretest.Fault {
		if call.Operation == "deleteSSHKey" {
			return gcoretest.Fault{Commit: gcoretest.CommitNever, Status: 403}
		}
		return gcoretest.Fault{}
	}))
	_, _, err := s.rehearse(t.Context(), t)
	require.Error(t, err)
	left := s.Keys(stageProject)
	require.Len(t, left, 2)
	for _, key := range left {
		assert.ErrorContains(t, err, "gcore-sshkeys delete "+key.ID)
	}
}

func TestACleanUpThatCannotLookSaysSo(t *testing.T) {
	t.Parallel()
	s := newStage(t, gcoretest.WithFaults(func(call gcoretest.Call) gcoretest.Fault {
		if call.Operation == "listSSHKeys" {
			return gcoretest.Fault{Commit: gcoretest.CommitNever, Status: 403}
		}
		return gcoretest.Fault{}
	}))
	s.Inject("createSSHKey", gcoretest.Fault{}, gcoretest.Fault{Break: gcoretest.DropBeforeHeaders})
	_, output, err := s.rehearse(t.Context(), t)
	require.ErrorContains(t, err, "gcore-sshkeys list --name record-")
	assert.Contains(t, output, "A key whose create failed can take a moment to appear.")
	assert.Len(t, s.Keys(stageProject), 1, "the key whose id is known is deleted")
}

// TestSecretsInOddPlaces has the server put secrets where no contract would look for them.
func TestSecretsInOddPlaces(t *testing.T) {
	t.Parallel()
	pem := `-----BEGIN OPENSSH PRIVATE KEY-----\nCanaryOfAPrivateKey\n-----END OPENSSH PRIVATE KEY-----`
	replaced := func(old, with string) gcoretest.Fault {
		return gcoretest.Fault{
			Header: http.Header{"Set-Cookie": {"session=canary-cookie"}, "X-Account": {"canary"}},
			Edit:   func(body []byte) []byte { return bytes.Replace(body, []byte(old), []byte(with), 1) },
		}
	}
	message := func(text string) gcoretest.Fault {
		return gcoretest.Fault{Commit: gcoretest.CommitNever, Status: 404, Header: http.Header{"Set-Cookie": {"session=canary-cookie"}},
			Body: `{"exception_class":"NotFoundError","message":"No ` + text + `."}`}
	}
	for name, c := range map[string]struct {
		operation string
		fault     gcoretest.Fault
	}{
		"the API key in a message": {"getSSHKey", gcoretest.Fault{Commit: gcoretest.CommitNever, Status: 401,
			Body: `{"exception_class":"AuthenticationError","message":"Bad permanent token: ` + canary.Number + ` of canary@example.com in 471108","info":{"token":"` + canary.Token + `","account":471108,"state":"canary"}}`}},
		"a private key in a message": {"updateSSHKey", gcoretest.Fault{Commit: gcoretest.CommitNever, Status: 400,
			Body: `{"exception_class":"ValidationError","message":"` + pem + `","invalid_fields":{"private_key":["` + pem + `"]}}`}},
		"a key in no format":                  {"createSSHKey", replaced(`"private_key":"-----BEGIN`, `"private_key":"Canary-----BEGIN`)},
		"another name for the private key":    {"createSSHKey", replaced(`"private_key":`, `"private_key":null,"secret":`)},
		"a private key that is not the key's": {"createSSHKey", replaced(`"public_key":"ssh-ed25519 `, `"public_key":"ssh-ed25519 AAAACanary`)},
		"base64 of the API key":               {"getSSHKey", message(base64.StdEncoding.EncodeToString([]byte("apikey " + canary.Token)))},
		"base64 of a part of it":              {"getSSHKey", message(base64.URLEncoding.EncodeToString([]byte("x" + canary.Token[len(canary.Number)+1:])))},
		"a cookie":                            {"getSSHKey", message("canary-cookie")},
		"base64 of a cookie":                  {"getSSHKey", message(base64.StdEncoding.EncodeToString([]byte("canary-cookie")))},
		"the headers, and a new property":     {"listSSHKeys", replaced(`"count":`, `"owner":{"mail":"canary@example.com","number":471108},"count":`)},
		"the API key in a header":             {"getSSHKey", gcoretest.Fault{Header: http.Header{"Allow": {canary.Token}}}},
		"a page of HTML":                      {"deleteSSHKey", gcoretest.Fault{Status: 502, Commit: gcoretest.CommitNever, Header: http.Header{"Content-Type": {"text/html"}}, Body: "<p>canary " + canary.Token}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.Inject(c.operation, c.fault, c.fault, c.fault, c.fault, c.fault)
			_, _, _ = s.rehearse(t.Context(), t)
			assert.Empty(t, s.Keys(stageProject))
		})
	}
}

func TestLiveIsRefusedWithoutAnAccount(t *testing.T) {
	folder := t.TempDir()
	for _, c := range []struct{ key, project, base, out, want string }{
		{"", "1", "", folder, "no API key: set Config.APIKey, or GCORE_API_KEY in the environment"},
		{canary.Token, "", "", folder, "GCORE_CLOUD_PROJECT_ID is not set"},
		{canary.Token, "0", "", folder, "GCORE_CLOUD_PROJECT_ID is not the number of a project"},
		{canary.Token, "my-project", "", folder, "GCORE_CLOUD_PROJECT_ID is not the number of a project"},
		{canary.Token, "1", "http://127.0.0.1:1", recordings, "only recordings of Gcore go into contract/testdata/recordings"},
		{canary.Token, "1", "ftp://canary", folder, "BaseURL is not a web address"},
		{canary.Number + " CanaryToken ", "1", "http://127.0.0.1:1", folder, "begins or ends with a space"},
	} {
		t.Setenv("GCORE_API_KEY", c.key)
		t.Setenv("GCORE_CLOUD_PROJECT_ID", c.project)
		t.Setenv("GCORE_BASE_URL", c.base)
		var stdout bytes.Buffer
		err := run(t.Context(), c.out, &stdout)
		require.ErrorContains(t, err, c.want)
		assert.False(t, canary.In(err.Error()+stdout.String()))
		assert.Empty(t, contents(t, folder))
	}
}

// TestLiveFromTheEnvironment is `make record-live` as somebody would run it, but for the server.
func TestLiveFromTheEnvironment(t *testing.T) {
	s := newStage(t)
	t.Setenv("GCORE_API_KEY", s.APIKey)
	t.Setenv("GCORE_CLOUD_PROJECT_ID", "7")
	t.Setenv("GCORE_BASE_URL", s.URL)
	folder := t.TempDir()
	var stdout bytes.Buffer
	require.NoError(t, run(t.Context(), folder, &stdout))
	assert.Len(t, contents(t, folder), 21)
	assert.Contains(t, stdout.String(), "rehearsal: 21 recordings in "+folder)
	assert.Empty(t, s.Keys(7))
	assert.True(t, isGcore(gcore.Config{BaseURL: gcore.DefaultBaseURL}), "whose recordings are called live")
}
