package main

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

// maxSpec is more than contract.NewFrom takes, so that it is what says that a file is too long.
const maxSpec = 64 << 20

// readSpec returns a validator for the OpenAPI document in a file, and the hosts of its servers.
func readSpec(path string) (*contract.Validator, []string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	defer func() { _ = file.Close() }()
	document, err := io.ReadAll(io.LimitReader(file, maxSpec))
	if err != nil {
		return nil, nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	validator, err := contract.NewFrom(document)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	var hosts []string
	for _, server := range doc.Servers {
		address := server.URL
		for name, variable := range server.Variables {
			address = strings.ReplaceAll(address, "{"+name+"}", variable.Default)
		}
		if u, err := url.Parse(address); err == nil && u.Host != "" {
			hosts = append(hosts, u.Host)
		}
	}
	return validator, hosts, nil
}
