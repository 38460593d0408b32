package gcore_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

func TestThreeLayersOfCompressionAreRead(t *testing.T) {
	t.Parallel()
	body := []byte(listedKey)
	for layers := 1; layers <= 4; layers++ {
		body = zipped(t, body)
		_, err := keysOver(t, canned{http.StatusOK, jsonHeader(""), body}).Get(t.Context(), someID)
		assert.Equal(t, layers <= 3, err == nil, "%d: %v", layers, err)
	}
}

func TestADamagedBodyIsNoResult(t *testing.T) {
	t.Parallel()
	body := zipped(t, []byte(listedKey))
	copy(body[len(body)-8:], make([]byte, 8)) // its checksum and size
	_, err := keysOver(t, canned{http.StatusOK, jsonHeader(""), body}).Get(t.Context(), someID)
	require.ErrorContains(t, err, "the compressed body breaks off or is damaged")
}

// noProgress is a body whose reads return nothing, and counts them.
type noProgress struct{ reads int }

func (b *noProgress) Read([]byte) (int, error) {
	if b.reads++; b.reads > 1000 {
		return 0, io.EOF
	}
	return 0, nil
}

func (b *noProgress) Close() error { return nil }

func TestABodyMayArriveByteByByte(t *testing.T) {
	t.Parallel()
	_, err := keysOver(t, wrapper(func(req *http.Request) (*http.Response, error) {
		resp := jsonResponse(req, http.StatusOK, "")
		resp.Body = io.NopCloser(iotest.OneByteReader(strings.NewReader(listedKey)))
		return resp, nil
	})).Get(t.Context(), someID)
	require.NoError(t, err)
}

func TestABodyWithoutProgressIsGivenUp(t *testing.T) {
	t.Parallel()
	body := &noProgress{}
	cloud := cloudThrough(t, anyURL, wrapper(func(req *http.Request) (*http.Response, error) {
		resp := jsonResponse(req, http.StatusOK, "")
		resp.Body = body
		return resp, nil
	}), func(c *gcore.Config) { c.MaxRetries = -1 })
	_, err := cloud.SSHKeys(1).Get(t.Context(), someID)
	require.ErrorIs(t, err, io.ErrNoProgress)
	assert.Equal(t, 100, body.reads)
}
