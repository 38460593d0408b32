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
