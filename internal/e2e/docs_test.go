//go:build unix

package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var operations = []string{"createSSHKey", "listSSHKeys", "getSSHKey", "updateSSHKey", "deleteSSHKey"}

// TestReferencePage uses the reference page of the sandbox in Chromium.
func TestReferencePage(t *testing.T) {
	browser := startBrowser(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *tab)
	}{
		{"each operation is tried", eachOperationIsTried},
		{"the keyboard is enough", theKeyboardIsEnough},
		{"a required key is entered", aRequiredKeyIsEntered},
		{"pages of another origin get nothing", pagesOfAnotherOriginGetNothing},
		{"it fits a narrow screen", fitsANarrowScreen},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, browser.newTab(t)) })
	}
}

// open opens the page at the sandbox's address.
func (tb *tab) open(address string) {
	tb.t.Helper()
	tb.run(chromedp.Navigate(address))
	tb.ready("createSSHKey")
}

// ready waits until an operation that is open can be tried, and returns a selector of it. Swagger UI shows the button earlier, and
// fails if it is pressed before the operation's references are resolved.
func (tb *tab) ready(operation string) (in string) {
	tb.t.Helper()
	in = "#operations-SSH_keys-" + operation + " "
	tb.wait(in + "[data-param-name=project_id] input[value='1']")
	tb.wait(in + ".execute")
	return in
}

// try opens an operation, executes it as it is filled in, and returns the status that the page then shows.
func (tb *tab) try(operation string) string {
	tb.t.Helper()
	if !eval[bool](tb, `document.querySelector("#operations-SSH_keys-`+operation+`.is-open") !== null`) {
		tb.click("#operations-SSH_keys-" + operation + " .opblock-summary-control")
	}
	in := tb.ready(operation)
	tb.click(in + ".execute")
	return strings.TrimSpace(tb.text(in + ".live-responses-table .response .response-col_status"))
}

func eachOperationIsTried(t *testing.T, tb *tab) {
	address, _ := startSandbox(t)
	tb.open(address)
	assert.Equal(t, address+"/docs/", strings.TrimSuffix(eval[string](tb, "location.href"), eval[string](tb, "location.hash")))
	assert.Equal(t, 5, eval[int](tb, `document.querySelectorAll(".opblock").length`))
	for i, status := range []string{"201", "200", "200", "200", "204"} {
		assert.Equal(t, status, tb.try(operations[i]), operations[i])
	}
	assert.Contains(t, tb.text(".opblock-post .live-responses-table"), "-----BEGIN OPENSSH PRIVATE KEY-----")

	var calls []struct{ Operation string }
	require.NoError(t, json.Unmarshal(get(t, address+"/_sandbox/calls"), &calls))
	require.Len(t, calls, len(operations))
	for i, call := range calls {
		assert.Equal(t, operations[i], call.Operation)
	}

	tb.click("#reset")
	assert.Equal(t, "The initial keys are back.", tb.text("#reset-result:not(:empty)"))
	eval[string](tb, `(window.sent = fetch, window.fetch = async () => new Response("", { status: 503 }), "")`)
	tb.click("#reset")
	assert.Equal(t, "The sandbox responds with status 503.", tb.text("#reset-result:not(:empty)"))
	eval[string](tb, `(window.fetch = window.sent, "")`)
	tb.click("#operations-SSH_keys-getSSHKey .btn-clear")
	assert.Equal(t, "200", tb.try("getSSHKey"))
	namesAreText(t, tb, address)
	textIsReadable(t, tb)
	tb.noComplaints(address)
}

// theKeyboardIsEnough opens and tries an operation with Tab and Enter.
func theKeyboardIsEnough(t *testing.T, tb *tab) {
	address, _ := startSandbox(t)
	tb.open(address)
	tabTo := func(selector string) {
		t.Helper()
		for range 100 {
			tb.run(chromedp.KeyEvent(kb.Tab))
			if eval[bool](tb, `document.activeElement.matches("`+selector+`")`) {
				assert.NotEqual(t, "none", eval[string](tb, "getComputedStyle(document.activeElement).outlineStyle"), selector)
				return
			}
		}
		require.Fail(t, "Tab does not lead to it", selector)
	}
	tabTo("#operations-SSH_keys-createSSHKey .execute")
	tb.run(chromedp.KeyEvent(kb.Enter))
	tb.wait(".opblock-post .live-responses-table .response")
	tabTo("#operations-SSH_keys-listSSHKeys .opblock-summary-control")
	tb.run(chromedp.KeyEvent(kb.Enter))
	tabTo(tb.ready("listSSHKeys") + ".execute")
	tb.run(chromedp.KeyEvent(kb.Enter))
	tb.wait(".opblock-get .live-responses-table .response")
	assert.Equal(t, []string{"201", "200"}, eval[[]string](tb, `[...document.querySelectorAll(".live-responses-table .response .response-col_status")].map(e => e.innerText.trim())`))
	tb.noComplaints(address)
}

// aRequiredKeyIsEntered runs the shown curl command, too: the key is quoted as a shell needs it.
func aRequiredKeyIsEntered(t *testing.T, tb *tab) {
	const key = `1234$ab'cd`
	t.Setenv("GCORE_API_KEY", key)
	address, _ := startSandbox(t, "--require-api-key")
	tb.open(address)
	assert.NotContains(t, eval[string](tb, "document.documentElement.outerHTML"), key)
	assert.Contains(t, tb.text("#sandbox"), "press Authorize")
	assert.Equal(t, "401", tb.try("createSSHKey"))

	tb.click(".btn.authorize")
	tb.run(chromedp.SendKeys(".modal-ux input[type=text]", "apikey "+key+kb.Enter))
	tb.click(".modal-ux .btn-done")
	assert.Equal(t, "200", tb.try("listSSHKeys"))
	command := tb.text(".opblock-get .curl")
	assert.Contains(t, command, `-H 'Authorization: apikey 1234$ab'\''cd'`)
	out, err := exec.Command("sh", "-c", strings.Replace(command, "curl", lookUp(t, "curl", "curl")+" -fsS", 1)).Output()
	require.NoError(t, err, command)
	assert.Contains(t, string(out), "my-ssh-key")
	assert.Zero(t, eval[int](tb, "localStorage.length + sessionStorage.length + document.cookie.length"), "the key is not kept")
}

// namesAreText lists a key with a name that tries to be more than text.
func namesAreText(t *testing.T, tb *tab, address string) {
	const name = `my-ssh <img src=x onerror=alert(1)></pre><script>alert(2)</script>`
	body, err := json.Marshal(map[string]string{"name": name})
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/cloud/v1/ssh_keys/1", bytes.NewReader(body))
	require.NoError(t, err)
	req.Header = http.Header{"Authorization": {"apikey any"}, "Content-Type": {"application/json"}}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusCreated, resp.StatusCode)

	list := "#operations-SSH_keys-listSSHKeys "
	tb.click(list + ".btn-clear")
	assert.Equal(t, "200", tb.try("listSSHKeys"))
	assert.Contains(t, tb.text(list+".live-responses-table"), name)
	assert.Zero(t, eval[int](tb, `document.querySelectorAll("#reference script, [onerror]").length`))
}

// textIsReadable checks that all text has the contrast that WCAG 2 asks for (AA: 4.5, or 3 if it is large), in light and dark.
func textIsReadable(t *testing.T, tb *tab) {
	script, err := os.ReadFile("testdata/contrast.js")
	require.NoError(t, err)
	tb.run(chromedp.Evaluate(`for (const e of document.querySelectorAll("#sandbox details")) e.open = true`, nil))
	tb.click(".model-container .model-box-control")
	tb.click(".btn.authorize")
	tb.wait(".modal-ux")
	for _, scheme := range []string{"light", "dark"} {
		tb.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
		result := eval[struct {
			Found      []string
			Examined   int
			Background float64
		}](tb, string(script))
		assert.Empty(t, result.Found, scheme)
		assert.Greater(t, result.Examined, 200, scheme)
		assert.Equal(t, scheme == "dark", result.Background < 0.1, "the page is %s", scheme)
	}
}

// pagesOfAnotherOriginGetNothing, not even if their origin may use the API.
func pagesOfAnotherOriginGetNothing(t *testing.T, tb *tab) {
	var address string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<iframe src="%[1]s/docs/"></iframe><a href="%[1]s/docs/">the page</a>`, address)
	}))
	defer other.Close()
	address, _ = startSandbox(t, "--cors", other.URL)
	tb.run(chromedp.Navigate(other.URL))
	assert.Equal(t, http.StatusForbidden, tb.status(address+"/docs/"))
	assert.False(t, eval[bool](tb, `fetch("`+address+`/_sandbox/calls").then(() => true, () => false)`))
	resp, err := chromedp.RunResponse(tb.ctx, chromedp.Evaluate(`document.querySelector("a").click()`, nil))
	require.NoError(t, err)
	assert.Equal(t, int64(http.StatusOK), resp.Status, "a link leads to the page")
	tb.ready("createSSHKey")
}

// fitsANarrowScreen opens everything on a screen of 360 pixels, which must not scroll sideways.
func fitsANarrowScreen(t *testing.T, tb *tab) {
	address, _ := startSandbox(t)
	tb.run(chromedp.EmulateViewport(360, 800))
	tb.open(address)
	for _, operation := range operations {
		assert.NotEmpty(t, tb.try(operation))
	}
	eval[bool](tb, `document.querySelectorAll("#sandbox details").forEach(e => e.open = true) === undefined`)
	assert.LessOrEqual(t, eval[int](tb, "document.documentElement.scrollWidth"), 360)
}

func get(t *testing.T, url string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return data
}
