package gcore

import "time"

// WithLimits shortens the times that one attempt may take.
func (c Config) WithLimits(headers, body, grace time.Duration) Config {
	c.limits = limits{headers: headers, body: body, grace: grace}
	return c
}

// NewPrivateKey makes a private key of any text.
func NewPrivateKey(text string) PrivateKey { return newPrivateKey(text) }

// DefaultBackoff is what Config.Backoff is if nil.
var DefaultBackoff = defaultBackoff

// CheckProxy is how the default transport looks at the response of a proxy.
var CheckProxy = checkProxy

// UserAgentOf returns what Config.UserAgent is by default.
var UserAgentOf = userAgentOf
