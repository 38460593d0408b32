package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// The control endpoints begin with this path. No operation of the API does.
const controlPath = "/_sandbox/"

// Endpoints documents the control endpoints, one line each.
const Endpoints = `GET    /_sandbox/health  200 when the sandbox is ready
POST   /_sandbox/reset   back to the initial keys and faults; recorded calls are dropped
GET    /_sandbox/calls   the newest requests to the API: operation, path, headers, body, status
DELETE /_sandbox/calls   drop the recorded calls
GET    /_sandbox/faults  the fault rules that are set
POST   /_sandbox/faults  add a fault rule, or an array of them
DELETE /_sandbox/faults  remove all fault rules
POST   /_sandbox/commit  carry out now what CommitAfterList faults postponed
`

// What takes much memory is done a few at a time. The others wait, so nothing else is among it: a client that is slow with one
// of these does not keep others from the rest.
const (
	maxReaders     = 8           // responses with calls or faults
	pieceTimeout   = time.Second // for one call or fault of such a response
	maxLongBodies  = 4           // requests whose body is not short
	maxShortBody   = 4 << 10
	maxControlBody = 256 << 10
)

func isControl(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, controlPath) }

func (s *Sandbox) addControl(mux *http.ServeMux) {
	control := http.NewServeMux()
	handle := func(pattern string, handler func(*http.Request) (any, error)) {
		method, path, _ := strings.Cut(pattern, " ")
		control.HandleFunc(method+" "+controlPath+path, func(w http.ResponseWriter, r *http.Request) {
			result, err := handler(r)
			if err != nil {
				writeMessage(w, http.StatusBadRequest, err.Error())
				return
			}
			writeJSON(w, http.StatusOK, result)
		})
	}
	for path, methods := range map[string]string{
		"health": "GET, HEAD", "reset": "POST", "calls": "GET, HEAD, DELETE", "faults": "GET, HEAD, POST, DELETE", "commit": "POST",
	} {
		control.HandleFunc(controlPath+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Allow", methods)
			writeMessage(w, http.StatusMethodNotAllowed, "this control endpoint has no such method. There are:\n"+Endpoints)
		})
	}
	done := struct {
		Status string `json:"status"`
	}{"ok"}
	handle("POST reset", func(*http.Request) (any, error) { return done, s.reset() })
	readers := make(chan struct{}, maxReaders)
	control.Handle("GET "+controlPath+"calls", queue(readers, http.HandlerFunc(s.sendCalls)))
	control.Handle("GET "+controlPath+"faults", queue(readers, http.HandlerFunc(s.sendFaults)))
	handle("DELETE calls", func(*http.Request) (any, error) { s.server.Load().ClearCalls(); return done, nil })
	handle("POST faults", func(r *http.Request) (any, error) {
		rules, err := readRules(r.Body)
		if err != nil {
			return nil, err
		}
		if err := s.faults.add(rules, s.server.Load().Operations()); err != nil {
			return nil, err
		}
		return rules, nil
	})
	handle("DELETE faults", func(*http.Request) (any, error) { s.faults.clear(); return done, nil })
	handle("POST commit", func(*http.Request) (any, error) { s.server.Load().CommitPending(); return done, nil })
	control.HandleFunc(controlPath, func(w http.ResponseWriter, _ *http.Request) {
		writeMessage(w, http.StatusNotFound, "no such control endpoint. There are:\n"+Endpoints)
	})
	handle("GET health", func(*http.Request) (any, error) { return done, nil })
	mux.Handle(controlPath, queueLongBodies(control))
}

// queueLongBodies passes maxLongBodies requests at a time whose body is not short, and all others at once.
func queueLongBodies(next http.Handler) http.Handler {
	queued := queue(make(chan struct{}, maxLongBodies), next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, _ := io.ReadAll(io.LimitReader(r.Body, maxShortBody)) // if it fails, so does the next read
		r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(start), r.Body))
		if len(start) < maxShortBody {
			next.ServeHTTP(w, r)
			return
		}
		queued.ServeHTTP(w, r)
	})
}

// queue passes as many requests at a time as there are slots.
func queue(slots chan struct{}, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			next.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
}

func readRules(body io.Reader) ([]Rule, error) {
	data, err := io.ReadAll(io.LimitReader(body, maxControlBody+1))
	if err != nil {
		return nil, errors.New("the body did not arrive whole")
	}
	if len(data) > maxControlBody {
		return nil, fmt.Errorf("the body is longer than %d bytes", maxControlBody)
	}
	return ParseRules(data)
}

// ParseRules decodes a rule, or an array of rules, from JSON. It fails if a name in it is unknown.
func ParseRules(data []byte) ([]Rule, error) {
	rules := make([]Rule, 1)
	var target any = &rules[0]
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		target = &rules
	}
	if err := decode(data, target); err != nil {
		return nil, fmt.Errorf(`not a fault like {"operation": "createSSHKey", "fault": {"status": 503}}: %w`, err)
	}
	if len(rules) == 0 {
		return nil, errors.New("there is no fault in it")
	}
	return rules, nil
}

// decode decodes JSON. It fails if a name in it is unknown, or if something follows it.
func decode(data []byte, target any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(target); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something after the JSON")
	}
	return nil
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = newEncoder(w).Encode(value) // it fails only if the client has left
}

func newEncoder(w io.Writer) *json.Encoder {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder
}

func writeMessage(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, struct {
		Message string `json:"message"`
	}{message})
}
