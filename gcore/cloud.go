package gcore

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
)

// Cloud is a client of Gcore Cloud. It is safe for concurrent use; make one and keep it.
//
// It never shows its API key: fmt and slog print its base URL only, and reflection finds no key in it.
type Cloud struct {
	api     *ClientWithResponses
	client  *Client // the one inside api, for answers as they arrive
	baseURL string
	retry   retryPolicy
	log     *slog.Logger
}

// NewCloud returns a client for the account that the API key belongs to. It sends nothing. It fails if there is no
// API key, neither in config nor in the environment, or if something in config cannot work; the error says what.
func NewCloud(config Config) (*Cloud, error) {
	config, base, err := config.resolve()
	if err != nil {
		return nil, fmt.Errorf("gcore: %w", err)
	}
	retry := newRetryPolicy(config)
	httpClient := *config.HTTPClient
	httpClient.Transport = newTransport(config, base, retry)
	httpClient.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	// The chain applies the timeout: net/http would replace the chain's errors, and a key one may hold, by its own.
	httpClient.Timeout = 0

	client, err := NewClient(base.String(), WithHTTPClient(&httpClient))
	if err != nil {
		return nil, fmt.Errorf("gcore: %w", err)
	}
	return &Cloud{
		api:     &ClientWithResponses{client},
		client:  client,
		baseURL: base.String(),
		retry:   retry,
		log:     config.Logger,
	}, nil
}

// newTransport puts the transport chain together. A request passes the links from the last line to the first, its
// answer from the first to the last. The links are closures, so that nothing that prints a client by reflection
// reaches the API key or a buffer of the connection.
func newTransport(config Config, base *url.URL, retry retryPolicy) http.RoundTripper {
	secrets := newScrubber(config.APIKey)
	chain := baseTransport(config.HTTPClient)
	chain = sendOnce(chain)
	chain = authenticate(chain, base, config.APIKey, config.UserAgent)
	chain = readWhole(chain, config.limits)
	chain = redact(chain, secrets)
	chain = resend(chain, retry, config.Logger)
	chain = keepCreated(chain)
	chain = withTimeout(chain, config.HTTPClient.Timeout)
	return chain
}

// roundTripper makes a link of the chain from a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// SSHKeys returns the SSH keys of one project. It sends nothing: whether the project exists shows in the first call.
func (c *Cloud) SSHKeys(projectID int64) *SSHKeys {
	return &SSHKeys{cloud: c, projectID: projectID}
}

// API returns the generated client, with one method for each operation of openapi.yaml. Its requests pass the same
// transport chain as those of SSHKeys: authentication, retries where they are safe, limits, redaction.
//
// Two things are different there. Its responses hold the body as it came, in Body: after a create by the platform
// that is the private key in plain text, so print and log none of it. And nobody looks for the outcome of a create
// whose answer was lost, as SSHKeys.Create does.
func (c *Cloud) API() *ClientWithResponses { return c.api }

// Format writes the client's base URL and nothing else, whatever the verb.
func (c *Cloud) Format(f fmt.State, _ rune) {
	if c == nil {
		_, _ = io.WriteString(f, "gcore.Cloud(nil)")
		return
	}
	_, _ = fmt.Fprintf(f, "gcore.Cloud(%s)", c.baseURL)
}

// LogValue returns what Format writes, for slog.
func (c *Cloud) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }
