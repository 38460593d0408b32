package main

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

// A signalError is why a context ended: a signal arrived.
type signalError struct{ signal syscall.Signal }

func (e *signalError) Error() string { return e.signal.String() }

// secondSignalKey is the key of a context's channel that is closed when a second signal arrives.
type secondSignalKey struct{}

// withSignals returns a context that ends when an interrupt, a request to terminate or a hang-up arrives. Until stop is called no
// signal ends the program by itself before the third, nor does a closed pipe: a command decides when it can end, as it may be
// receiving the only copy of a private key.
func withSignals(parent context.Context) (ctx context.Context, stop func()) {
	second := make(chan struct{})
	ctx, cancel := context.WithCancelCause(context.WithValue(parent, secondSignalKey{}, second))
	arrived := make(chan os.Signal, 2)
	// A signal that is ignored when the program starts stays so, as nohup expects.
	for _, s := range slices.DeleteFunc([]os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}, signal.Ignored) {
		signal.Notify(arrived, s)
	}
	signal.Ignore(syscall.SIGPIPE)
	go func() {
		first, _ := (<-arrived).(syscall.Signal)
		cancel(&signalError{first})
		<-arrived
		close(second)
		signal.Stop(arrived)
	}()
	return ctx, func() { signal.Stop(arrived) }
}

// secondSignalOf returns a channel that is closed when a second signal arrives.
func secondSignalOf(ctx context.Context) <-chan struct{} {
	channel, _ := ctx.Value(secondSignalKey{}).(chan struct{})
	return channel
}

// gracePeriod is how long a request that was interrupted may take to say what became of it.
const gracePeriod = 300 * time.Millisecond

// await returns what f returns. If ctx ends before, f has the time patience to return, and goes on alone after that; the error is then that of
// ctx. So nothing that f waits for holds up the end of the command.
func await[T any](ctx context.Context, patience time.Duration, f func() (T, error)) (value T, err error) {
	done := make(chan struct{})
	var result T
	var resultErr error
	go func() {
		result, resultErr = f()
		close(done)
	}()
	select {
	case <-done:
		return result, resultErr
	case <-ctx.Done():
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
		return result, resultErr
	case <-timer.C:
		return value, ctx.Err()
	}
}
