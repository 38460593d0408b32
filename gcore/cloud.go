package gcore

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
)

// Cloud is a client of Gcore Cloud. It is safe for concurrent use; make one and keep it.
//
// It never shows its API key: fmt and slog print only its base URL, and reflection does not find the key.
type Cloud struct {
	api    *ClientWithResponses
	client *Client // for the methods of SSHKeys, which decode responses themselves
	config Config  // resolved, and without the API key and the transport
}

// NewCloud returns a client for the account that the API key belongs to. It sends nothing. It fails if neither config nor
// the environment has an API key, or if a field of config is not valid; the error says which.
func NewCloud(config Config) (*Cloud, error) {
	config, base, err := config.resolve()
	if err != nil {
		return nil, fmt.Errorf("gcore: %w", err)
	}
	secrets := newScrubber(config.APIKey)
	handler := newHandler(config, base, secrets)
	client, err := NewClient(base.String(), WithHTTPClient(handler))
	if err != nil {
		return nil, fmt.Errorf("gcore: %w", err)
	}
	api, err := NewClientWithResponses(base.String(), WithHTTPClient(apiHandler(handler, secrets)))
	if err != nil {
		return nil, fmt.Errorf("gcore: %w", err)
	}
	// The Config that is kept has no transport, since the buffers of one contain the API key.
	config.APIKey, config.HTTPClient = "", &http.Client{Timeout: config.HTTPClient.Timeout}
	return &Cloud{api: api, client: client, config: config}, nil
}

// ProjectID returns Config.ProjectID, or the number in $GCORE_CLOUD_PROJECT_ID when the client was made, or 0 if there was
// neither.
func (c *Cloud) ProjectID() int64 { return c.config.ProjectID }

// SSHKeys returns the SSH keys of one project. It sends nothing: whether the project exists shows in the first call. If
// projectID is below 1, which is no project, all methods of the result fail with ErrInvalid.
func (c *Cloud) SSHKeys(projectID int64) *SSHKeys {
	return &SSHKeys{cloud: c, projectID: projectID}
}

// API returns the generated client, with one method for each operation of openapi.yaml. Its requests pass the same
// handlers as those of SSHKeys: authentication, retries where they are safe, limits, redaction.
//
// It differs from SSHKeys:
//
//   - A successful response has its body, unchanged, in the field Body. After a create with a generated key that is the private
//     key in plain text, so do not print or log it.
//   - Only the response to a create is checked, as SSHKeys.Create does. Others are not compared with the request, and if one
//     does not decode, the error is encoding/json's and can quote its values.
//   - An error response is not a Go error: its status is in the response, and its body has the fields of an Error, without
//     secrets.
//   - If the response to a create is lost, the client does not look for the key.
func (c *Cloud) API() *ClientWithResponses { return c.api }

// Format writes the client's base URL and nothing else, whatever the verb.
func (c *Cloud) Format(f fmt.State, _ rune) {
	if c == nil {
		_, _ = io.WriteString(f, "gcore.Cloud(nil)")
		return
	}
	_, _ = fmt.Fprintf(f, "gcore.Cloud(%s)", c.config.BaseURL)
}

// LogValue returns what Format writes, for slog.
func (c *Cloud) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }
