package gcore_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// sandbox returns a client of a Gcore in memory, and what ends it. A program calls gcore.NewCloud(gcore.Config{}).
func sandbox() (*gcore.Cloud, func()) {
	server, err := gcoretest.Start()
	if err != nil {
		log.Fatal(err)
	}
	return server.Cloud(), server.Close
}

func ExampleNewCloud() {
	cloud, err := gcore.NewCloud(gcore.Config{APIKey: "1234$abcdef"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cloud)
	// Output: gcore.Cloud(https://api.gcore.com)
}

// Without Config.ProjectID the project is that of $GCORE_CLOUD_PROJECT_ID.
func ExampleConfig_projectID() {
	cloud, err := gcore.NewCloud(gcore.Config{APIKey: "1234$abcdef", ProjectID: 42})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cloud.ProjectID())
	// Output: 42
}

// A program for one project takes its number from the environment. If it is not set, all methods fail with ErrInvalid and nothing is
// sent.
func ExampleCloud_ProjectID() {
	cloud, end := sandbox()
	defer end()
	list, err := cloud.SSHKeys(cloud.ProjectID()).List(context.Background(), gcore.ListSSHKeysParams{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cloud.ProjectID(), list.Count)

	_, err = cloud.SSHKeys(0).List(context.Background(), gcore.ListSSHKeysParams{})
	fmt.Println(errors.Is(err, gcore.ErrInvalid))
	// Output:
	// 1 0
	// true
}

// The waits double from 10 milliseconds to 2.56 seconds, or are what the server asks for. Many instances of one program would add a
// random part, so that they do not retry at the same time.
func ExampleConfig_backoff() {
	server, err := gcoretest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	config := server.Config() // a program begins with gcore.Config{}
	config.Backoff = func(retries int, retryAfter time.Duration) time.Duration {
		wait := max(retryAfter, 10*time.Millisecond<<min(retries, 8))
		fmt.Println("retry", retries+1, "in", wait)
		return wait
	}
	cloud, err := gcore.NewCloud(config)
	if err != nil {
		log.Fatal(err)
	}
	unavailable := gcoretest.Fault{Status: http.StatusServiceUnavailable}
	server.Inject("listSSHKeys", unavailable, unavailable)
	list, err := cloud.SSHKeys(1).List(context.Background(), gcore.ListSSHKeysParams{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(list.Count)
	// Output:
	// retry 1 in 10ms
	// retry 2 in 20ms
	// 0
}

// An operation of openapi.yaml that SSHKeys has no method for is in the generated client, with the same authentication,
// retries, limits and redaction.
func ExampleCloud_API() {
	cloud, end := sandbox()
	defer end()
	list, err := cloud.API().ListSSHKeysWithResponse(context.Background(), 1, &gcore.ListSSHKeysParams{})
	if err != nil {
		log.Fatal(err)
	}
	if list.StatusCode() != http.StatusOK {
		log.Fatal(list.Status())
	}
	fmt.Println(list.JSON200.Count)
	// Output: 0
}
