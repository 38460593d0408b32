package contract

import (
	"fmt"
	"net/http"
)

// Transport returns a RoundTripper that checks every exchange that goes through base, which is
// [http.DefaultTransport] if nil.
//
// A request that breaks the contract is not sent: its body is closed, and the error is returned. A
// response that breaks it is delivered all the same, since it can hold the only copy of a private
// key. Either way report, unless nil, is called with an error that says whether the request or the
// response is meant, and that [errors.As] turns into [Violations]. It is called before RoundTrip
// returns, by any goroutine that sends a request.
func (v *Validator) Transport(base http.RoundTripper, report func(error)) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	if report == nil {
		report = func(error) {}
	}
	return &transport{validator: v, base: base, report: report}
}

type transport struct {
	validator *Validator
	base      http.RoundTripper
	report    func(error)
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	// A RoundTripper must leave the request as it is, and checking puts another body in it.
	r = r.WithContext(r.Context())
	op, err := t.validator.checkRequest(r)
	if err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // the request is refused: nobody wants to know whether closing failed
		}
		err = fmt.Errorf("contract: the request was not sent, since it %w", err)
		t.report(err)
		return nil, err
	}
	resp, err := t.base.RoundTrip(r)
	if err != nil {
		return resp, err
	}
	if err := op.checkResponse(r.Method, resp); err != nil {
		t.report(fmt.Errorf("contract: the response %w", err))
	}
	return resp, nil
}

// CloseIdleConnections does so in base. [http.Client.CloseIdleConnections] calls it.
func (t *transport) CloseIdleConnections() {
	if base, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}
