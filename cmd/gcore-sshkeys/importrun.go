package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// What became of a line.
const (
	resultAdded    = "added"
	resultExists   = "exists"   // in the project, before the import
	resultRepeated = "repeated" // the same key is in a line before
	resultPlanned  = "planned"
	resultFailed   = "failed"
	resultUnknown  = "unknown" // it may have been added
	resultLeft     = "left"    // an interrupt came first
)

// resultWords are the results as people read them, in the order of the summary.
var resultWords = []struct{ result, words string }{
	{resultAdded, "added"},
	{resultPlanned, "to add"},
	{resultExists, "there already"},
	{resultRepeated, "repeated"},
	{resultFailed, "failed"},
	{resultUnknown, "not known whether added"},
	{resultLeft, "left"},
}

func wordsFor(result string) string {
	for _, r := range resultWords {
		if r.result == result {
			return r.words
		}
	}
	return result
}

// A lineResult is what became of a line.
type lineResult struct {
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Result   string   `json:"result"`
	Name     string   `json:"name,omitempty"`
	ID       string   `json:"id,omitempty"`
	Error    string   `json:"error,omitempty"`
	Warnings []string `json:"warnings,omitempty"`

	*keyLine `json:"-"`

	key    *gcore.SSHKey // the key in the project
	sameAs string        // the line that the key is in before
	err    error
}

func newResult(line *keyLine) *lineResult {
	result := &lineResult{File: line.file, Line: line.number, keyLine: line}
	if line.err == nil && len(line.options) > 0 {
		result.Warnings = append(result.Warnings, "options that Gcore does not have were dropped: "+strings.Join(line.options, ", "))
	}
	return result
}

func (r *lineResult) fail(err error) {
	r.Result, r.err, r.Error = resultFailed, err, message(err)
}

func (r *lineResult) resolve(result string, key gcore.SSHKey) {
	r.Result, r.key, r.Name, r.ID = result, &key, key.Name, key.ID
}

// text is the result as people read it.
func (r *lineResult) text() string {
	what := printable(r.Name)
	switch {
	case r.sameAs != "":
		what = "the same key as " + r.sameAs
	case r.ID != "":
		what += " (" + printable(r.ID) + ")"
	}
	return fmt.Sprintf("%s: %s: %s", r.where(), wordsFor(r.Result), what)
}

// inParallel is how many keys are sent at a time.
const inParallel = 8

// send adds the keys that are to be added, until a signal arrives, and then finishes those in flight.
func (m *importing) send(cmd *cobra.Command, keys *gcore.SSHKeys, results []*lineResult) {
	var todo []*lineResult
	for _, result := range results {
		if result.Result == resultPlanned {
			result.Result = resultLeft
			todo = append(todo, result)
		}
	}
	bar := m.newBar(cmd, len(todo))
	onWait := sync.OnceFunc(func() {
		if bar != nil {
			bar.Describe("finishing (Ctrl-C: end now)")
			return
		}
		fmt.Fprintln(cmd.ErrOrStderr(), "interrupted: finishing the keys in flight. Interrupt again to end without them.")
	})
	queue := make(chan *lineResult)
	var workers sync.WaitGroup
	for range min(inParallel, len(todo)) {
		workers.Go(func() {
			for result := range queue {
				if cmd.Context().Err() != nil {
					continue // it is left
				}
				m.add(cmd, keys, result, onWait)
				if bar != nil {
					_ = bar.Add(1)
				}
			}
		})
	}
	for _, result := range todo {
		queue <- result
	}
	close(queue)
	workers.Wait()
	if bar != nil {
		_ = bar.Clear()
	}
}

// newBar returns a progress bar if standard error is a terminal.
func (m *importing) newBar(cmd *cobra.Command, length int) *progressbar.ProgressBar {
	terminal := terminalOf(cmd.ErrOrStderr())
	if terminal == nil || m.cli.debug || length == 0 {
		return nil
	}
	return progressbar.NewOptions(length,
		progressbar.OptionSetWriter(terminal),
		progressbar.OptionSetDescription("adding keys"),
		progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(),
	)
}

// terminalOf returns the terminal that messages are written to, or nil if it is none.
func terminalOf(stderr any) *os.File {
	if messages, ok := stderr.(*messageWriter); ok {
		stderr = messages.w
	}
	if file, ok := stderr.(*os.File); ok && isTerminal(file) {
		return file
	}
	return nil
}

// add sends one key.
func (m *importing) add(cmd *cobra.Command, keys *gcore.SSHKeys, result *lineResult, onWait func()) {
	f := &flight{concurrent: true}
	create := &creation{cli: m.cli, name: result.Name, shared: m.shared}
	line := result.upload()
	sent, err := finish(cmd.Context(), f, onWait, func(ctx context.Context) (inProject, error) {
		return addKey(ctx, keys, create.request(&line))
	})
	err = f.outcome(err, unknownUpload)
	if arrived, _ := arrivedKey(err); arrived != nil { // a server may generate a key although it was sent one
		_, saveErr := create.save(cmd.ErrOrStderr(), arrived, fileName(create.name), nil)
		err = errors.Join(err, saveErr)
	}
	f.mu.Lock()
	result.Warnings = append(result.Warnings, f.warnings...)
	f.mu.Unlock()
	switch status := exitStatus(context.Background(), err); {
	case err == nil:
		result.resolve(sent.result, sent.key)
	case status == statusUnknown:
		result.fail(err)
		result.Result = resultUnknown
	case cmd.Context().Err() == nil || !isRetryable(err):
		result.fail(err)
	}
}

// isRetryable reports whether a create that was not carried out would have been retried, had no signal arrived. Then it is left.
func isRetryable(err error) bool {
	_, arrived := errors.AsType[*gcore.ResponseError](err)
	_, isResponse := errors.AsType[*gcore.Error](err)
	return !arrived && (!isResponse || errors.Is(err, gcore.ErrRateLimited))
}

// inProject is a key of the project, and how it came there.
type inProject struct {
	result string
	key    gcore.SSHKey
}

// addKey creates a key. Unlike Ensure it does not look first whether the project has it.
func addKey(ctx context.Context, keys *gcore.SSHKeys, request gcore.CreateSSHKeyRequest) (inProject, error) {
	key, err := keys.Create(ctx, request)
	if err == nil {
		return inProject{resultAdded, key.SSHKey()}, nil
	}
	if errors.Is(err, gcore.ErrConflict) { // with a key that was added meanwhile, which may be this one
		found, findErr := keys.FindByPublicKey(ctx, *request.PublicKey)
		for _, key := range found {
			if key.State == gcore.SSHKeyStateACTIVE {
				return inProject{resultExists, key}, nil
			}
		}
		err = errors.Join(err, findErr)
	}
	return inProject{}, err
}
