package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptrace"
	"sync"
)

// A flight is a create on its way: from the moment when its request may have been sent until it is known that no response comes,
// or until its key is saved. A wait before a retry is not part of it.
type flight struct {
	mu          sync.Mutex
	attempting  bool   // an attempt of a create has started
	inFlight    bool   // and it has a connection
	sent        bool   // an attempt may have created the key
	interrupted func() // what to call when the create is no longer in flight, if it was interrupted

	concurrent bool     // others are under way, so that nothing is printed while it lasts
	warnings   []string // what would have been
}

// flightKey is the key of a context's flight.
type flightKey struct{}

// flightOf returns the flight that the requests of a context belong to. If the context has none, a new one is returned, which is not read.
func flightOf(ctx context.Context) *flight {
	if f, ok := ctx.Value(flightKey{}).(*flight); ok {
		return f
	}
	return &flight{}
}

// warn keeps a warning.
func (f *flight) warn(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.warnings = append(f.warnings, text)
}

// started and finished are called at the start and the end of each attempt.
func (f *flight) started(create bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.attempting = create
}

func (f *flight) finished(create, success bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.attempting = false
	if !create || success { // a success is in flight until its key is saved
		return
	}
	if f.inFlight = false; f.interrupted != nil {
		f.interrupted()
	}
}

// waiting is called before a retry. A create is only retried if the attempt had no effect.
func (f *flight) waiting(create bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent = f.sent && !create
}

// connected is called when a request is about to be sent.
func (f *flight) connected(httptrace.GotConnInfo) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inFlight = f.inFlight || f.attempting
	f.sent = f.sent || f.attempting
}

// watch returns a context whose requests the flight knows of.
func (f *flight) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(context.WithValue(ctx, flightKey{}, f), &httptrace.ClientTrace{GotConn: f.connected})
}

// interrupt calls end, now or as soon as the create is no longer in flight, and reports whether it is.
func (f *flight) interrupt(end func()) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.inFlight {
		f.interrupted = end
		return true
	}
	end()
	return false
}

// outcome says of a create that ended early whether it may have been carried out.
func (f *flight) outcome(err error, unknown string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sent && errors.Is(err, context.Canceled) {
		return withStatus(statusUnknown, errors.New(unknown))
	}
	return err
}

// sendPublicKey runs a create with a public key, or several requests of which one is that. A signal ends it at once: nothing can be lost.
func sendPublicKey[T any](ctx context.Context, create func(context.Context) (T, error)) (T, error) {
	f := &flight{}
	ctx = f.watch(ctx)
	value, err := await(ctx, gracePeriod, func() (T, error) { return create(ctx) })
	return value, f.outcome(err, unknownUpload)
}

const unknownUpload = "interrupted: it is not known whether the key was created"

// sendForPrivateKey runs a create whose response brings the only copy of a private key.
func sendForPrivateKey[T any](ctx context.Context, stderr io.Writer, create func(context.Context) (T, error)) (T, error) {
	f := &flight{}
	value, err := finish(ctx, f, func() {
		fmt.Fprintln(stderr, "interrupted: waiting for the response, as it may bring the only copy of the private key. Interrupt again to end without it.")
	}, create)
	return value, f.outcome(err, "interrupted: a key may have been created, and its private key is lost: "+
		"list the keys in a minute, and delete the one that you do not want")
}

// finish runs a create. While it is in flight the first signal only calls onWait, and the second ends it.
func finish[T any](ctx context.Context, f *flight, onWait func(), create func(context.Context) (T, error)) (T, error) {
	sending, end := context.WithCancel(f.watch(context.WithoutCancel(ctx)))
	defer end()
	stop := context.AfterFunc(ctx, func() {
		if f.interrupt(end) {
			onWait()
		}
	})
	defer stop()
	go func() {
		select {
		case <-secondSignalOf(ctx):
			end()
		case <-sending.Done():
		}
	}()
	return await(sending, gracePeriod, func() (T, error) { return create(sending) })
}
