package gcore

import (
	"net/http"
	"strings"
)

// The handlers treat three operations of openapi.yaml unlike other requests with the same method. They know them by method and
// path, since a request has no operationId.

// isCreateSSHKey reports whether req is a createSSHKey, whose response may hold the only copy of a private key.
func isCreateSSHKey(req *http.Request) bool {
	return req.Method == http.MethodPost && parametersOfPath(req) == 1
}

// isDeleteSSHKey reports whether req is a deleteSSHKey, which has succeeded if the key is gone.
func isDeleteSSHKey(req *http.Request) bool {
	return req.Method == http.MethodDelete && parametersOfPath(req) == 2
}

// isIdempotent reports whether req can be sent twice with the same effect as once: by its method (RFC 9110, 9.2.2), or because it
// is an updateSSHKey, which sets a value.
func isIdempotent(req *http.Request) bool {
	switch req.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return true
	case http.MethodPatch:
		return parametersOfPath(req) == 2
	}
	return false
}

// parametersOfPath returns the number of path parameters of req if it is an SSH-key operation, 1 or 2, and 0 for other paths. The
// path of the base URL comes before them and is ignored.
func parametersOfPath(req *http.Request) int {
	const prefix = "/cloud/v1/ssh_keys/"
	at := strings.LastIndex(req.URL.Path, prefix)
	if at < 0 {
		return 0
	}
	parameters := strings.TrimSuffix(req.URL.Path[at+len(prefix):], "/")
	if parameters == "" {
		return 0
	}
	return strings.Count(parameters, "/") + 1
}
