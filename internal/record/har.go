package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

// A recording is a redacted exchange and where it belongs.
type recording struct {
	operation string // the operationId
	what      string // what is special about it, as part of the file's name
	comment   string // documented, sandbox or live, and what there is to say about that
	exchange  *exchange
}

// path is the recording's file, inside the folder of all recordings.
func (r recording) path() string {
	return fmt.Sprintf("%s/%d-%s.har", r.operation, r.exchange.status, r.what)
}

// har returns the recording as an HTTP archive 1.2, with all that the format asks for, so that browsers open it.
func (r recording) har() ([]byte, error) {
	e := r.exchange
	type object = map[string]any
	request := object{
		"method": e.method, "url": e.url.String(), "httpVersion": "HTTP/1.1",
		"cookies": []any{}, "headers": headers(e.sent.header), "queryString": query(e),
		"headersSize": -1, "bodySize": len(e.sent.body),
	}
	if len(e.sent.body) > 0 {
		request["postData"] = object{"mimeType": e.sent.header.Get("Content-Type"), "text": string(e.sent.body)}
	}
	content := object{"size": len(e.got.body), "mimeType": e.got.header.Get("Content-Type")}
	if len(e.got.body) > 0 {
		content["text"] = string(e.got.body)
	}
	entry := object{
		"startedDateTime": e.started.UTC().Truncate(time.Second).Format(time.RFC3339),
		"time":            0,
		"request":         request,
		"response": object{
			"status": e.status, "statusText": http.StatusText(e.status), "httpVersion": "HTTP/1.1",
			"cookies": []any{}, "headers": headers(e.got.header), "content": content,
			"redirectURL": "", "headersSize": -1, "bodySize": len(e.got.body),
		},
		"cache":   object{},
		"timings": object{"send": 0, "wait": 0, "receive": 0},
		"comment": r.comment,
	}
	file := object{"log": object{
		"version": "1.2", "creator": object{"name": "gcore-sshkeys-go internal/record", "version": "1"}, "entries": []any{entry},
	}}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(file); err != nil {
		return nil, fmt.Errorf("%s: %w", r.path(), err)
	}
	return b.Bytes(), nil
}

type pair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func headers(h map[string][]string) []pair {
	pairs := []pair{}
	for name, values := range h {
		for _, value := range values {
			pairs = append(pairs, pair{name, value})
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return strings.Compare(a.Name, b.Name) })
	return pairs
}

func query(e *exchange) []pair { return headers(e.url.Query()) }

// write writes the recordings into a folder. Of what is there from the same source it removes the rest.
func write(folder, source string, made []recording, removeRest bool) error {
	kept := map[string]bool{}
	for _, r := range made {
		data, err := r.har()
		if err != nil {
			return err
		}
		path := filepath.Join(folder, filepath.FromSlash(r.path()))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return err
		}
		kept[path] = true
	}
	if !removeRest {
		return nil
	}
	old, err := filepath.Glob(filepath.Join(folder, "*", "*.har"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if from, err := sourceOf(path); err != nil || kept[path] || from != source {
			if err != nil {
				return err
			}
			continue
		}
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}

// sourceOf returns the first word of a recording's comment: documented, sandbox or live.
func sourceOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	source, read := "", 0
	for exchange, err := range contract.ReadHAR(file) {
		if err != nil {
			return "", fmt.Errorf("%s is not a recording: %w", path, err)
		}
		source, _, _ = strings.Cut(exchange.Comment, ":")
		read++
	}
	if read != 1 {
		return "", fmt.Errorf("%s is not a recording of one exchange: it has %d", path, read)
	}
	return source, nil
}
