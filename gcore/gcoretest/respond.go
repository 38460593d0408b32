package gcoretest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxBody bounds the body of a request, in bytes. The largest create of the contract takes a few thousand.
const maxBody = 32 << 10

// response is the response to a request, before it is sent.
type response struct {
	status int
	header http.Header
	body   string // as much of it as is sent
	length int    // of all of it, which Content-Length says
}

// serveHTTP records the call, carries out the operation unless its fault prevents that, and sends the response as the fault changes
// it. It is outside the handler of package contract, which would replace every response with a fault by a 500.
func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := s.readBody(w, r)
	if err != nil {
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			s.writeError(w, http.StatusRequestEntityTooLarge, "")
			return
		}
		panic(http.ErrAbortHandler) // the client left while it sent the request, which is not carried out
	}
	req := s.newRequest(r, body)
	call := s.record.add(s.newCall(r, req, body))
	fault, ok := s.faults.next(call.Operation)
	if !ok {
		fault = s.choose(*call)
	}
	if err := fault.Validate(); err != nil { // of WithFaults: Inject has checked its own
		s.record.setStatus(call, http.StatusInternalServerError)
		s.writeError(w, http.StatusInternalServerError, "gcoretest: WithFaults: "+err.Error())
		return
	}
	req.hideFor = fault.HideFor
	r = r.WithContext(context.WithValue(r.Context(), requestKey{}, req))
	r.Body = http.NoBody
	if len(body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	r.ContentLength = int64(len(body))
	if fault.commit() == CommitNow && fault.leavesResponse() {
		s.api.ServeHTTP(&statusWriter{w, func(status int) {
			s.afterOperation(*call, status)
			s.record.setStatus(call, status)
		}}, r)
		return
	}
	held := &room{taken: &s.held, limit: int64(s.record.maxBytes)}
	defer held.resize(0)
	resp := s.alter(s.respond(r, *call, fault, held), fault)
	size := 0
	if fault.Body == "" { // a Fault.Body is shared by all responses and does not count
		size = len(resp.body)
	}
	held.resize(int64(size))
	s.send(w, r, resp, fault, func(status int) { s.record.setStatus(call, status) })
}

// readBody returns the body of r. If the API key of r is not accepted, the body is read, so that the client gets the response, but
// not returned.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength == 0 {
		return nil, nil
	}
	reader := http.MaxBytesReader(w, r.Body, maxBody)
	if !s.authorized(r) {
		_, err := io.Copy(io.Discard, reader)
		return nil, err
	}
	body, err := io.ReadAll(reader)
	return bytes.Clone(body), err // ReadAll leaves room for more, which the record would keep
}

// respond carries out the operation, now or later, and returns its response, whose body takes room in held.
func (s *Server) respond(r *http.Request, call Call, fault Fault, held *room) response {
	switch fault.commit() {
	case CommitNow:
		recorder := &roomRecorder{header: http.Header{}, room: held}
		s.api.ServeHTTP(recorder, r)
		s.afterOperation(call, recorder.status)
		if recorder.full {
			return s.errorResponse(http.StatusServiceUnavailable)
		}
		recorder.header.Del("Content-Length") // send sets it
		return response{status: recorder.status, header: recorder.header, body: recorder.body.String()}
	case CommitAfterList:
		if call.Method != http.MethodGet { // which has nothing to carry out
			s.faults.postpone(call, s.record.maxCalls, s.record.maxBytes, func() { s.api.ServeHTTP(httptest.NewRecorder(), r) })
		}
	}
	return s.errorResponse(http.StatusInternalServerError)
}

// afterOperation is called after an operation and before its response is sent.
func (s *Server) afterOperation(call Call, status int) {
	if call.Operation == listSSHKeys && status == http.StatusOK {
		s.faults.commitAfter(call)
	}
}

// statusWriter calls sending before the status is sent.
type statusWriter struct {
	http.ResponseWriter
	sending func(status int)
}

func (w *statusWriter) WriteHeader(status int) {
	w.sending(status)
	w.ResponseWriter.WriteHeader(status)
}

// alter replaces the parts of a response that the fault names, and drops the part of the body that is not sent: a response can
// stall for long.
func (s *Server) alter(resp response, fault Fault) response {
	switch {
	case fault.Status == 0:
	case fault.Status >= http.StatusBadRequest:
		resp = s.errorResponse(fault.Status)
	case fault.commit() != CommitNow:
		resp = response{status: fault.Status, header: http.Header{}}
	default:
		resp.status = fault.Status
	}
	for name, values := range fault.Header {
		// With nil, net/http does not add a Content-Type or a Date itself.
		resp.header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	if fault.Body != "" {
		resp.body = fault.Body
	}
	if fault.Edit != nil {
		resp.body = string(fault.Edit([]byte(resp.body)))
	}
	resp.length = len(resp.body)
	switch fault.Break {
	case DropBeforeHeaders, StallBeforeHeaders:
		resp.body = ""
	case DropInBody, StallInBody:
		resp.body = resp.body[:min(max(fault.At, 0), len(resp.body))]
		if fault.Body == "" {
			resp.body = strings.Clone(resp.body) // without the rest
		}
		resp.length = max(resp.length, len(resp.body)+1)
	}
	return resp
}

func (s *Server) errorResponse(status int) response {
	body, err := json.Marshal(s.apiError(status))
	if err != nil {
		panic(fmt.Sprintf("gcoretest: encode an error: %v", err)) // it holds nothing but strings
	}
	return response{status: status, header: http.Header{"Content-Type": {"application/json"}}, body: string(body)}
}

// send sends the response as far as the fault lets it, and calls sending before its headers. To break it off it panics
// with http.ErrAbortHandler, on which net/http cuts the connection, or resets the stream.
func (s *Server) send(w http.ResponseWriter, r *http.Request, resp response, fault Fault, sending func(status int)) {
	if fault.Raw != "" {
		sendRaw(w, fault.Raw)
	}
	hasBody := resp.status >= 200 && resp.status != http.StatusNoContent && resp.status != http.StatusNotModified
	switch {
	case fault.Break == StallBeforeHeaders, fault.Break == StallInBody && !hasBody:
		s.stall(r)
	case fault.Break == DropBeforeHeaders, fault.Break == DropInBody && !hasBody:
		panic(http.ErrAbortHandler)
	}

	sending(resp.status)
	maps.Copy(w.Header(), resp.header)
	if hasBody && !fault.Chunked {
		w.Header().Set("Content-Length", strconv.Itoa(resp.length))
	}
	w.WriteHeader(resp.status)
	flush := func() { _ = http.NewResponseController(w).Flush() } // it fails only if the client has left
	if fault.Chunked {
		flush() // the headers by themselves, or net/http would count a short body and announce its length
	}
	for body := resp.body; hasBody && body != ""; { // not at once, as w would copy all of it
		n, err := io.WriteString(w, body[:min(len(body), maxPiece)])
		if err != nil {
			break // the client has left
		}
		body = body[n:]
	}
	switch fault.Break {
	case DropInBody:
		flush()
		panic(http.ErrAbortHandler)
	case StallInBody:
		flush()
		s.stall(r)
	}
}

// maxPiece is about how many bytes of a response are held while its client reads slowly.
const maxPiece = 4 << 10

// rawTimeout is how long a client can take to read a Fault.Raw.
const rawTimeout = 10 * time.Second

// sendRaw writes to the connection below HTTP/1.1 and closes it.
func sendRaw(w http.ResponseWriter, raw string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.SetWriteDeadline(time.Now().Add(rawTimeout)) // net/http removes its own
		_, _ = io.WriteString(conn, raw)
		_ = conn.Close()
	}
	panic(http.ErrAbortHandler)
}

// maxStall is how long a response stalls at most.
const maxStall = time.Minute

// stall waits until the client has left or the server is closed, but not for longer than maxStall, and ends the response.
func (s *Server) stall(r *http.Request) {
	timer := time.NewTimer(maxStall)
	defer timer.Stop()
	select {
	case <-r.Context().Done():
	case <-s.closing:
	case <-timer.C:
	}
	panic(http.ErrAbortHandler)
}
