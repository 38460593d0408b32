package contract_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

// tracked is a body that notes whether it was closed.
type tracked struct {
	io.Reader
	closed bool
}

func (b *tracked) Close() error { b.closed = true; return nil }

// failsOnce is a reader that fails the first time, and then is at its end.
type failsOnce struct{ err error }

func (f *failsOnce) Read([]byte) (int, error) {
	err := cmp.Or(f.err, io.EOF)
	f.err = nil
	return 0, err
}

func TestARequestIsLeftAsItWas(t *testing.T) {
	t.Parallel()
	for _, body := range []string{uploadBody, `{"name":""}`, "not JSON", ""} {
		sent := &tracked{Reader: strings.NewReader(body)}
		r := request(t, "POST", onePath+"?b=2&a=%31&a", "")
		r.Header.Set("Content-Type", "application/json")
		r.Body, r.ContentLength = sent, -1
		getBody := 0
		r.GetBody = func() (io.ReadCloser, error) { getBody++; return nil, errors.New("not for checks") }
		before := r.Clone(t.Context())

		_ = validator.CheckRequest(r)

		assert.False(t, sent.closed)
		got, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		assert.Equal(t, body, string(got))
		require.NoError(t, r.Body.Close())
		assert.True(t, sent.closed)
		assert.Error(t, func() error { _, err := r.GetBody(); return err }())
		assert.Equal(t, 1, getBody)

		r.Body, r.GetBody, before.Body, before.GetBody = nil, nil, nil, nil
		assert.Equal(t, before.WithContext(t.Context()), r.WithContext(t.Context()), "no default is set, for one")
	}
}

func TestAResponseIsLeftAsItWas(t *testing.T) {
	t.Parallel()
	r := request(t, "POST", onePath, uploadBody)
	for _, status := range []int{201, 204, 302} {
		for _, body := range []string{createdBody, "not JSON", ""} {
			got := &tracked{Reader: iotest.OneByteReader(strings.NewReader(body))}
			resp := &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: -1, Body: got}

			_ = validator.CheckResponse(r, resp)

			assert.False(t, got.closed)
			delivered, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			assert.Equal(t, body, string(delivered))
			require.NoError(t, resp.Body.Close())
			assert.True(t, got.closed)
			resp.Body = nil
			assert.Equal(t, &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: -1}, resp)
		}
	}
}

func TestNoBodyStaysNoBody(t *testing.T) {
	t.Parallel()
	r := request(t, "GET", keyPath, "")
	assert.NoError(t, validator.CheckRequest(r))
	assert.Nil(t, r.Body)
	r.Body = http.NoBody
	assert.NoError(t, validator.CheckRequest(r))
	assert.Equal(t, http.NoBody, r.Body, "net/http asks whether it is this very one")
}

func TestWhatArrivedBeforeAFailureIsDelivered(t *testing.T) {
	t.Parallel()
	cause := errors.New("cut off after canary")
	broke := func() io.ReadCloser {
		return io.NopCloser(io.MultiReader(strings.NewReader(createdBody[:100]), &failsOnce{err: cause}))
	}
	r := request(t, "POST", onePath, uploadBody)
	r.Body = broke()
	resp := response(201, createdBody)
	resp.Body = broke()
	for _, c := range []struct {
		err  error
		body *io.ReadCloser
	}{
		{validator.CheckRequest(r), &r.Body},
		{validator.CheckResponse(r, resp), &resp.Body},
	} {
		assert.Equal(t, []string{"createSSHKey: body could not be read to its end (read)"}, broken(t, c.err))
		assert.ErrorIs(t, c.err, cause)
		assert.NotContains(t, c.err.Error(), "canary")
		got, err := io.ReadAll(*c.body)
		assert.Equal(t, createdBody[:100], string(got))
		assert.Equal(t, cause, err)
		_, err = (*c.body).Read(make([]byte, 1))
		assert.Equal(t, cause, err, "the failure stays")
	}
}

func TestALongBodyIsDeliveredWholeAndReadOnlyInPart(t *testing.T) {
	t.Parallel()
	long := bytes.Repeat([]byte(" "), contract.MaxBody+10)
	source := bytes.NewReader(long)
	resp := response(201, createdBody)
	resp.Body = io.NopCloser(source)
	err := validator.CheckResponse(request(t, "POST", onePath, uploadBody), resp)
	assert.Equal(t, []string{"createSSHKey: body is longer than 8 MiB (maxBody)"}, broken(t, err))
	assert.Equal(t, 9, source.Len())
	got, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(long, got))

	longest := `{"name":"a","public_key":"` + strings.Repeat("x", contract.MaxBody-len(`{"name":"a","public_key":""}`)) + `"}`
	assert.NoError(t, validator.CheckRequest(request(t, "POST", onePath, longest)))
}

func TestTheBodyOfAnUndocumentedStatusIsNotRead(t *testing.T) {
	t.Parallel()
	resp := response(101, createdBody)
	body := resp.Body
	_ = validator.CheckResponse(request(t, "POST", onePath, uploadBody), resp)
	assert.Equal(t, body, resp.Body)
}

func TestManyMessagesAtOnce(t *testing.T) {
	t.Parallel()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				r := request(t, "POST", onePath, uploadBody)
				assert.NoError(t, validator.CheckRequest(r))
				assert.NoError(t, validator.CheckResponse(r, response(201, createdBody)))
				assert.Len(t, broken(t, validator.CheckResponse(r, response(201, "{}"))), 9)
			}
		})
	}
	group.Wait()
}

// A body that is short on the wire can take hundreds of times its size once each of its values is one of Go's.
func TestABodyHasABoundedNumberOfValues(t *testing.T) {
	t.Parallel()
	r := request(t, "GET", "/cloud/v1/ssh_keys/1", "")
	many := func(n int) string { return `{"count":0,"results":[` + strings.Repeat("{},", n-4) + `0]}` }
	assert.Equal(t, []string{"listSSHKeys: body has more than 250,000 values (maxBody)"},
		broken(t, validator.CheckResponse(r, response(200, many(250_000)))))
	assert.Equal(t, []string{"listSSHKeys: body /results/0/created_at is missing (required)"},
		broken(t, validator.CheckResponse(r, response(200, many(100_000)))), "and up to that it is checked")
	assert.NotContains(t, fmt.Sprint(validator.CheckResponse(r, response(200, `{"count":0,"results":["`+strings.Repeat("[{,", 300_000)+`"]}`))), "maxBody",
		"what is in a string is one value")
}
