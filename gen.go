// Package sshkeys holds the contract of the Gcore SSH keys API, openapi.yaml, and turns it into code.
//
// Import package gcore, below this one, to use the API; this package is for programs that want the
// document itself.
package sshkeys

import _ "embed"

//go:generate go tool oapi-codegen --config oapi-codegen.yaml openapi.yaml
//go:generate go tool oapi-codegen --config gcore/gcoretest/internal/server/oapi-codegen.yaml openapi.yaml
//go:generate go tool oapi-codegen --config contract/internal/spec/oapi-codegen.yaml openapi.yaml

// OpenAPI is openapi.yaml as it stood when the program was built: an OpenAPI 3.0.3 document in YAML.
// It is a string, so that no importer can change it for the others.
//
//go:embed openapi.yaml
var OpenAPI string
