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
)

// maxBody bounds the body of a request, in bytes. The largest create of the contract takes a few thousand.
const maxBody = 32 << 10

// response is the response to a request, before it is sent.
type response struct {
	status int
	header http.Header
	body   []byte
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
	call := s.record.add(s.newCall(r, body))
	fault, ok := s.faults.next(call.Operation)
	if !ok {
		fault = s.choose(*call)
	}
	if err := fault.Validate(); err != nil { // of WithFaults: Inject has checked its own
		s.writeError(w, http.StatusInternalServerError, "gcoretest: WithFaults: "+err.Error())
		return
	}
	request := r.WithContext(context.WithValue(r.Context(), requestKey{}, requestInfo{call.Operation, fault.HideFor}))
	request.Body = io.NopCloser(bytes.NewReader(body))
	request.ContentLength = int64(len(body))
	if fault.commit() == CommitNow && fault.leavesResponse() {
		s.api.ServeHTTP(&statusWriter{w, func(status int) {
			s.afterOperation(*call, status)
			s.record.setStatus(call, status)
		}}, request)
		return
	}
	resp := s.alter(s.respond(request, *call, fault), fault)
	s.send(w, r, resp, fault, func() { s.record.setStatus(call, resp.status) })
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

// respond carries out the operation, now or later, and returns its response.
func (s *Server) respond(r *http.Request, call Call, fault Fault) response {
	operate := func() response {
		recorder := httptest.NewRecorder()
		s.api.ServeHTTP(recorder, r)
		recorder.Header().Del("Content-Length") // send sets it
		return response{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
	}
	switch fault.commit() {
	case CommitNow:
		resp := operate()
		s.afterOperation(call, resp.status)
		return resp
	case CommitAfterList:
		if call.Method != http.MethodGet { // which has nothing to carry out
			s.faults.postpone(call, func() { operate() })
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

// alter replaces the parts of a response that the fault names.
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
		resp.body = []byte(fault.Body)
	}
	if fault.Edit != nil {
		resp.body = fault.Edit(resp.body)
	}
	return resp
}

func (s *Server) errorResponse(status int) response {
	body, err := json.Marshal(s.apiError(status))
	if err != nil {
		panic(fmt.Sprintf("gcoretest: encode an error: %v", err)) // it holds nothing but strings
	}
	return response{status, http.Header{"Content-Type": {"application/json"}}, body}
}

// send sends the response as far as the fault lets it, and calls sending before its headers. To break it off it panics
// with http.ErrAbortHandler, on which net/http cuts the connection, or resets the stream.
func (s *Server) send(w http.ResponseWriter, r *http.Request, resp response, fault Fault, sending func()) {
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

	body, announced := resp.body, len(resp.body)
	if fault.Break != NoBreak {
		body = body[:min(max(fault.At, 0), len(body))]
		announced = max(announced, len(body)+1)
	}
	sending()
	maps.Copy(w.Header(), resp.header)
	if hasBody && !fault.Chunked {
		w.Header().Set("Content-Length", strconv.Itoa(announced))
	}
	w.WriteHeader(resp.status)
	flush := func() { _ = http.NewResponseController(w).Flush() } // it fails only if the client has left
	if fault.Chunked {
		flush() // the headers by themselves, or net/http would count a short body and announce its length
	}
	if hasBody {
		_, _ = w.Write(body)
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

// sendRaw writes to the connection below HTTP/1.1 and closes it.
func sendRaw(w http.ResponseWriter, raw string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_, _ = io.WriteString(conn, raw)
		_ = conn.Close()
	}
	panic(http.ErrAbortHandler)
}

// stall waits until the client has left or the server is closed, and ends the response.
func (s *Server) stall(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.closing:
	}
	panic(http.ErrAbortHandler)
}

// requestInfo is what handlers need to know of a request besides the request itself.
type requestInfo struct {
	operation string // its operationId, or ""
	hideFor   int    // see Fault.HideFor
}

type requestKey struct{}

// received returns the requestInfo of the request that ctx belongs to.
func received(ctx context.Context) requestInfo {
	info, _ := ctx.Value(requestKey{}).(requestInfo)
	return info
}
