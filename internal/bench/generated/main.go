// Command generated creates one key by the generated client alone.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

func main() {
	project, err := strconv.ParseInt(os.Getenv("GCORE_CLOUD_PROJECT_ID"), 10, 64)
	if err != nil {
		log.Fatal(err)
	}
	client, err := gcore.NewClientWithResponses(gcore.DefaultBaseURL, gcore.WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "apikey "+os.Getenv("GCORE_API_KEY"))
		return nil
	}))
	if err != nil {
		log.Fatal(err)
	}
	resp, err := client.CreateSSHKeyWithResponse(context.Background(), project, gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	if err != nil {
		log.Fatal(err)
	}
	if resp.JSON201 == nil {
		log.Fatal(resp.Status())
	}
	fmt.Println(resp.JSON201.ID)
}
