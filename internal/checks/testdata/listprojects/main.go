// Command listprojects calls operations that were added to openapi.yaml, and to nothing else, through the
// generated client. It prints what it saw: the test that put it here reads it.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

const (
	apiKey   = "1234$canary-of-the-api-key"
	project  = `{"id": 7, "name": "seven", "state": "ACTIVE", "is_default": true}`
	notFound = `{"exception_class": "NotFound", "message": "There is no such project"}`
)

// responses are what the server sends, one after the other.
var responses = []struct {
	status int
	body   string
}{
	{503, ""},
	{200, `{"count": 5, "results": [` + project + `]}`},
	{401, `{"exception_class": "AuthenticationError", "message": "Bad permanent token: ` + apiKey + `"}`},

	{429, ""}, // createProject
	{200, project},
	{503, ""}, // and again, when it is not known whether it was carried out

	{503, ""}, // renameProject
	{204, ""},

	{503, ""}, // deleteProject: that the project is gone is not reported as a success, since there is no body for it
	{404, notFound},
	{503, ""},
	{200, `{"tasks": ["d478ae29-dedc-4869-82f0-96104425f565"]}`},
}

func main() {
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || requests == len(responses) {
			log.Fatal("a request too many, or an incomplete one: ", err)
		}
		response := responses[requests]
		requests++
		sent := strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, r.URL, body))
		fmt.Printf("request %d: %s, key sent: %t\n", requests, sent, r.Header.Get("Authorization") == "apikey "+apiKey)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(response.status)
		fmt.Fprint(w, response.body)
	}))
	defer server.Close()

	cloud, err := gcore.NewCloud(gcore.Config{APIKey: apiKey, BaseURL: server.URL})
	if err != nil {
		log.Fatal(err)
	}
	list(cloud.API())
	change(cloud.API())
}

func list(api *gcore.ClientWithResponses) {
	limit, offset := int64(1), int64(4)
	params := &gcore.ListProjectsParams{Limit: &limit, Offset: &offset}

	page, err := api.ListProjectsWithResponse(context.Background(), params)
	if err != nil {
		log.Fatal(err)
	}
	project := page.JSON200.Results[0]
	fmt.Println("response:", page.JSON200.Count, project.ID, project.Name, project.State, project.IsDefault)

	refused, err := api.ListProjectsWithResponse(context.Background(), params)
	if err != nil {
		log.Fatal(err)
	}
	shown := fmt.Sprintf("%s %+v %s", refused.Body, refused.JSON401, refused.Status())
	fmt.Println("refused:", refused.StatusCode(), refused.JSON401.ExceptionClass, "key shown:", strings.Contains(shown, "canary"))
}

// change calls operations whose success is another status than those of the operations of SSH keys with their method.
func change(api *gcore.ClientWithResponses) {
	ctx := context.Background()
	for range 2 {
		created, err := api.CreateProjectWithResponse(ctx, gcore.ProjectName{Name: "seven"})
		if err != nil {
			log.Fatal(err)
		}
		if created.JSON200 == nil {
			fmt.Println("not created:", created.StatusCode())
			continue
		}
		fmt.Println("created:", created.StatusCode(), created.JSON200.ID, created.JSON200.Name)
	}

	renamed, err := api.RenameProjectWithResponse(ctx, 7, gcore.ProjectName{Name: "eight"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("renamed:", renamed.StatusCode(), len(renamed.Body))

	for range 2 {
		deleted, err := api.DeleteProjectWithResponse(ctx, 7)
		if err != nil {
			log.Fatal(err)
		}
		switch {
		case deleted.JSON200 != nil:
			fmt.Println("deleted:", deleted.StatusCode(), deleted.JSON200.Tasks)
		case deleted.JSON404 != nil:
			fmt.Println("not found:", deleted.StatusCode(), deleted.JSON404.ExceptionClass)
		default:
			fmt.Println("made up:", deleted.StatusCode(), len(deleted.Body))
		}
	}
}
