package sandbox

import (
	"log/slog"
	"net/http"
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
				slog.String("method", r.Method),
				slog.String("path", r.URL.EscapedPath()),
				slog.Int("status", status.status),
				slog.Duration("duration", time.Since(start).Round(time.Microsecond)))
		}()
		next.ServeHTTP(status, r)
	})
}

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
