package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// An exchange is a request and its response as they were on the wire, secrets included, or what redaction made of them.
type exchange struct {
	method  string
	url     *url.URL
	sent    message
	status  int
	got     message
	started time.Time
}

type message struct {
	header http.Header
	body   []byte
}

// path is the file of a recording, inside the folder of all recordings.
func (e *exchange) path(operation, what string) string {
	return fmt.Sprintf("%s/%d-%s.har", operation, e.status, what)
}

type object = map[string]any

// har returns the exchange as an HTTP archive 1.2, with all that the format asks for, so that browsers open it.
func (e *exchange) har(comment string) []byte {
	request := object{
		"method": e.method, "url": e.url.String(), "httpVersion": "HTTP/1.1",
		"cookies": []any{}, "headers": pairs(e.sent.header), "queryString": pairs(e.url.Query()),
		"headersSize": -1, "bodySize": len(e.sent.body),
	}
	if len(e.sent.body) > 0 {
		request["postData"] = object{"mimeType": e.sent.header.Get("Content-Type"), "text": string(e.sent.body)}
	}
	content := object{"size": len(e.got.body), "mimeType": e.got.header.Get("Content-Type")}
	if len(e.got.body) > 0 {
		content["text"] = string(e.got.body)
	}
	return encode(object{"log": object{
		"version": "1.2",
		"creator": object{"name": "gcore-sshkeys-go internal/record", "version": "1"},
		"entries": []any{object{
			"startedDateTime": e.started.UTC().Truncate(time.Second).Format(time.RFC3339),
			"time":            0,
			"request":         request,
			"response": object{
				"status": e.status, "statusText": http.StatusText(e.status), "httpVersion": "HTTP/1.1",
				"cookies": []any{}, "headers": pairs(e.got.header), "content": content,
				"redirectURL": "", "headersSize": -1, "bodySize": len(e.got.body),
			},
			"cache":   object{},
			"timings": object{"send": 0, "wait": 0, "receive": 0},
			"comment": comment,
		}},
	}}, "  ")
}

// pairs returns headers or a query as HAR has them.
func pairs(values map[string][]string) []object {
	all := []object{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, value := range values[name] {
			all = append(all, object{"name": name, "value": value})
		}
	}
	return all
}

// encode returns JSON with < and > as they are.
func encode(v any, indent string) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(v); err != nil {
		panic(err) // it is made of maps, strings and numbers
	}
	return b.Bytes()
}

// write writes the files into a folder, after it removed those that are stale.
func write(folder string, files map[string][]byte, stale func(name string) bool) error {
	old, err := filepath.Glob(filepath.Join(folder, "*", "*.har"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if stale(filepath.Base(path)) {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for name, file := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(path, file, 0o600); err != nil {
			return err
		}
	}
	return nil
}
