package gcoretest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// BenchmarkServer compares the server's handler with one that writes the same bytes without looking at the request.
func BenchmarkServer(b *testing.B) {
	srv := gcoretest.NewServer(b, gcoretest.WithCallLimits(1_000, 1<<20), gcoretest.WithSampledResponseChecks(100))
	for i := range 10 {
		srv.Add(1, gcore.CreateSSHKeyRequest{Name: fmt.Sprint("key-", i)}, func(key *gcore.SSHKey) {
			key.ID = key.ID[:len(key.ID)-1] + strconv.Itoa(i)
		})
	}
	id := srv.Keys(1)[0].ID
	for _, bench := range []struct{ name, method, path, body string }{
		{"create", http.MethodPost, "/cloud/v1/ssh_keys/2", createBody},
		{"get", http.MethodGet, keys + "/" + id, ""},
		{"list", http.MethodGet, keys, ""},
	} {
		newRequest := func() *http.Request {
			req := httptest.NewRequest(bench.method, bench.path, strings.NewReader(bench.body))
			req.Header.Set("Authorization", "apikey "+srv.APIKey)
			req.Header.Set("Content-Type", "application/json")
			return req
		}
		recorder := httptest.NewRecorder()
		srv.Handler.ServeHTTP(recorder, newRequest())
		want, body := recorder.Code, recorder.Body.Bytes()
		canned := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			w.WriteHeader(want)
			_, _ = w.Write(body)
		})
		for name, handler := range map[string]http.Handler{"floor": canned, "ours": srv.Handler} {
			b.Run(bench.name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					recorder := httptest.NewRecorder()
					handler.ServeHTTP(recorder, newRequest())
					if recorder.Code != want {
						b.Fatal(recorder.Code, recorder.Body)
					}
				}
			})
		}
	}
}
