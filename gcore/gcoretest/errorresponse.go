package gcoretest

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
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
