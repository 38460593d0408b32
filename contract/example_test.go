package contract_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

func ExampleNew() {
	validator, err := contract.New()
	if err != nil {
		log.Fatal(err)
	}
	body := strings.NewReader(`{"name": "", "shared_in_project": "yes"}`)
	r, err := http.NewRequest(http.MethodPost, "https://api.gcore.com/cloud/v1/ssh_keys/1", body)
	if err != nil {
		log.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")

	found, _ := errors.AsType[contract.Violations](validator.CheckRequest(r))
	for _, v := range found {
		fmt.Println(v)
	}
	// Output:
	// createSSHKey: header /Authorization is missing (security)
	// createSSHKey: body /name must have at least 1 character (minLength)
	// createSSHKey: body /shared_in_project must be of type boolean (type)
}

func ExampleValidator_CheckResponse() {
	validator, err := contract.New()
	if err != nil {
		log.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodDelete, "https://api.gcore.com/cloud/v1/ssh_keys/1/36a7a97a-0672-4911-8f2b-92cd4e5b0d91", nil)
	if err != nil {
		log.Fatal(err)
	}
	resp := &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}
	fmt.Println(validator.CheckResponse(r, resp))

	resp = &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody}
	fmt.Println(validator.CheckResponse(r, resp))
	// Output:
	// breaks the contract: deleteSSHKey: status 200 OK is not documented (status)
	// <nil>
}

// A test gives its client the transport, and fails on what is reported.
func ExampleValidator_Transport() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"count": 0}`)
	}))
	defer server.Close()
	validator, err := contract.New()
	if err != nil {
		log.Fatal(err)
	}
	client := &http.Client{
		Transport: validator.Transport(http.DefaultTransport, func(err error) { fmt.Println("reported:", err) }),
	}
	r, err := http.NewRequest(http.MethodGet, server.URL+"/cloud/v1/ssh_keys/1", nil)
	if err != nil {
		log.Fatal(err)
	}
	r.Header.Set("Authorization", "apikey 1234$abcdef")
	resp, err := client.Do(r)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println("delivered:", string(body), err)
	// Output:
	// reported: contract: the response breaks the contract: listSSHKeys: body /results is missing (required)
	// delivered: {"count": 0} <nil>
}

// A test server puts the contract in front of its handler.
func ExampleValidator_Handler() {
	validator, err := contract.New()
	if err != nil {
		log.Fatal(err)
	}
	handler := validator.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
	server := httptest.NewServer(handler)
	defer server.Close()

	for _, path := range []string{
		"/cloud/v1/ssh_keys/1/36a7a97a-0672-4911-8f2b-92cd4e5b0d91",
		"/cloud/v1/ssh_keys/1/my-ssh-key",
		"/cloud/v1/ssh_keys/1",
	} {
		r, err := http.NewRequest(http.MethodDelete, server.URL+path, nil)
		if err != nil {
			log.Fatal(err)
		}
		r.Header.Set("Authorization", "apikey 1234$abcdef")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			log.Fatal(err)
		}
		resp.Body.Close()
		fmt.Printf("%s %q\n", resp.Status, resp.Header.Get("Allow"))
	}
	// Output:
	// 204 No Content ""
	// 400 Bad Request ""
	// 405 Method Not Allowed "GET, POST"
}
