package contract_test

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

// BenchmarkCreateExchange checks the request and the response of one create, which are there
// already: the cost on top of the exchange itself.
func BenchmarkCreateExchange(b *testing.B) {
	check := createExchange(b)
	b.ReportAllocs()
	for b.Loop() {
		check()
	}
}

// BenchmarkListResponse checks a full page of 1,000 keys.
func BenchmarkListResponse(b *testing.B) {
	body := listBody(1000)
	r := request(b, "GET", "/cloud/v1/ssh_keys/1?limit=1000", "")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, validator.CheckResponse(r, response(200, body)))
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		_, err := contract.New()
		require.NoError(b, err)
	}
}

func TestCheckingACreateAllocatesLittle(t *testing.T) {
	assert.LessOrEqual(t, testing.AllocsPerRun(100, createExchange(t)), 200.0)
}

// createExchange returns a function that checks a create whose key the platform made.
func createExchange(t testing.TB) func() {
	r := request(t, "POST", "/cloud/v1/ssh_keys/1", uploadBody)
	sent, answered := strings.NewReader(""), strings.NewReader("")
	resp := response(201, createdBody)
	return func() {
		sent.Reset(uploadBody)
		answered.Reset(createdBody)
		r.Body, resp.Body = io.NopCloser(sent), io.NopCloser(answered)
		if err := validator.CheckRequest(r); err != nil {
			t.Fatal(err)
		}
		if err := validator.CheckResponse(r, resp); err != nil {
			t.Fatal(err)
		}
	}
}
