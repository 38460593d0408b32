package sandbox

import (
	"bytes"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

func (s *Sandbox) sendCalls(w http.ResponseWriter, _ *http.Request) {
	sendEach(w, s.server.Load().Calls(), redacted)
}

func (s *Sandbox) sendFaults(w http.ResponseWriter, _ *http.Request) {
	sendEach(w, s.faults.list(), func(rule activeRule) activeRule { return rule })
}

// sendEach sends an array of values, each changed by edit, one by one, as all of them in one piece would take many times their memory.
func sendEach[T any](w http.ResponseWriter, values []T, edit func(T) T) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	latest := time.Now().Add(writeTimeout)
	var text bytes.Buffer
	encoder := newEncoder(&text)
	text.WriteString("[\n")
	for i, value := range values {
		if i > 0 {
			text.WriteString(",\n")
		}
		_ = encoder.Encode(edit(value)) // it has nothing that JSON cannot hold
		text.Truncate(text.Len() - 1)   // the newline
		deadline := time.Now().Add(pieceTimeout)
		if deadline.After(latest) {
			deadline = latest
		}
		_ = http.NewResponseController(w).SetWriteDeadline(deadline) // it fails only without a connection
		if _, err := text.WriteTo(w); err != nil {
			return // the client has left
		}
	}
	text.WriteString("]\n")
	_, _ = text.WriteTo(w)
}

const hidden = "[redacted]"

// shownHeaders are the headers whose values are shown. A client with a mistake can send its API key in any other, such as X-API-Key.
var shownHeaders = []string{
	"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Connection", "Content-Encoding", "Content-Length", "Content-Type",
	"Idempotency-Key", "Origin", "User-Agent", "X-Request-Id",
}

// shownParameters are the query parameters whose values are shown: those of openapi.yaml.
var shownParameters = func() (names []string) {
	for field := range reflect.TypeFor[gcore.ListSSHKeysParams]().Fields() { // no other operation has some
		name, _, _ := strings.Cut(field.Tag.Get("form"), ",")
		names = append(names, name)
	}
	return names
}()

// redacted returns the call without values that can be an API key in the wrong place, and without a body that holds a private key.
func redacted(call gcoretest.Call) gcoretest.Call {
	if bytes.Contains(call.Body, []byte("PRIVATE KEY")) {
		call.Body = []byte(hidden)
	}
	call.Header = call.Header.Clone()
	for name := range call.Header {
		if !slices.Contains(shownHeaders, name) {
			call.Header[name] = []string{hidden}
		}
	}
	path, query, _ := strings.Cut(call.Path, "?")
	if query != "" {
		parameters := strings.Split(query, "&")
		for i, parameter := range parameters {
			name, _, hasValue := strings.Cut(parameter, "=")
			switch {
			case slices.Contains(shownParameters, name) && !strings.Contains(parameter, ";"): // which separates parameters for some
			case hasValue:
				parameters[i] = name + "=" + hidden
			default:
				parameters[i] = hidden
			}
		}
		call.Path = path + "?" + strings.Join(parameters, "&")
	}
	return call
}
