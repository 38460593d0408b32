//go:build tools

// This file pins the generator: importing it makes go.mod and go.sum record the version that
// `go generate` runs. The build tag keeps it out of every program.

package sshkeys

import _ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
