package contract_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRequestHandlerChecksRequestsOnly(t *testing.T) {
	t.Parallel()
	handler := validator.RequestHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
	}))
	for path, status := range map[string]int{"/cloud/v1/ssh_keys/1": http.StatusTeapot, "/cloud/v1/ssh_keys/one": http.StatusBadRequest, "/nowhere": http.StatusNotFound} {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request(t, http.MethodGet, path, ""))
		assert.Equal(t, status, recorder.Code, path)
	}
}
