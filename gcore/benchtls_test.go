package gcore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// BenchmarkCreateOverTLS creates keys with an uploaded public key over a network of 20 ms, one after the other and 16 at a
// time. What it shows is whether connections are kept: the one that is opened for a create costs three times the create.
func BenchmarkCreateOverTLS(b *testing.B) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(createUploaded))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	b.Cleanup(server.Close)
	address := startDelayingProxy(b, server.Listener.Addr().String(), 10*time.Millisecond)

	for _, parallel := range []int{1, 16} {
		run := func(client string, newCreate func(b *testing.B, base string, httpClient *http.Client) createFunc) {
			b.Run(fmt.Sprintf("parallel=%d/client=%s", parallel, client), func(b *testing.B) {
				transport := server.Client().Transport.(*http.Transport).Clone()
				transport.MaxIdleConnsPerHost = 2 * parallel
				defer transport.CloseIdleConnections()
				create := newCreate(b, "https://"+address, &http.Client{Transport: transport})
				creates(b, parallel, parallel, create) // opens the connections
				b.ReportAllocs()
				b.ResetTimer()
				creates(b, parallel, b.N, create)
				b.StopTimer()
			})
		}
		run("gcore", func(b *testing.B, base string, httpClient *http.Client) createFunc {
			cloud, err := gcore.NewCloud(gcore.Config{APIKey: canaryToken, BaseURL: base, HTTPClient: httpClient})
			require.NoError(b, err)
			keys := cloud.SSHKeys(1)
			return func(ctx context.Context, name string) (string, error) {
				key, err := keys.Create(ctx, gcore.CreateSSHKeyRequest{Name: name, PublicKey: new(uploadedKey)})
				if err != nil {
					return "", err
				}
				return key.Name, nil
			}
		})
		run("floor", func(_ *testing.B, base string, httpClient *http.Client) createFunc {
			f := floor{httpClient, base + "/cloud/v1/ssh_keys/1"}
			return func(ctx context.Context, name string) (string, error) {
				key, err := f.create(ctx, floorRequest{name, uploadedKey})
				return key.Name, err
			}
		})
	}
}

// createFunc creates a key and returns its name.
type createFunc func(ctx context.Context, name string) (string, error)

// creates makes n keys, each of another name, in as many goroutines as parallel says.
func creates(b *testing.B, parallel, n int, create createFunc) {
	b.Helper()
	var made atomic.Int64
	var group sync.WaitGroup
	for range parallel {
		group.Go(func() {
			for i := made.Add(1); i <= int64(n); i = made.Add(1) {
				name := fmt.Sprint("key-", i)
				if got, err := create(b.Context(), name); err != nil || got != name {
					b.Errorf("%q, not %q: %T", got, name, err)
				}
			}
		})
	}
	group.Wait()
}

// createUploaded responds to a create with the posted name and public key.
func createUploaded(w http.ResponseWriter, r *http.Request) {
	var request gcore.CreateSSHKeyRequest
	if json.NewDecoder(r.Body).Decode(&request) != nil || r.Method != http.MethodPost || request.PublicKey == nil {
		http.Error(w, "not a create with an uploaded key", http.StatusBadRequest)
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, strings.NewReplacer(`"<private_key>"`, "null", "my-ssh-key", request.Name, uploadedKey, *request.PublicKey).Replace(pageResponse))
}

// startDelayingProxy returns the address of a TCP proxy that hands on, in both directions, what it reads after a delay. The
// bytes under way do not wait for each other. A connection is made at once, unlike on a network, so its first bytes come
// later by the two delays that this would take.
func startDelayingProxy(tb testing.TB, target string, delay time.Duration) (address string) {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	var group sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	group.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				_ = client.Close()
				continue
			}
			open := time.Now().Add(2 * delay)
			group.Go(func() { delayed(ctx, server, client, open, delay) })
			group.Go(func() { delayed(ctx, client, server, open, delay) })
		}
	})
	tb.Cleanup(func() {
		_ = listener.Close()
		cancel()
		group.Wait()
	})
	return listener.Addr().String()
}

// delayed copies from one connection to the other, each piece a delay after it was read or the connection was open, and
// closes the other at the end.
func delayed(ctx context.Context, to, from net.Conn, open time.Time, delay time.Duration) {
	type piece struct {
		data []byte
		due  time.Time
	}
	pieces := make(chan piece, 1024)
	stop := context.AfterFunc(ctx, func() { _ = from.Close() })
	defer stop()
	go func() { // ends when from does: the caller waits for it by reading pieces to the end
		defer close(pieces)
		buffer := make([]byte, 32<<10)
		for {
			n, err := from.Read(buffer)
			if n > 0 {
				sent := time.Now()
				if sent.Before(open) {
					sent = open
				}
				pieces <- piece{bytes.Clone(buffer[:n]), sent.Add(delay)}
			}
			if err != nil {
				return
			}
		}
	}()
	broken := false
	for p := range pieces {
		timer := time.NewTimer(time.Until(p.due))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
		if !broken {
			_, err := to.Write(p.data)
			broken = err != nil
		}
	}
	_ = to.Close()
}
