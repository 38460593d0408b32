package contract

import "net/http"

// RequestHandler is [Validator.Handler] without the checks of responses: what next writes is sent as it is, at once. It is for
// servers that must be fast and check their responses elsewhere.
func (v *Validator) RequestHandler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := v.checkRequest(r); err != nil {
			v.reject(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}
