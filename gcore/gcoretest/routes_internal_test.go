package gcoretest

import (
	"net/http"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest/internal/server"
)

func TestEveryOperationIsImplemented(t *testing.T) {
	t.Parallel()
	for method := range reflect.TypeFor[server.StrictServerInterface]().Methods() {
		assert.True(t, implemented[normalizeID(method.Name)],
			"openapi.yaml has an operation %s, which this server responds to with 501: add the method to operations.go", method.Name)
	}
}

func TestAnOperationIsFoundByItsID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"createSSHKey", "CreateSSHKey", "create-ssh-key", "create_ssh_key", "create.ssh.key"} {
		assert.True(t, implemented[normalizeID(id)], id)
	}
	for _, id := range []string{"", "createSSHKeys", "close", "store"} {
		assert.False(t, implemented[normalizeID(id)], id)
	}
}

func TestResponsesCanBeCheckedBySample(t *testing.T) {
	t.Parallel()
	for every, want := range map[int]string{0: "cccccc", 1: "cccccc", 3: "cuucuu"} {
		var served string
		write := func(text string) http.Handler {
			return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served += text })
		}
		s := &Server{}
		WithSampledResponseChecks(every)(s)
		handler := s.sample(write("c"), write("u"))
		for range 6 {
			handler.ServeHTTP(nil, nil)
		}
		assert.Equal(t, want, served)
	}
}
