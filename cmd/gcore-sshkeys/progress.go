package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// progress handles what package gcore logs: it prints warnings, and a notice of each wait, and tells the flight of each attempt.
type progress struct {
	slog.Handler // for --debug

	debug  bool
	stderr io.Writer
	reason string // why the last attempt failed
}

func (c *cli) newLogger(stderr io.Writer) *slog.Logger {
	debug := slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelDebug})
	return slog.New(&progress{Handler: debug, debug: c.debug, stderr: stderr})
}

// Enabled reports true: debug records say what to wait for.
func (p *progress) Enabled(context.Context, slog.Level) bool { return true }

// Handle prints what a person wants to know of a record.
func (p *progress) Handle(ctx context.Context, record slog.Record) error {
	attrs := map[string]slog.Value{}
	record.Attrs(func(a slog.Attr) bool {
		attrs[a.Key] = a.Value
		return true
	})
	create := attrs["method"].String() == http.MethodPost
	flight := flightOf(ctx)
	switch record.Message {
	case "attempt started":
		flight.started(create)
	case "attempt finished":
		status := 0
		if value, ok := attrs["status"]; ok {
			status = int(value.Int64())
		}
		flight.finished(create, status/100 == 2)
		if flight.concurrent {
			break
		}
		if p.reason = attrs["error"].String(); status != 0 {
			p.reason = strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
		}
	case "waiting to retry":
		flight.waiting(create)
		if !p.debug && !flight.concurrent {
			fmt.Fprintf(p.stderr, "%s: retrying in %s (%d of %d)\n", p.reason, seconds(attrs["delay"].Duration()),
				attrs["attempt"].Int64(), attrs["of"].Int64())
		}
	}
	if p.debug {
		return p.Handler.Handle(ctx, record)
	}
	if record.Level >= slog.LevelWarn {
		text := record.Message
		if ids, ok := attrs["ids"]; ok {
			text += ": " + strings.Trim(ids.String(), "[]")
		}
		if flight.concurrent {
			flight.warn(text)
			return nil
		}
		fmt.Fprintln(p.stderr, "warning: "+text)
	}
	return nil
}

// seconds is a duration as people read it.
func seconds(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f s", d.Round(time.Second).Seconds())
}
