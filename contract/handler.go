package contract

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
)

// Handler returns a handler that checks every exchange in front of next, as a server that keeps the
// contract would.
//
// A request that breaks the contract does not reach next. It gets the error response that Gcore would
// send, an ErrorResponse: 404 for an unknown path, 405 with an Allow header for an unknown method, 401
// for missing or malformed credentials, and 400 with invalid_fields for the rest.
//
// The response of next is held back until next returns, and checked. If it breaks the contract, the
// client gets a 500 instead, whose message names the violations. A Content-Length that next sets and that is not the length of its
// body is a violation, too. So next cannot flush. It can hijack the connection, which is not checked then, and it can abort by
// panicking.
func (v *Validator) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		op, err := v.checkRequest(r)
		if err != nil {
			v.reject(w, r, err)
			return
		}
		held := &heldResponse{under: w, header: w.Header().Clone()}
		next.ServeHTTP(held, r)
		if held.hijacked {
			return
		}
		held.WriteHeader(http.StatusOK) // if next did not
		if err := held.check(op, method); err != nil {
			writeError(w, http.StatusInternalServerError, errorResponse{
				ExceptionClass: "InternalServerError",
				Message:        fmt.Sprintf("the server's own %d response %v", held.status, err),
			})
			return
		}
		held.release()
	})
}

// heldResponse is a ResponseWriter that keeps what is written.
type heldResponse struct {
	under    http.ResponseWriter
	header   http.Header
	status   int         // 0 until WriteHeader
	sent     http.Header // the header as it was then
	body     bytes.Buffer
	hijacked bool
}

func (h *heldResponse) Header() http.Header { return h.header }

func (h *heldResponse) WriteHeader(status int) {
	// Informational responses come before the final one, and are not checked.
	if informational := status < 200; h.status == 0 && !informational {
		h.status, h.sent = status, h.header.Clone()
	}
}

func (h *heldResponse) Write(p []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	return h.body.Write(p)
}

// Hijack returns the connection, if the server supports that. What was written before is dropped.
func (h *heldResponse) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffer, err := http.NewResponseController(h.under).Hijack()
	h.hijacked = err == nil
	return conn, buffer, err
}

// check returns the violations of what was written in response to a request of an operation.
func (h *heldResponse) check(op *operation, method string) error {
	err := op.checkResponse(method, h.response())
	if err != nil || method == http.MethodHead || h.status == http.StatusNotModified {
		return err
	}
	// net/http would send as many bytes as the header says, or end the connection.
	length := h.sent["Content-Length"]
	if len(length) > 1 || len(length) == 1 && length[0] != strconv.Itoa(h.body.Len()) {
		return Violations{{Operation: op.id, Part: partHeader, Pointer: "/Content-Length", Rule: "contentLength",
			Reason: "is not the length of the body"}}
	}
	return nil
}

// response returns what was written as a client would get it.
func (h *heldResponse) response() *http.Response {
	return &http.Response{
		StatusCode: h.status,
		Header:     h.sent,
		Body:       io.NopCloser(bytes.NewReader(h.body.Bytes())),
	}
}

// release sends what was written. It returns no error: if that fails, the client has left.
func (h *heldResponse) release() {
	clear(h.under.Header())
	maps.Copy(h.under.Header(), h.sent)
	if h.body.Len() > 0 && h.sent["Content-Length"] == nil {
		h.under.Header().Set("Content-Length", strconv.Itoa(h.body.Len()))
	}
	h.under.WriteHeader(h.status)
	_, _ = h.under.Write(h.body.Bytes())
}

// reject sends the error response to a request that breaks the contract.
func (v *Validator) reject(w http.ResponseWriter, r *http.Request, err error) {
	found, _ := errors.AsType[Violations](err)
	switch first := found[0]; first.Rule {
	case "path":
		writeError(w, http.StatusNotFound, errorResponse{ExceptionClass: "NotFoundError", Message: "HTTP 404: Not Found"})
	case "method":
		matched, _ := v.route(r.URL)
		w.Header().Set("Allow", matched.methods())
		writeError(w, http.StatusMethodNotAllowed, errorResponse{ExceptionClass: "HTTPError", Message: "HTTP 405: Method Not Allowed"})
	case "security": // always before other rules
		message := "Given token not valid for any token type"
		if first.Reason == missing {
			message = "Authentication credentials were not provided."
		}
		writeError(w, http.StatusUnauthorized, errorResponse{ExceptionClass: "AuthenticationError", Message: message})
	default:
		writeError(w, http.StatusBadRequest, errorResponse{
			ExceptionClass: "ValidationError",
			Message:        "Request validation failed",
			InvalidFields:  invalidFields(found),
		})
	}
}
