package gcoretest

import (
	"net/http"
	"strings"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/apikey"
)

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
