package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type object = map[string]any

const oneKey = "https://api.gcore.com/cloud/v1/ssh_keys/1/36a7a97a-0672-4911-8f2b-92cd4e5b0d91"

// exchange is an entry of a HAR file: a delete that is in order, but for what the arguments say.
func exchange(request, response object) object {
	entry := object{
		"request":  object{"method": "DELETE", "url": oneKey, "headers": []object{{"name": "authorization", "value": "apikey 1234$abcdef"}}},
		"response": object{"status": 204},
	}
	for name, changes := range map[string]object{"request": request, "response": response} {
		message, _ := entry[name].(object)
		maps.Copy(message, changes)
	}
	return entry
}

func harFile(t *testing.T, entries ...object) string {
	t.Helper()
	data, err := json.Marshal(object{"log": object{"entries": entries}})
	require.NoError(t, err)
	return string(data)
}

func writeFile(t *testing.T, name, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
}

func TestVerifyOfGoodTraffic(t *testing.T) {
	workIn(t)
	writeFile(t, "good.har", harFile(t,
		exchange(nil, nil),
		exchange(nil, object{"status": 0}),
		exchange(object{"url": "https://portal.gcore.com/cloud/v1/ssh_keys/1"}, nil),
		exchange(object{"url": "data:text/plain,x"}, nil),
		exchange(object{"url": "https://api.gcore.com.example.com/cloud/v1/ssh_keys/1"}, nil),
		exchange(object{"url": "https://api.gcore.com/cloud/v1/projects"}, object{"status": 500}),
		exchange(object{"method": "OPTIONS", "headers": []object{{"name": "access-control-request-method", "value": "DELETE"}}}, object{"status": 200}),
	))
	stdout, stderr, err := command(t, "verify", "good.har")
	require.NoError(t, err)
	assert.Equal(t, "good.har: 2 exchanges checked, 5 ignored (3 with other hosts, 2 with other paths); 1 had no response; 0 violations\n", stdout)
	assert.Empty(t, stderr)
}

func TestVerifyReportsEachViolation(t *testing.T) {
	workIn(t)
	created := `{"created_at":"yesterday","fingerprint":"f","id":"1","name":"n","private_key":null,"project_id":1,"public_key":"p","shared_in_project":true,"state":"ACTIVE"}`
	json := []object{{"name": "Authorization", "value": "apikey 1234$abcdef"}, {"name": "Content-Type", "value": "application/json"}}
	create := object{"method": "POST", "url": "https://api.gcore.com/cloud/v1/ssh_keys/1?force=1", "headers": json, "postData": object{"text": `{"name":""}`}}
	writeFile(t, "one.har", harFile(t,
		exchange(nil, nil),
		exchange(create, object{"status": 201, "headers": json, "content": object{"text": created}}),
		exchange(nil, object{"status": 202}),
	))
	writeFile(t, "two.har", harFile(t,
		exchange(object{"method": "PUT"}, object{"status": 405}),
		exchange(object{"method": "canary"}, object{"status": 405}),
		exchange(object{"headers": []object{}}, nil),
		exchange(object{"method": "GET"}, object{"status": 200, "headers": json, "content": object{"size": 700}}),
	))
	stdout, stderr, err := command(t, "verify", "one.har", "two.har")
	require.EqualError(t, err, "the traffic breaks the contract: 9 violations")
	assert.Equal(t, strings.TrimSpace(`
one.har: exchange 2, POST createSSHKey, request: query has 1 parameter that the contract does not have: it takes none (unknownParameter)
one.har: exchange 2, POST createSSHKey, request: body /name must have at least 1 character (minLength)
one.har: exchange 2, POST createSSHKey, response: body /created_at must have the format date-time (format)
one.har: exchange 2, POST createSSHKey, response: body /id must have the format uuid4 (format)
one.har: exchange 3, DELETE deleteSSHKey, response: status 202 Accepted is not documented (status)
two.har: exchange 1, PUT, request: path /cloud/v1/ssh_keys/{project_id}/{ssh_key_id} takes only the methods DELETE, GET, PATCH (method)
two.har: exchange 2, another method, request: path /cloud/v1/ssh_keys/{project_id}/{ssh_key_id} takes only the methods DELETE, GET, PATCH (method)
two.har: exchange 3, DELETE deleteSSHKey, request: header /Authorization is missing (security)
two.har: exchange 4, GET getSSHKey, response: body could not be read to its end (read): the HAR file does not hold the body: save it with its content
2 files: 7 exchanges checked, 0 ignored (0 with other hosts, 0 with other paths); 9 violations`)+"\n", stdout)
	assert.Equal(t, "If the program that saved the file left Authorization headers out, give --without-credentials.\n", stderr)
}

func TestVerifyWithoutCredentials(t *testing.T) {
	workIn(t)
	sanitised := exchange(object{"headers": []object{}}, nil)
	stdout, stderr, err := commandWith(t.Context(), t, harFile(t, sanitised), "verify", "--without-credentials", "-")
	require.NoError(t, err)
	assert.Equal(t, "standard input: 1 exchange checked, 0 ignored (0 with other hosts, 0 with other paths); 0 violations\n", stdout)
	assert.Empty(t, stderr)

	bearer := exchange(object{"headers": []object{{"name": "authorization", "value": "Bearer canarytoken"}}}, nil)
	stdout, _, err = commandWith(t.Context(), t, harFile(t, bearer), "verify", "--without-credentials", "-")
	require.Error(t, err, "credentials that are there are looked at")
	assert.Contains(t, stdout, "request: header /Authorization must be the word")
}

func TestVerifyOfOtherHosts(t *testing.T) {
	workIn(t)
	bad := object{"status": 299}
	file := harFile(t,
		exchange(object{"url": strings.Replace(oneKey, "https://api.gcore.com", "http://127.0.0.1:8080", 1)}, bad),
		exchange(object{"url": strings.Replace(oneKey, "https://api.gcore.com", "https://Proxy.example.com:443", 1)}, bad),
		exchange(object{"url": strings.Replace(oneKey, "api.gcore.com", "API.gcore.com:443", 1)}, bad),
		exchange(object{"url": strings.Replace(oneKey, "api.gcore.com", "api.gcore.com:444", 1)}, bad),
	)
	check := func(want string, args ...string) {
		t.Helper()
		stdout, _, err := commandWith(t.Context(), t, file, append([]string{"verify", "-"}, args...)...)
		require.Error(t, err)
		assert.Contains(t, stdout, want)
	}
	check("standard input: 1 exchange checked, 3 ignored (3 with other hosts, 0 with other paths); 1 violation\n")
	check("2 exchanges checked, 2 ignored", "--host", "127.0.0.1:8080")
	check("3 exchanges checked, 1 ignored", "--host", "127.0.0.1:8080,proxy.example.com")
	t.Setenv("GCORE_BASE_URL", "http://127.0.0.1:8080/")
	check("2 exchanges checked, 2 ignored")
}

func TestVerifyWithNothingToCheck(t *testing.T) {
	workIn(t)
	writeFile(t, "empty.har", `{"log":{"entries":[]}}`)
	writeFile(t, "other.har", harFile(t, exchange(object{"url": "https://example.com/"}, nil)))
	const summary = "2 files: 0 exchanges checked, 1 ignored (1 with other hosts, 0 with other paths); 0 violations\n"
	stdout, _, err := command(t, "verify", "empty.har", "other.har")
	assert.Equal(t, statusNotChecked, exitStatus(t.Context(), err))
	assert.Equal(t, summary, stdout)
	stdout, _, err = command(t, "verify", "--allow-empty", "empty.har", "other.har")
	require.NoError(t, err)
	assert.Equal(t, summary, stdout)
}

func TestVerifyFailsOnFilesThatCannotBeRead(t *testing.T) {
	workIn(t)
	writeFile(t, "good.har", harFile(t, exchange(nil, nil)))
	writeFile(t, "broken.har", `{"log":{"entries":[{"response":{"status":"canarytoken"}}]}}`)
	half, err := json.Marshal(exchange(nil, object{"status": 202}))
	require.NoError(t, err)
	writeFile(t, "half.har", `{"log":{"entries":[`+string(half)+`,"canarytoken"]}}`)
	stdout, _, err := command(t, "verify", "missing.har", "broken.har", "half.har", "good.har")
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, "half.har: contract: entry 2 of the HAR file: it is not an object")
	assert.NotContains(t, stdout, "broken.har", "of which nothing was checked")
	assert.Contains(t, stdout, "half.har: exchange 1, DELETE deleteSSHKey, response: status 202")
	assert.ErrorContains(t, err, "missing.har")
	assert.ErrorContains(t, err, "broken.har: contract: entry 1 of the HAR file: its response.status is not of the type that HAR gives it")
	assert.Contains(t, stdout, "4 files: 2 exchanges checked, 0 ignored (0 with other hosts, 0 with other paths); 3 files not read to the end; 1 violation\n",
		"and goes on with the others")
	assert.Equal(t, statusViolations, exitStatus(t.Context(), err))
	_, _, err = command(t, "verify", "missing.har", "good.har")
	assert.Equal(t, statusFailed, exitStatus(t.Context(), err))

	_, _, err = command(t, "verify")
	assert.Error(t, err)
	_, _, err = command(t, "verify", ".")
	assert.Error(t, err)
}

// TestVerifyShowsNothingThatWasSent has a canary in every place of a HAR file that can hold one.
func TestVerifyShowsNothingThatWasSent(t *testing.T) {
	workIn(t)
	const canary = "canarytoken"
	pem := "-----BEGIN OPENSSH PRIVATE KEY-----\n" + canary + "\n-----END OPENSSH PRIVATE KEY-----\n"
	headers := []object{
		{"name": canary, "value": canary}, {"name": "Authorization", "value": "apikey " + canary + "é" + canary},
		{"name": "Content-Type", "value": canary + "/" + canary}, {"name": "Cookie", "value": canary},
	}
	asJSON := []object{{"name": "Authorization", "value": canary}, {"name": "Content-Type", "value": "application/json"}}
	compressed := func(text string) object {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := w.Write([]byte(text))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return object{"text": base64.StdEncoding.EncodeToString(b.Bytes()), "encoding": "base64"}
	}
	body, err := json.Marshal(object{canary: canary, "private_key": []string{pem}, "name": canary, "id": canary, "state": pem, "created_at": canary})
	require.NoError(t, err)
	base := "https://api.gcore.com/cloud/v1/ssh_keys/"
	var entries []object
	for _, url := range []string{base + canary, base + "1/" + canary, base + "1?" + canary + "=" + canary + "&limit=" + canary, base + canary + "/" + canary + "/" + canary, "https://" + canary + ":" + canary + "@api.gcore.com/cloud/v1/ssh_keys/" + canary} {
		for _, method := range []string{"POST", "GET", "PATCH", "DELETE", canary} {
			for _, sent := range [][]object{headers, asJSON} {
				for _, text := range []string{string(body), canary, pem} {
					entries = append(entries, exchange(
						object{"method": method, "url": url, "headers": sent, "postData": object{"mimeType": canary, "text": text}},
						object{"status": 201, "statusText": canary, "headers": sent, "content": object{"text": text}}),
						exchange(object{"method": method, "url": url, "headers": sent},
							object{"status": 200, "headers": append(sent, object{"name": "Content-Encoding", "value": "gzip"}), "content": compressed(text)}),
						exchange(object{"method": method, "url": url, "headers": sent, "postData": object{"text": text, "encoding": canary}},
							object{"status": 471108, "headers": sent, "content": object{"text": text, "encoding": "base64"}}))
				}
			}
		}
	}
	writeFile(t, "canaries.har", harFile(t, entries...))
	stdout, _, err := command(t, "verify", "canaries.har") // which looks for the canary
	require.Error(t, err)
	assert.Greater(t, strings.Count(stdout, "\n"), 800)
	assert.NotContains(t, stdout, "471108")
}

func TestTheRecordingsOfThisProjectKeepTheContract(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "contract", "testdata", "recordings", "*", "*.har"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	stdout, _, err := command(t, append([]string{"verify"}, files...)...)
	require.NoError(t, err)
	assert.Contains(t, stdout, fmt.Sprintf("%d files: %d exchanges checked, 0 ignored", len(files), len(files)))
}

func TestVerifyOfThisMachine(t *testing.T) {
	workIn(t)
	for _, host := range []string{"localhost:8080", "127.0.0.1:43211", "[::1]:80"} {
		file := harFile(t, exchange(object{"url": strings.Replace(oneKey, "https://api.gcore.com", "http://"+host, 1)}, nil))
		for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
			stdout, _, err := commandWith(t.Context(), t, file, "verify", "-", "--host", name)
			require.NoError(t, err, host)
			assert.Contains(t, stdout, "1 exchange checked")
		}
	}
}

func TestVerifyForPrograms(t *testing.T) {
	workIn(t)
	writeFile(t, "a,b.har", harFile(t, exchange(nil, nil), exchange(nil, object{"status": 202})))
	stdout, _, err := command(t, "verify", "a,b.har", "-o", "json")
	assert.Equal(t, statusViolations, exitStatus(t.Context(), err))
	assert.JSONEq(t, `{"files":["a,b.har"],"checked":2,"no_response":0,"other_hosts":0,"other_paths":0,"violations":[
		{"file":"a,b.har","exchange":2,"method":"DELETE","operation":"deleteSSHKey","part":"response","rule":"status",
		"text":"status 202 Accepted is not documented (status)"}]}`, stdout)

	stdout, _, err = command(t, "verify", "a,b.har", "-o", "github")
	require.Error(t, err)
	assert.Contains(t, stdout, "::error file=a%2Cb.har,title=status::exchange 2, DELETE deleteSSHKey, response: status 202 Accepted is not documented (status)\n")
	_, _, err = command(t, "verify", "a,b.har", "-o", "ids")
	assert.Equal(t, statusUsage, exitStatus(t.Context(), err))
}
