package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// logRequests writes a record per request: method, path, status, duration. Query, headers and bodies can hold secrets and are
// left out.
func logRequests(log *slog.Logger, next http.Handler) http.Handler {
	if log == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		status := &statusWriter{ResponseWriter: w}
		defer func() { // also if a fault aborts the response
			log.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("method", cut(r.Method)),
				slog.String("path", cut(r.URL.EscapedPath())),
				slog.Int("status", status.status),
				slog.Duration("duration", time.Since(start).Round(time.Microsecond)))
		}()
		next.ServeHTTP(status, r)
	})
}

// cut returns the first KiB of text: lines wait for a log that is not read.
func cut(text string) string { return strings.Clone(text[:min(len(text), 1<<10)]) }

// statusWriter notes the status of a response; 0 if nothing was sent.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController: faults flush and hijack.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// NewLogWriter returns a writer to w that never waits: requests go on even if the log is not read. Beyond 1,000 lines that w has
// not taken, lines are dropped, and their number is written when w takes lines again. Close waits a moment for the last lines.
func NewLogWriter(w io.Writer) io.WriteCloser {
	l := &logWriter{lines: make(chan []byte, 1_000), ended: make(chan struct{})}
	go func() {
		defer close(l.ended)
		for line := range l.lines {
			if n := l.dropped.Swap(0); n > 0 {
				_, _ = fmt.Fprintf(w, "%d lines of the log were dropped\n", n)
			}
			_, _ = w.Write(line)
		}
	}()
	return l
}

type logWriter struct {
	lines   chan []byte
	dropped atomic.Int64
	ended   chan struct{}

	mu     sync.Mutex // against a Write after Close
	closed bool
}

func (l *logWriter) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0, io.ErrClosedPipe
	}
	select {
	case l.lines <- bytes.Clone(line):
	default:
		l.dropped.Add(1)
	}
	return len(line), nil
}

func (l *logWriter) Close() error {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.lines)
	}
	l.mu.Unlock()
	select {
	case <-l.ended:
	case <-time.After(100 * time.Millisecond):
	}
	return nil
}
