package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/env"
)

const (
	statusFailed      = 1
	statusUsage       = 2
	statusNotFound    = 3
	statusForbidden   = 4
	statusUnknown     = 5
	statusViolations  = 6
	statusNotChecked  = 7
	statusSignalsFrom = 128
)

// statuses is what the exit statuses mean.
var statuses = []struct {
	status  int
	meaning string
}{
	{0, "done"},
	{statusFailed, "another failure, or some of several keys or files failed"},
	{statusUsage, "the command line or an environment variable is wrong"},
	{statusNotFound, "there is no such key or project"},
	{statusForbidden, "the API key is missing, is not accepted, or may not do this"},
	{statusUnknown, "it is not known whether a key was created"},
	{statusViolations, "verify: the traffic violates the contract"},
	{statusNotChecked, "verify: no exchange was checked"},
	{statusSignalsFrom + int(syscall.SIGHUP), "ended by a hang-up (SIGHUP)"},
	{statusSignalsFrom + int(syscall.SIGINT), "ended by Ctrl-C (SIGINT)"},
	{statusSignalsFrom + int(syscall.SIGTERM), "ended by SIGTERM"},
}

// statusHelp is the table of exit statuses for the help.
func statusHelp() string {
	var b strings.Builder
	for _, s := range statuses {
		fmt.Fprintf(&b, "  %3d  %s\n", s.status, s.meaning)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// A statusError is an error with an exit status of its own.
type statusError struct {
	error
	status int
}

func (e *statusError) Unwrap() error { return e.error }

func withStatus(status int, err error) error {
	if err == nil {
		return nil
	}
	return &statusError{err, status}
}

// exitStatus is the status of a command that ended with err.
func exitStatus(ctx context.Context, err error) int {
	own, hasOwn := errors.AsType[*statusError](err)
	_, isUsage := errors.AsType[*usageError](err)
	_, isUnknown := errors.AsType[*gcore.UnknownOutcomeError](err)
	ended, isSignal := errors.AsType[*signalError](context.Cause(ctx))
	switch {
	case err == nil, isClosedPipe(err):
		return 0
	case hasOwn:
		return own.status
	case isUnknown:
		return statusUnknown
	case isUsage:
		return statusUsage
	case isSignal && errors.Is(err, context.Canceled):
		return statusSignalsFrom + int(ended.signal)
	case errors.Is(err, gcore.ErrNotFound):
		return statusNotFound
	case errors.Is(err, gcore.ErrUnauthorized), errors.Is(err, gcore.ErrForbidden):
		return statusForbidden
	}
	return statusFailed
}

// joinFailures joins the failures of several targets. The exit status is that of the failures if all targets failed alike.
func joinFailures(failures []error, allFailed bool) error {
	joined := errors.Join(failures...)
	first := exitStatus(context.Background(), failures[0])
	same := !slices.ContainsFunc(failures, func(err error) bool { return exitStatus(context.Background(), err) != first })
	if allFailed && same {
		return joined
	}
	return withStatus(statusFailed, joined)
}

// plainWords replaces the words of package gcore that only its callers know.
var plainWords = strings.NewReplacer(
	"context canceled", "interrupted",
	"context deadline exceeded", "it took too long",
	"; its private key did arrive: save ResponseError.Key", "",
	", or set AllowHTTP if you must", "",
	"gcore: ", "",
	"BaseURL", env.BaseURL,
	": "+gcore.ErrInvalid.Error(), "",
)

// message is what to tell about the end of a command, or "" if there is nothing to tell.
func message(err error) string {
	if err == nil || isClosedPipe(err) {
		return ""
	}
	text := plainWords.Replace(err.Error())
	if usage, ok := errors.AsType[*usageError](err); ok && usage.usage != "" {
		text += "\nusage: " + usage.usage
	}
	return text
}
