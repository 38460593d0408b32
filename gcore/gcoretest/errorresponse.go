package gcoretest

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/apikey"
)

// apiErrors are the error responses of openapi.yaml's examples by status.
var apiErrors = map[int]gcore.ErrorResponse{
	http.StatusBadRequest:          {ExceptionClass: "ValidationError", Message: "Request validation failed"},
	http.StatusUnauthorized:        {ExceptionClass: "AuthenticationError", Message: "Authentication credentials were not provided."},
	http.StatusForbidden:           {ExceptionClass: "ForbiddenError", Message: "You do not have access to this project"},
	http.StatusNotFound:            {ExceptionClass: "NotFoundError", Message: "SSH key not found"},
	http.StatusConflict:            {ExceptionClass: "ConflictError", Message: "SSH key already exists"},
	http.StatusTooManyRequests:     {ExceptionClass: "TooManyRequestsError", Message: "Too many requests"},
	http.StatusInternalServerError: {ExceptionClass: "InternalServerError", Message: "Internal server error"},
}

// apiError returns Gcore's error response of this status, with a new request id. A status that openapi.yaml does not have
// gets the form of Gcore's 405.
func (s *Server) apiError(status int) gcore.ErrorResponse {
	e, ok := apiErrors[status]
	if !ok {
		e.ExceptionClass = "HTTPError"
		e.Message = strings.TrimSuffix(fmt.Sprintf("HTTP %d: %s", status, http.StatusText(status)), ": ")
	}
	id := hex.EncodeToString(s.randomBytes(16))
	e.RequestID = &id
	return e
}

// writeError sends Gcore's error response of this status, with the message if it is not empty.
func (s *Server) writeError(w http.ResponseWriter, status int, message string) {
	e := s.apiError(status)
	if message != "" {
		e.Message = message
	}
	writeJSON(w, status, e)
}

// authenticate passes on only requests with an accepted API key. As at Gcore, the error response to a wrong key quotes it up to its
// dollar sign, and a client has to remove that from its messages. A request without a well-formed key is passed on: package
// contract rejects it.
func (s *Server) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, wellFormed := apiKey(r)
		if wellFormed && !s.accepts(key) {
			prefix, _, _ := strings.Cut(key, "$")
			s.writeError(w, http.StatusUnauthorized, "Bad permanent token: "+prefix)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// authorized reports whether r has an API key that the server accepts.
func (s *Server) authorized(r *http.Request) bool {
	key, wellFormed := apiKey(r)
	return wellFormed && s.accepts(key)
}

func (s *Server) accepts(key string) bool { return s.anyAPIKey || key == s.APIKey }

// apiKey returns the API key of r. It is not well-formed if the Authorization header is not one that a client may send.
func apiKey(r *http.Request) (key string, wellFormed bool) {
	key, ok := apikey.FromHeader(r.Header.Get("Authorization"))
	return key, ok && apikey.Check(key) == nil && len(r.Header["Authorization"]) == 1
}
