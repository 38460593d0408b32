package contract

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
)

// errorResponse is the schema ErrorResponse of openapi.yaml.
type errorResponse struct {
	ExceptionClass string              `json:"exception_class"`
	Message        string              `json:"message"`
	RequestID      string              `json:"request_id"`
	InvalidFields  map[string][]string `json:"invalid_fields,omitempty"`
}

// writeError responds with an error in Gcore's format.
func writeError(w http.ResponseWriter, status int, body errorResponse) {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	body.RequestID = hex.EncodeToString(id)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // fails only if the client is gone
}

// invalidFields says field by field what is wrong with a request. A field of a body goes by its
// path, with dots; a parameter and a header by its name; a part as a whole by the part's.
func invalidFields(found Violations) map[string][]string {
	fields := map[string][]string{}
	for _, v := range found {
		name := strings.NewReplacer("/", ".", "~1", "/", "~0", "~").Replace(strings.TrimPrefix(v.Pointer, "/"))
		if name == "" {
			name = v.Part
		}
		fields[name] = append(fields[name], v.Reason)
	}
	return fields
}
