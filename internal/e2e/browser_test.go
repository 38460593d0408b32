//go:build unix

package e2e_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A browser is a Chromium without a window. Contexts of chromedp below its context are tabs of it.
type browser struct{ ctx context.Context }

func startBrowser(t *testing.T) browser {
	t.Helper()
	program := "google-chrome" // which GitHub's runners have
	if _, err := exec.LookPath(program); err != nil {
		program = "chromium"
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(lookUp(t, program, "chromium")),
		chromedp.WindowSize(1280, 1000),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
	)
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium does not start otherwise
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Run(ctx))
	return browser{ctx}
}

// A tab is a tab of a browser. It notes what the pages in it load, and what the browser complains about.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	hosts      map[string]bool // that something was requested from
	statuses   map[string]int  // of what was loaded, by URL
	complaints []string        // errors and warnings in the console, violations of a Content-Security-Policy among them
}

func (b browser) newTab(t *testing.T) *tab {
	t.Helper()
	tb := &tab{t: t, hosts: map[string]bool{}, statuses: map[string]int{}}
	var cancel context.CancelFunc
	tb.ctx, cancel = chromedp.NewContext(b.ctx)
	t.Cleanup(cancel)
	tb.ctx, cancel = context.WithTimeout(tb.ctx, 3*time.Minute)
	t.Cleanup(cancel)
	chromedp.ListenTarget(tb.ctx, tb.note)
	tb.run(emulation.SetFocusEmulationEnabled(true)) // as if each tab were the one in front
	return tb
}

func (tb *tab) note(event any) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(event.Request.URL); err != nil || u.Scheme != "data" {
			tb.hosts[u.Host] = true
		}
	case *network.EventResponseReceived:
		tb.statuses[event.Response.URL] = int(event.Response.Status)
	case *log.EventEntryAdded:
		tb.complaints = append(tb.complaints, event.Entry.Text)
	case *runtime.EventConsoleAPICalled:
		text := "console." + event.Type.String()
		for _, arg := range event.Args {
			text += " " + string(arg.Value) + arg.Description
		}
		tb.complaints = append(tb.complaints, text)
	case *runtime.EventExceptionThrown:
		tb.complaints = append(tb.complaints, event.ExceptionDetails.Error())
	case *page.EventJavascriptDialogOpening:
		tb.complaints = append(tb.complaints, "dialog: "+event.Message)
	}
}

func (tb *tab) run(actions ...chromedp.Action) {
	tb.t.Helper()
	require.NoError(tb.t, chromedp.Run(tb.ctx, actions...))
}

// wait waits for an element. (The functions of chromedp that take a selector lose elements of a page that changes.)
func (tb *tab) wait(selector string) {
	tb.t.Helper()
	tb.run(chromedp.Poll(fmt.Sprintf("document.querySelector(%q)?.checkVisibility()", selector), nil, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(0)))
}

func (tb *tab) click(selector string) {
	tb.t.Helper()
	tb.wait(selector)
	tb.run(chromedp.Evaluate(fmt.Sprintf("document.querySelector(%q).click()", selector), nil))
}

func (tb *tab) text(selector string) string {
	tb.t.Helper()
	tb.wait(selector)
	return eval[string](tb, fmt.Sprintf("document.querySelector(%q).innerText", selector))
}

// eval returns the value of an expression in JavaScript, or of what it promises.
func eval[T any](tb *tab, expression string) (value T) {
	tb.t.Helper()
	tb.run(chromedp.Evaluate(expression, &value, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return value
}

// status returns the status with which a URL was loaded last.
func (tb *tab) status(url string) int {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	return tb.statuses[url]
}

// noComplaints checks that everything so far came from one host, and that the browser did not complain.
func (tb *tab) noComplaints(address string) {
	tb.t.Helper()
	tb.mu.Lock()
	defer tb.mu.Unlock()
	u, err := url.Parse(address)
	require.NoError(tb.t, err)
	assert.Equal(tb.t, map[string]bool{u.Host: true}, tb.hosts)
	assert.Empty(tb.t, tb.complaints)
}
