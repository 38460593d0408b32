package contract

import (
	"fmt"
	"net/http"
)

// Transport returns a RoundTripper that sends requests through base, and checks them and their
// responses. A nil base is [http.DefaultTransport].
//
// A request that breaks the contract is not sent: its body is closed, and the error is returned. A
// response that breaks it is returned, since it can contain the only copy of a private key. In both
// cases report, unless nil, is called before RoundTrip returns, and by several goroutines at once if
// they send requests at once. Its error says whether the request or the response breaks the contract;
// [errors.As] finds the [Violations] in it.
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
			_ = r.Body.Close() // the error is that the request was not sent
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
