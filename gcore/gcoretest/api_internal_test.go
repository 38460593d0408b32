package gcoretest

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryOperationIsImplemented(t *testing.T) {
	t.Parallel()
	s, err := NewUnstarted()
	require.NoError(t, err)
	for _, id := range s.Operations() {
		assert.NotNil(t, operations[id],
			"openapi.yaml has an operation %s, which this server responds to with 501: add it to operations in operations.go", id)
	}
	for id := range operations {
		assert.True(t, slices.Contains(s.Operations(), id), "openapi.yaml has no operation %s", id)
	}
}

func TestResponsesCanBeCheckedBySample(t *testing.T) {
	t.Parallel()
	for perSecond, want := range map[int]string{-1: "cccccc", 0: "cccccc", 10: "cuucuu", 1_000_000_000: "cccccc"} {
		synctest.Test(t, func(t *testing.T) {
			var served string
			write := func(text string) http.Handler {
				return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served += text })
			}
			s := &Server{}
			WithSampledResponseChecks(perSecond)(s)
			handler := s.sample(write("c"), write("u"))
			for range 6 {
				handler.ServeHTTP(nil, nil)
				time.Sleep(40 * time.Millisecond) // of the test's own clock
			}
			assert.Equal(t, want, served)
		})
	}
}

func TestOneResponseIsCheckedAtATime(t *testing.T) {
	t.Parallel()
	s := &Server{}
	WithSampledResponseChecks(1_000_000_000)(s)
	var unchecked int
	var handler http.Handler
	checked := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) })
	handler = s.sample(checked, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { unchecked++ }))
	handler.ServeHTTP(nil, nil)
	assert.Equal(t, 1, unchecked)
}
