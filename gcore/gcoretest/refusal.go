package gcoretest

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest/internal/server"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/apikey"
)

// refusals are the errors of openapi.yaml's examples, one a status.
var refusals = map[int]server.ErrorResponse{
	http.StatusBadRequest:          {ExceptionClass: "ValidationError", Message: "Request validation failed"},
	http.StatusUnauthorized:        {ExceptionClass: "AuthenticationError", Message: "Authentication credentials were not provided."},
	http.StatusForbidden:           {ExceptionClass: "ForbiddenError", Message: "You do not have access to this project"},
	http.StatusNotFound:            {ExceptionClass: "NotFoundError", Message: "SSH key not found"},
	http.StatusConflict:            {ExceptionClass: "ConflictError", Message: "SSH key already exists"},
	http.StatusTooManyRequests:     {ExceptionClass: "TooManyRequestsError", Message: "Too many requests"},
	http.StatusInternalServerError: {ExceptionClass: "InternalServerError", Message: "Internal server error"},
}

// refusal is what Gcore says with this status, with a request id of its own. A status that is not in
// the contract is put as Gcore puts 405.
func (s *Server) refusal(status int) server.ErrorResponse {
	refusal, ok := refusals[status]
	if !ok {
		refusal.ExceptionClass = "HTTPError"
		refusal.Message = strings.TrimSuffix(fmt.Sprintf("HTTP %d: %s", status, http.StatusText(status)), ": ")
	}
	id := hex.EncodeToString(s.randomBytes(16))
	refusal.RequestID = &id
	return refusal
}

// refuse answers with a refusal whose message, unless it is empty, replaces the usual one.
func (s *Server) refuse(w http.ResponseWriter, status int, message string) {
	refusal := s.refusal(status)
	if message != "" {
		refusal.Message = message
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(refusal) // it fails only if the client has left
}

// authenticate lets only requests with the server's token through. As at Gcore, the response to a wrong token quotes it up to
// its dollar sign, which a client has to keep out of its own messages.
func (s *Server) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent := r.Header.Get("Authorization")
		token, ok := apikey.FromHeader(sent)
		switch {
		case ok && token == s.APIKey:
			next.ServeHTTP(w, r)
		case ok && token != "":
			prefix, _, _ := strings.Cut(token, "$")
			s.refuse(w, http.StatusUnauthorized, "Bad permanent token: "+prefix)
		case ok, sent == "", strings.EqualFold(sent, apikey.Scheme):
			s.refuse(w, http.StatusUnauthorized, "")
		default:
			s.refuse(w, http.StatusUnauthorized, "Given token not valid for any token type")
		}
	})
}
