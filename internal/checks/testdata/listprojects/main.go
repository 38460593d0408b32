// Command listprojects calls an operation that was added to openapi.yaml, and to nothing else, through the
// generated client. It prints what it saw: the test that put it here reads it.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

const apiKey = "1234$canary-of-the-api-key"

func main() {
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		fmt.Printf("request %d: %s %s, key sent: %t\n", requests, r.Method, r.URL, r.Header.Get("Authorization") == "apikey "+apiKey)
		w.Header().Set("Content-Type", "application/json")
		switch requests {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			fmt.Fprint(w, `{"count": 5, "results": [{"id": 7, "name": "seven", "state": "ACTIVE", "is_default": true}]}`)
		default:
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, `{"exception_class": "AuthenticationError", "message": "Bad permanent token: %s"}`, apiKey)
		}
	}))
	defer server.Close()

	cloud, err := gcore.NewCloud(gcore.Config{APIKey: apiKey, BaseURL: server.URL})
	if err != nil {
		log.Fatal(err)
	}
	limit, offset := int64(1), int64(4)
	params := &gcore.ListProjectsParams{Limit: &limit, Offset: &offset}

	page, err := cloud.API().ListProjectsWithResponse(context.Background(), params)
	if err != nil {
		log.Fatal(err)
	}
	project := page.JSON200.Results[0]
	fmt.Println("answer:", page.JSON200.Count, project.ID, project.Name, project.State, project.IsDefault)

	refused, err := cloud.API().ListProjectsWithResponse(context.Background(), params)
	if err != nil {
		log.Fatal(err)
	}
	shown := fmt.Sprintf("%s %+v %s", refused.Body, refused.JSON401, refused.Status())
	fmt.Println("refused:", refused.StatusCode(), refused.JSON401.ExceptionClass, "key shown:", strings.Contains(shown, "canary"))
}
