package gcore

import (
	"net/http"
	"regexp"
)

// The chain treats two operations of openapi.yaml unlike their HTTP methods: it knows them by method and path,
// since a request carries no operationId.
var (
	sshKeysPath = regexp.MustCompile(`/cloud/v1/ssh_keys/[^/]+/?$`)
	sshKeyPath  = regexp.MustCompile(`/cloud/v1/ssh_keys/[^/]+/[^/]+/?$`)
)

// isCreateSSHKey reports whether req is a createSSHKey, whose answer may hold the only copy of a private key.
func isCreateSSHKey(req *http.Request) bool {
	return req.Method == http.MethodPost && sshKeysPath.MatchString(req.URL.Path)
}

// isIdempotent reports whether sending req twice does what sending it once does: by its method, as RFC 9110 (9.2.2)
// has it, or because it is an updateSSHKey, which sets a value.
func isIdempotent(req *http.Request) bool {
	switch req.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return true
	case http.MethodPatch:
		return sshKeyPath.MatchString(req.URL.Path)
	}
	return false
}
