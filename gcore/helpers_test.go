package gcore_test

// Helpers of the tests that attack the client with responses that hold a secret.

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

// rawServer reads one request of each connection, responds with given bytes and ends the connection.
type rawServer struct {
	url             string
	create, lookup  atomic.Value // the bytes for a POST, and for other requests
	requests, posts atomic.Int64
	ended           chan struct{}
}

func newRawServer(t *testing.T) *rawServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &rawServer{url: "http://" + listener.Addr().String(), ended: make(chan struct{}, 100)}
	var connections sync.WaitGroup
	connections.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Go(func() { s.serve(conn.(*net.TCPConn)) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		connections.Wait()
	})
	return s
}

func (s *rawServer) serve(conn *net.TCPConn) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second)) // only if a client keeps the connection
	req, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, req.Body)
	wire := s.lookup.Load()
	if req.Method == http.MethodPost {
		wire = s.create.Load()
		s.posts.Add(1)
	}
	s.requests.Add(1)
	defer func() { s.ended <- struct{}{} }()
	_, _ = io.WriteString(conn, wire.(string))
	if !goesOn(wire.(string), req) {
		_ = conn.CloseWrite() // else the client closes, and would log nothing if it saw the end too early
	}
	_, _ = io.Copy(io.Discard, conn)
}

// goesOn reports whether bytes follow after the end of the response.
func goesOn(wire string, req *http.Request) bool {
	in := bufio.NewReaderSize(strings.NewReader(wire), len(wire)+16)
	for {
		resp, err := http.ReadResponse(in, req)
		if err != nil || resp.StatusCode == http.StatusSwitchingProtocols {
			return false
		}
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode >= http.StatusOK {
			return err == nil && in.Buffered() > 0
		}
	}
}

// wait returns after the client has closed the connections of all requests since the last call, and returns the number
// of POSTs. net/http logs what it finds on an idle connection before it closes it, so all that it logs is logged then.
func (s *rawServer) wait() (posts int64) {
	for range s.requests.Swap(0) {
		<-s.ended
	}
	return s.posts.Swap(0)
}

// generatedKeyCreates are the two ways to have Gcore generate a key.
var generatedKeyCreates = map[string]func(context.Context, *gcore.Cloud) (*gcore.CreatedSSHKey, error){
	"SSHKeys.Create": func(ctx context.Context, c *gcore.Cloud) (*gcore.CreatedSSHKey, error) {
		return c.SSHKeys(1).Create(ctx, gcore.CreateSSHKeyRequest{Name: "generated"})
	},
	"API()": func(ctx context.Context, c *gcore.Cloud) (*gcore.CreatedSSHKey, error) {
		resp, err := c.API().CreateSSHKeyWithResponse(ctx, 1, gcore.CreateSSHKeyRequest{Name: "generated"})
		if err != nil {
			return nil, err
		}
		if resp.JSON201 == nil {
			return nil, fmt.Errorf("status %d", resp.StatusCode())
		}
		return resp.JSON201, nil
	},
}

// handedOver returns the private key that a caller of a create got, or "".
func handedOver(key *gcore.CreatedSSHKey, err error) string {
	if broken, ok := errors.AsType[*gcore.ResponseError](err); ok {
		key = broken.Key
	}
	if key == nil {
		return ""
	}
	return key.PrivateKey.Reveal()
}

// newCreatedKey returns a new private key and the body of the response to the create that generated it.
func newCreatedKey(t testing.TB) (key gcore.PrivateKey, body string) {
	t.Helper()
	pair, err := gcore.NewKeyPair("")
	require.NoError(t, err)
	public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(pair.PublicKey))
	require.NoError(t, err)
	private, err := json.Marshal(pair.PrivateKey.Reveal())
	require.NoError(t, err)
	return pair.PrivateKey, fmt.Sprintf(`{"id": %q, "name": "generated", "private_key": %s, "created_at": "2025-06-16T17:05:50Z", "fingerprint": %q,`+
		` "project_id": 1, "public_key": %q, "shared_in_project": true, "state": "ACTIVE"}`, someID, private, ssh.FingerprintLegacyMD5(public), pair.PublicKey)
}

// textsOf returns all that fmt prints of an error and of every error in it.
func textsOf(err error) string {
	if err == nil {
		return ""
	}
	text := fmt.Sprintf("%v\n%+v\n%#v\n", err, err, err)
	if unknown, ok := errors.AsType[*gcore.UnknownOutcomeError](err); ok && unknown == err { //nolint:errorlint // this very error
		text += textsOf(unknown.Err) + textsOf(unknown.LookupErr) // Unwrap does not always lead there
	}
	switch e := err.(type) { //nolint:errorlint // each step is looked at
	case interface{ Unwrap() error }:
		text += textsOf(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			text += textsOf(inner)
		}
	}
	return text
}

// secrets holds every 12 consecutive characters of a private key's base64 text.
type secrets map[string]bool

const secretLength = 12

func newSecrets(key gcore.PrivateKey) secrets {
	lines := strings.Split(strings.TrimSpace(key.Reveal()), "\n")
	text := strings.Join(lines[1:len(lines)-1], "")
	s := secrets{}
	for i := range len(text) - secretLength + 1 {
		s[text[i:i+secretLength]] = true
	}
	return s
}

// in reports whether a text shows a part of the private key or of the API key, as it is or in an encoding of it.
func (s secrets) in(text string) bool {
	plain := text
	if stream, err := gzip.NewReader(strings.NewReader(text)); err == nil {
		data, _ := io.ReadAll(stream)
		plain = string(data)
	}
	plain = strings.ReplaceAll(plain, "\x00", "") // UTF-16
	unescaped := unescape(plain)
	forms := slices.Compact([]string{text, plain, unescaped, unescape(unescaped)})
	return slices.ContainsFunc(forms, s.inPlain)
}

func (s secrets) inPlain(text string) bool {
	lower := strings.ToLower(text)
	if strings.Contains(lower, "canarytoken") || strings.Contains(lower, "4815162342") {
		return true
	}
	run := 0 // of characters that base64 uses
	for i := range len(text) {
		if c := text[i]; c != '+' && c != '=' && (c < '/' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			run = 0
			continue
		}
		if run++; run >= secretLength && s[text[i+1-secretLength:i+1]] {
			return true
		}
	}
	return false
}

var escapes = regexp.MustCompile(`\\(?:u[0-9a-fA-F]{4}|[/\\"])`)

// unescape undoes the escapes of a JSON string.
func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	return escapes.ReplaceAllStringFunc(text, func(escape string) string {
		if escape[1] != 'u' {
			return escape[1:]
		}
		code, _ := strconv.ParseUint(escape[2:], 16, 16)
		return string(rune(code))
	})
}

// textBuffer is a buffer that many goroutines may write to.
type textBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *textBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// take returns what was written since the last call.
func (b *textBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.b.Reset()
	return b.b.String()
}
