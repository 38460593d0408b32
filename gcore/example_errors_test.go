package gcore_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// listWithStatus returns the error of a List whose response has the given status.
func listWithStatus(status int) error {
	server, err := gcoretest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	server.Inject("listSSHKeys", gcoretest.Fault{Status: status})
	config := server.Config()
	config.MaxRetries = -1
	cloud, err := gcore.NewCloud(config)
	if err != nil {
		log.Fatal(err)
	}
	_, err = cloud.SSHKeys(1).List(context.Background(), gcore.ListSSHKeysParams{})
	return err
}

// Each kind of error response has a name for errors.Is. errors.AsType, or errors.As, leads to the details.
func ExampleError() {
	for _, status := range []int{400, 401, 403, 404, 409, 429, 503} {
		err := listWithStatus(status)
		switch {
		case errors.Is(err, gcore.ErrInvalid):
			fmt.Print("correct the request: ")
		case errors.Is(err, gcore.ErrUnauthorized):
			fmt.Print("check the API key: ")
		case errors.Is(err, gcore.ErrForbidden):
			fmt.Print("ask for access to the project: ")
		case errors.Is(err, gcore.ErrNotFound):
			fmt.Print("check the project and the id: ")
		case errors.Is(err, gcore.ErrConflict):
			fmt.Print("look for the key that is there: ")
		case errors.Is(err, gcore.ErrRateLimited), errors.Is(err, gcore.ErrServer):
			fmt.Print("try again later: ")
		}
		if response, ok := errors.AsType[*gcore.Error](err); ok {
			fmt.Println("status", response.StatusCode)
		}
	}
	// Output:
	// correct the request: status 400
	// check the API key: status 401
	// ask for access to the project: status 403
	// check the project and the id: status 404
	// look for the key that is there: status 409
	// try again later: status 429
	// try again later: status 503
}

// A response can be wrong and hold the only copy of a private key all the same.
func ExampleResponseError() {
	server, err := gcoretest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	server.Inject("createSSHKey", gcoretest.Fault{Status: http.StatusOK}) // and not 201
	key, err := server.Cloud().SSHKeys(1).Create(context.Background(), gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	var broken *gcore.ResponseError
	if errors.As(err, &broken) && broken.Key != nil {
		fmt.Println(broken.StatusCode, broken.Problems)
		key, err = broken.Key, nil
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("save", key.Name, key.PrivateKey) // with key.Save
	// Output:
	// 200 [the status should be 201]
	// save my-ssh-key [REDACTED]
}

// The response to a create is lost. Gcore may have generated a key, whose private key is then lost: to create it again could add a
// second key, so a person or a program looks at the candidates first.
func ExampleUnknownOutcomeError() {
	server, err := gcoretest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	server.Inject("createSSHKey", gcoretest.Fault{Break: gcoretest.DropBeforeHeaders})
	_, err = server.Cloud().SSHKeys(1).Create(context.Background(), gcore.CreateSSHKeyRequest{Name: "my-ssh-key"})
	var unknown *gcore.UnknownOutcomeError
	switch {
	case errors.As(err, &unknown):
		for _, key := range unknown.Candidates {
			fmt.Println("delete it, if it is not in use:", key.Name, key.State)
		}
		if len(unknown.Candidates) == 0 || unknown.LookupErr != nil {
			fmt.Println("list the keys in a minute")
		}
	case err != nil:
		log.Fatal(err)
	}
	fmt.Println(errors.Is(err, gcore.ErrServer)) // a program that retries on ErrServer does not repeat this
	// Output:
	// delete it, if it is not in use: my-ssh-key ACTIVE
	// false
}
