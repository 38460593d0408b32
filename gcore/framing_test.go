package gcore_test

import (
	"fmt"
	"log"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
)

const emptyList = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 25\r\n\r\n" + `{"count": 0, "results":[]}`

// TestBrokenFramingOfACreate has net/http read what it cannot parse, and quotes in its errors: parts of the private key.
func TestBrokenFramingOfACreate(t *testing.T) {
	attack := newFramingAttack(t)
	for name, framing := range attack.framings() {
		attack.run(t, name, framing.wire, emptyList, framing.arrives)
	}
}

// TestBrokenFramingOfALookup breaks the response to the request that looks for the key after an unknown outcome.
func TestBrokenFramingOfALookup(t *testing.T) {
	attack := newFramingAttack(t)
	for name, framing := range attack.framings() {
		attack.run(t, name, "", framing.wire, false)
	}
	attack.run(t, "bytes after an empty list", "", emptyList+attack.key.Reveal(), false)
	attack.run(t, "a created key after an empty list", "", emptyList+"HTTP/1.1 201 Created\r\n\r\n"+attack.body, false)
}

// TestCreateResponseCutAnywhere ends the connection after every byte of a response that is right.
func TestCreateResponseCutAnywhere(t *testing.T) {
	attack := newFramingAttack(t)
	const head = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
	var chunks strings.Builder
	for piece := range slices.Chunk([]byte(attack.body), 100) {
		chunks.WriteString(chunk(string(piece)))
	}
	wires := map[string]string{
		"Content-Length": head + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(attack.body)) + attack.body,
		"one chunk":      head + "Transfer-Encoding: chunked\r\n\r\n" + chunk(attack.body) + "0\r\n\r\n",
		"many chunks":    head + "Transfer-Encoding: chunked\r\n\r\n" + chunks.String() + "0\r\n\r\n",
	}
	step := 1
	if testing.Short() {
		step = 17
	}
	for name, wire := range wires {
		// The key is complete at its closing quotation mark, the one before the next property.
		complete := strings.Index(wire, `", "created_at"`) + 1
		require.Positive(t, complete)
		for end := 0; end <= len(wire); end += step {
			attack.run(t, fmt.Sprintf("%s cut after %d bytes", name, end), wire[:end], emptyList, end >= complete)
		}
	}
}

// framingAttack sends raw responses to creates of generated keys, on the client's own transport.
type framingAttack struct {
	key      gcore.PrivateKey
	body     string
	secrets  secrets
	server   *rawServer
	cloud    *gcore.Cloud
	log      *textBuffer
	standard *textBuffer // what the standard log got
}

func newFramingAttack(t *testing.T) *framingAttack {
	t.Helper()
	a := &framingAttack{server: newRawServer(t), log: &textBuffer{}, standard: &textBuffer{}}
	a.key, a.body = newCreatedKey(t)
	a.secrets = newSecrets(a.key)
	before := log.Writer()
	log.SetOutput(a.standard)
	t.Cleanup(func() { log.SetOutput(before) })
	var err error
	a.cloud, err = gcore.NewCloud(noWaiting(gcore.Config{
		APIKey: canaryToken, BaseURL: a.server.url, MaxRetries: -1,
		Logger: slog.New(slog.NewTextHandler(a.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}))
	require.NoError(t, err)
	return a
}

func (a *framingAttack) run(t *testing.T, name, create, lookup string, arrives bool) {
	t.Helper()
	for way, call := range generatedKeyCreates {
		where := name + ", " + way
		a.server.create.Store(create)
		a.server.lookup.Store(lookup)
		key, err := call(t.Context(), a.cloud)
		posts := a.server.wait()
		assert.EqualValues(t, 1, posts, "POSTs: %s", where)
		assert.False(t, a.secrets.in(textsOf(err)), "the error shows the key: %s", where)
		assert.False(t, a.secrets.in(a.log.take()), "the log shows the key: %s", where)
		assert.False(t, a.secrets.in(a.standard.take()), "the standard log shows the key: %s", where)
		got := strings.TrimSpace(handedOver(key, err))
		assert.True(t, got == strings.TrimSpace(a.key.Reveal()) || got == "" && !arrives, "the key is lost or not whole: %s", where)
		if got == "" {
			assert.Error(t, err, where)
		}
	}
}

// framing is a response to a create.
type framing struct {
	wire    string
	arrives bool // the whole private key is in the body, and the framing is right up to its end
}

func (a *framingAttack) framings() map[string]framing {
	body, pem := a.body, a.key.Reveal()
	line := strings.Split(pem, "\n")[3] // base64 of the secret part
	length, inKey := len(body), strings.Index(body, line)+20
	head := "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
	chunked := head + "Transfer-Encoding: chunked\r\n\r\n"
	whole := chunked + chunk(body)
	good := head + fmt.Sprintf("Content-Length: %d\r\n\r\n", length) + body
	header := func(line string) string { return strings.Replace(good, "\r\n", "\r\n"+line+"\r\n", 1) }
	status := func(line string) string { return strings.Replace(good, "HTTP/1.1 201 Created", line, 1) }
	sized := func(length any) string { return head + fmt.Sprint("Content-Length: ", length) + "\r\n\r\n" + body }
	encoded := func(encoding string) string {
		return strings.Replace(whole, "Transfer-Encoding: chunked", encoding, 1) + "0\r\n\r\n"
	}
	return map[string]framing{
		"trailer without a colon":      {whole + "0\r\n" + line + "\r\n\r\n", true},
		"trailer name with spaces":     {whole + "0\r\nA [ " + line + ": x\r\n\r\n", true},
		"trailer value with NUL":       {whole + "0\r\nX-Key: " + line + "\x00\r\n\r\n", true},
		"trailer that does not end":    {whole + "0\r\n" + line, true},
		"trailer of 1 MiB":             {whole + "0\r\n" + strings.Repeat("X-Key: "+line+"\r\n", 1<<20/len(line)), true},
		"trailer missing":              {whole + "0\r\n", true},
		"chunk size: key":              {whole + line + "\r\n", true},
		"chunk size: key, first":       {chunked + line + "\r\n" + body, false},
		"chunk size: 17 digits":        {whole + "FFFFFFFFFFFFFFFFF\r\n" + line, true},
		"chunk size: 2^63-1":           {chunked + "7fffffffffffffff\r\n" + body, true},
		"chunk size: 2^64-1":           {chunked + "ffffffffffffffff\r\n" + body, false},
		"chunk size: negative":         {whole + "-5\r\n" + line, true},
		"chunk size: negative, first":  {chunked + "-" + chunk(body), false},
		"chunk size: empty":            {whole + "\r\n" + line, true},
		"chunk longer than its size":   {chunked + fmt.Sprintf("%x\r\n", length-20) + body, true},
		"chunk shorter than its size":  {chunked + fmt.Sprintf("%x\r\n", length+20) + body + "\r\n0\r\n\r\n", true},
		"chunk ends in the key":        {chunked + fmt.Sprintf("%x\r\n", inKey) + body, false},
		"chunk extension":              {strings.Replace(whole, "\r\n{", ";x="+line+"\r\n{", 1) + "0\r\n\r\n", true},
		"chunk extension of 64 KiB":    {whole + "0;" + strings.Repeat(line, 1024) + "\r\n\r\n", true},
		"header without a colon":       {header(line), false},
		"header that starts blank":     {header(" " + line), false},
		"header name with spaces":      {header("A [ " + line + ": x"), false},
		"header name empty":            {header(": " + line), false},
		"header value with NUL":        {header("X-Key: " + line + "\x00"), false},
		"header value with DEL":        {header("X-Key: " + line + "\x7f"), false},
		"header value with CR":         {header("X-Key: " + line + "\rx"), false},
		"header value, folded":         {header("X-Key: x\r\n " + line), true},
		"header that does not end":     {head + line, false},
		"header of 1 MiB":              {head + strings.Repeat("X-Key: "+line+"\r\n", 1<<20/len(line)), false},
		"header line of 1 MiB":         {head + "X-Key: " + strings.Repeat(line, 1<<20/len(line)), false},
		"Content-Length: key":          {sized(line), false},
		"Content-Length: two":          {sized(fmt.Sprint(length, "\r\nContent-Length: ", length+1)), false},
		"Content-Length: two, key":     {sized(fmt.Sprint(length, "\r\nContent-Length: ", line)), false},
		"Content-Length: list":         {sized(fmt.Sprint(length, ", ", line)), false},
		"Content-Length: short":        {sized(length - 20), true},
		"Content-Length: in the key":   {sized(inKey), false},
		"Content-Length: long":         {sized(length + 20), true},
		"Content-Length: 2^63-1":       {sized("9223372036854775807"), true},
		"Content-Length: 2^64":         {sized("18446744073709551616"), false},
		"Content-Length: negative":     {sized(-1), false},
		"Content-Length: plus":         {sized("+" + strconv.Itoa(length)), false},
		"Content-Length: none":         {head + "\r\n" + body, true},
		"Transfer-Encoding: key":       {encoded("Transfer-Encoding: " + line), false},
		"Transfer-Encoding: two":       {encoded("Transfer-Encoding: chunked\r\nTransfer-Encoding: " + line), false},
		"Transfer-Encoding: twice":     {encoded("Transfer-Encoding: chunked, chunked"), false},
		"Transfer-Encoding: gzip":      {encoded("Transfer-Encoding: gzip, chunked"), false},
		"Transfer-Encoding and length": {encoded("Transfer-Encoding: chunked\r\nContent-Length: 7"), true},
		"Transfer-Encoding, HTTP/1.0":  {strings.Replace(whole, "HTTP/1.1", "HTTP/1.0", 1), false},
		"Trailer header: key":          {encoded("Transfer-Encoding: chunked\r\nTrailer: " + line), false},
		"Trailer header: length":       {encoded("Transfer-Encoding: chunked\r\nTrailer: Content-Length, " + line), false},
		"status line: no text":         {status("HTTP/1.1 201"), true},
		"status line: key as text":     {status("HTTP/1.1 201 " + line), true},
		"status line: key":             {status(line), false},
		"status line: key after HTTP":  {status("HTTP/1.1 " + line), false},
		"status line: key as code":     {status("HTTP/1.1 2x1" + line + " Created"), false},
		"status line: no version":      {status("201 Created " + line), false},
		"status line: HTTP/9":          {status("HTTP/9 201 " + line), false},
		"status line: version":         {status("HTTP/" + line + " 201 Created"), false},
		"status line: negative":        {status("HTTP/1.1 -01 " + line), false},
		"status line: NUL":             {status("HTTP/1.1\x00 201 " + line), false},
		"status line: none":            {body, false},
		"status line: empty":           {"\r\n" + line + "\r\n" + good, false},
		"status 204":                   {status("HTTP/1.1 204 " + line), false},
		"status 304":                   {status("HTTP/1.1 304 " + line), false},
		"status 307 and Location":      {strings.Replace(header("Location: http://["+line), "201 Created", "307 "+line, 1), false},
		"Location does not parse":      {header("Location: http://[" + line + "/%zz"), true},
		"bytes after the end":          {good + pem, true},
		"bytes after a short end":      {sized(2) + pem, false},
		"a chunked body goes on":       {whole + "0\r\n\r\n" + pem, true},
		"second response":              {good + good, true},
		"second response has the key":  {"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}" + good, false},
		"100 before it":                {"HTTP/1.1 100 " + line + "\r\nX-Key: " + line + "\r\n\r\n" + good, true},
		"101 before it":                {"HTTP/1.1 101 " + line + "\r\nX-Key: " + line + "\r\n\r\n" + good, false},
		"103 before it, broken":        {"HTTP/1.1 103 Early Hints\r\n" + line + "\r\n\r\n" + good, false},
		"100 times 102 before it":      {strings.Repeat("HTTP/1.1 102 "+line+"\r\n\r\n", 100) + good, true},
		"1 MiB of 102 before it":       {strings.Repeat("HTTP/1.1 102 "+line+"\r\n\r\n", 1<<20/len(line)) + good, false},
		"NUL before it":                {"\x00" + line + good, false},
		"NUL in the body":              {strings.Replace(sized(length+1), `"created_at"`, "\x00\"created_at\"", 1), true},
		"NUL before the body":          {strings.Replace(sized(length+1), "\r\n{", "\r\n\x00{", 1), true},
		"NUL after the body":           {sized(length+8) + strings.Repeat("\x00", 8), true},
		"line feeds only":              {strings.ReplaceAll(good, "\r\n", "\n"), true},
		"HTTP/1.0 and no length":       {"HTTP/1.0 201 Created\r\nContent-Type: application/json\r\n\r\n" + body, true},
		"nothing broken":               {good, true},
	}
}

func chunk(data string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(data), data) }
