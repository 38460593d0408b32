// Package sshkeys holds the contract of the Gcore SSH keys API, openapi.yaml, and turns it into code.
//
// Import package gcore, below this one, to use the API; this package is for programs that want the
// document itself.
package sshkeys

import _ "embed"

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen --config oapi-codegen.yaml openapi.yaml
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen --config contract/internal/spec/oapi-codegen.yaml openapi.yaml

// OpenAPI is the content of openapi.yaml when the program was built: an OpenAPI 3.0.3 document in YAML.
// It is a string, but a variable: do not assign to it.
//
//go:embed openapi.yaml
var OpenAPI string
