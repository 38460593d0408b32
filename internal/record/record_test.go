package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/optest"
)

// contents returns the files of a folder by their paths in it, with slashes.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		files[filepath.ToSlash(name)] = string(data)
		return err
	}))
	return files
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

func record(t *testing.T, folder string) map[string]string {
	t.Helper()
	var stdout bytes.Buffer
	require.NoError(t, run(t.Context(), false, folder, &stdout))
	return contents(t, folder)
}

// TestTheCommittedRecordingsAreWhatRecordMakes is what makes a recording that was edited by hand, or one that is out of
// date, fail.
func TestTheCommittedRecordingsAreWhatRecordMakes(t *testing.T) {
	t.Parallel()
	made := record(t, t.TempDir())
	committed := contents(t, filepath.Join("..", "..", recordings))
	maps.DeleteFunc(committed, func(path, _ string) bool { return strings.Contains(path, "-live-") })
	assert.Equal(t, slices.Sorted(maps.Keys(made)), slices.Sorted(maps.Keys(committed)), "run make record")
	for path, file := range made {
		assert.Equal(t, file, committed[path], "%s: run make record", path)
	}
}

func TestRecordingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first := record(t, folder)
	stale := strings.Replace(first["getSSHKey/200-uploaded.har"], `"sandbox"`, `"sandbox: of old"`, 1)
	live := strings.Replace(stale, `"sandbox: of old"`, `"live"`, 1)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "getSSHKey", "200-stale.har"), []byte(stale), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "getSSHKey", "200-live-uploaded.har"), []byte(live), 0o600))

	second := record(t, folder)
	assert.Equal(t, live, second["getSSHKey/200-live-uploaded.har"], "what is from another source is left alone")
	delete(second, "getSSHKey/200-live-uploaded.har")
	assert.True(t, maps.Equal(first, second))
}

func TestEveryRecordingSaysWhereItIsFrom(t *testing.T) {
	t.Parallel()
	for path, file := range record(t, t.TempDir()) {
		exchange := readRecording(t, file)
		source, _, _ := strings.Cut(exchange.Comment, ":")
		assert.Equal(t, strings.Contains(path, "-documented-"), source == "documented", path)
		assert.Contains(t, []string{"documented", "sandbox"}, source, path)
		assert.Equal(t, fmt.Sprint(exchange.Response.StatusCode), filepath.Base(path)[:3], path)
		op := optest.Get(filepath.Dir(path))
		assert.Equal(t, op.Method, exchange.Request.Method, path)
		_, err := op.Request(exchange.Request.URL.RequestURI(), "")
		assert.NoError(t, err, path)
		assert.Equal(t, "api.gcore.com", exchange.Request.URL.Host)
	}
}

func TestEveryDocumentedStatusIsRecorded(t *testing.T) {
	t.Parallel()
	statuses := map[string]map[string]bool{}
	for path, file := range record(t, t.TempDir()) {
		if strings.Contains(file, `"sandbox`) {
			operation, name, _ := strings.Cut(path, "/")
			if statuses[operation] == nil {
				statuses[operation] = map[string]bool{}
			}
			statuses[operation][name[:3]] = true
		}
	}
	for _, op := range optest.All() {
		assert.ElementsMatch(t, slices.Collect(maps.Keys(op.Spec.Responses.Map())), slices.Collect(maps.Keys(statuses[op.ID])), op.ID)
	}
}

func TestThePagesExampleIsRecordedAsItIs(t *testing.T) {
	t.Parallel()
	exchange := readRecording(t, record(t, t.TempDir())["createSSHKey/201-documented-generated.har"])
	body, err := io.ReadAll(exchange.Response.Body)
	require.NoError(t, err)
	assert.JSONEq(t, `{
		"created_at": "2025-06-16T17:05:50Z",
		"fingerprint": "86:75:ce:e7:e9:1e:f0:79:ec:6f:d8:92:9b:43:fc:4d",
		"id": "36a7a97a-0672-4911-8f2b-92cd4e5b0d91",
		"name": "my-ssh-key",
		"private_key": "<private_key>",
		"project_id": 1,
		"public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIjxL6g1II8NsO8odvBwGKvq2Dx/h/xrvsV9b9LVIYKm my-username@my-hostname",
		"shared_in_project": true,
		"state": "ACTIVE"
	}`, string(body))
	assert.Equal(t, []string{"apikey 1234$abcdef"}, exchange.Request.Header["Authorization"])
}

// replay is a transport that responds to every request with a recording.
type replay struct{ exchange *contract.Exchange }

func (r replay) RoundTrip(req *http.Request) (*http.Response, error) {
	resp := *r.exchange.Response
	resp.Request = req
	return &resp, nil
}

// created returns the key of a recorded create, as the client has it.
func createdKey(t *testing.T, file string) *gcore.CreatedSSHKey {
	t.Helper()
	cloud, err := gcore.NewCloud(gcore.Config{APIKey: "1234$abcdef", HTTPClient: &http.Client{Transport: replay{readRecording(t, file)}}})
	require.NoError(t, err)
	key, err := cloud.SSHKeys(1).Create(t.Context(), gcore.CreateSSHKeyRequest{Name: publishedName})
	if unknown, ok := errors.AsType[*gcore.UnknownOutcomeError](err); ok {
		err = unknown.Err
	}
	if broken, ok := errors.AsType[*gcore.ResponseError](err); ok {
		return broken.Key
	}
	require.NoError(t, err)
	return key
}

func TestRecordedKeysFitTogether(t *testing.T) {
	t.Parallel()
	made := record(t, t.TempDir())
	key := createdKey(t, made["createSSHKey/201-generated.har"])
	require.NoError(t, key.Verify(), "private key, public key and fingerprint belong together")
	for _, path := range []string{"getSSHKey/200-generated.har", "updateSSHKey/200-unshared.har", "listSSHKeys/200-by-name.har"} {
		for _, part := range []string{key.ID, key.Fingerprint, key.PublicKey} {
			assert.Contains(t, made[path], part, path)
		}
	}
	_, err := ssh.ParsePrivateKey([]byte(key.PrivateKey.Reveal()))
	assert.NoError(t, err)
}

func TestAReplacementIsEncodedAsTheOriginalIs(t *testing.T) {
	t.Parallel()
	_, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	openSSH, err := ssh.MarshalPrivateKey(private, "original")
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	public, err := ssh.NewPublicKey(private.Public())
	require.NoError(t, err)
	want := newKeyPair(1).public.Marshal()
	for _, block := range []*pem.Block{openSSH, {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		text := string(pem.EncodeToMemory(block))
		for _, original := range []string{text, strings.TrimSpace(text), strings.ReplaceAll(text, "\n", "\r\n")} {
			r := newRedactor(wrongToken, 1, publishedName)
			assert.Equal(t, string(want), string(r.pair(public).public.Marshal()))
			replacement := r.privateKey(original)
			signer, err := ssh.ParsePrivateKey([]byte(replacement))
			require.NoError(t, err)
			assert.Equal(t, want, signer.PublicKey().Marshal())
			parsed, _ := pem.Decode([]byte(replacement))
			assert.Equal(t, block.Type, parsed.Type)
			assert.Equal(t, strings.HasSuffix(original, "\n"), strings.HasSuffix(replacement, "\n"))
			assert.Equal(t, strings.Contains(original, "\r\n"), strings.Contains(replacement, "\r\n"))
			assert.True(t, r.leaks([]byte(original)), "the original would be noticed")
			assert.False(t, r.leaks([]byte(replacement)))
		}
	}
}

func TestScrub(t *testing.T) {
	t.Parallel()
	r := newRedactor(canaryToken, stageProject, "record-1a2b")
	id := "36a7a97a-0672-4911-8f2b-92cd4e5b0d91"
	for text, want := range map[string]string{
		"Bad permanent token: 4815162342":                      "Bad permanent token: 1234",
		"the key " + canaryToken + " is old":                   "the key 1234$abcdef is old",
		"project 471108 has 10 keys":                           "project 1 has 10 keys",
		"record-1a2b-own of alice@example.com":                 "my-ssh-key-own of aaaaa@aaaaaaa.aaa",
		"client 98765432":                                      "client 00000000",
		"not an Ed25519 key":                                   "not an Ed25519 key",
		"-----BEGIN RSA PRIVATE KEY-----\nabc":                 "<private_key>",
		"no key " + id + " here":                               "no key " + r.id(id) + " here",
		"HTTP 405: Method Not Allowed":                         "HTTP 405: Method Not Allowed",
		"Given token not valid for any token type, 1471108 no": "Given token not valid for any token type, 0000000 no",
	} {
		assert.Equal(t, want, r.scrub(text))
	}
}

func TestLiveIsRefusedWithoutAnAccount(t *testing.T) {
	folder := t.TempDir()
	for _, c := range []struct{ key, project, base, out, want string }{
		{"", "1", "", folder, "GCORE_API_KEY is not set"},
		{canaryToken, "", "", folder, "GCORE_CLOUD_PROJECT_ID is not set"},
		{canaryToken, "0", "", folder, "GCORE_CLOUD_PROJECT_ID is not the number of a project"},
		{canaryToken, "my-project", "", folder, "GCORE_CLOUD_PROJECT_ID is not the number of a project"},
		{canaryToken, "1", "http://127.0.0.1:1", recordings, "only recordings of Gcore go into contract/testdata/recordings"},
		{canaryToken, "1", "ftp://canary", folder, "BaseURL is not a web address"},
		{"4815162342 CanaryToken ", "1", "http://127.0.0.1:1", folder, "begins or ends with a space"},
	} {
		t.Setenv("GCORE_API_KEY", c.key)
		t.Setenv("GCORE_CLOUD_PROJECT_ID", c.project)
		t.Setenv("GCORE_BASE_URL", c.base)
		var stdout bytes.Buffer
		err := run(t.Context(), true, c.out, &stdout)
		require.ErrorContains(t, err, c.want)
		assert.NotContains(t, strings.ToLower(err.Error()+stdout.String()), "canary")
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
	require.NoError(t, run(t.Context(), true, folder, &stdout))
	assert.Len(t, contents(t, folder), 21)
	assert.Contains(t, stdout.String(), "rehearsal: 21 recordings in "+folder)
	assert.Empty(t, s.Keys(7))
	assert.True(t, account{baseURL: gcore.DefaultBaseURL}.isGcore(), "whose recordings are called live")
}
