package gcore

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/apikey"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/env"
)

// DefaultBaseURL is the address of Gcore's public API, according to Gcore's API documentation.
const DefaultBaseURL = "https://api.gcore.com"

// Config says how NewCloud reaches Gcore. The zero value takes what it needs from the environment, so that
// NewCloud(Config{}) takes the environment variables of Gcore's official SDK.
//
// fmt and slog print a Config without its APIKey, and encoders leave the APIKey out. But APIKey is a plain string, and a
// printer that does not call methods shows it: fmt with %p and %w, fmt for a Config in an unexported field, and the
// failure diffs of testify. So keep the Cloud, which never shows its key, and not the Config.
type Config struct {
	// APIKey is a permanent API token, such as 1234$abcdef, without the word "apikey": printable ASCII, without spaces
	// at the ends. Empty means $GCORE_API_KEY.
	APIKey string `json:"-" xml:"-" yaml:"-"`

	// ProjectID is the project that Cloud.ProjectID returns. 0 means $GCORE_CLOUD_PROJECT_ID, and if that is empty too, no
	// project.
	ProjectID int64

	// BaseURL is the address of the API: scheme, host and optionally a path, but no user, query or fragment. Empty means
	// $GCORE_BASE_URL, and if that is empty too, DefaultBaseURL. NewCloud fails for plain http unless the host is this
	// machine or AllowHTTP is set.
	BaseURL string

	// HTTPClient sends the requests. Only its Transport and its Timeout are used. Timeout bounds a call with all its
	// retries, but SSHKeys.Create can continue after a deadline, as its comment says. Redirects are not followed, and a Jar
	// is not used. Nil means a client that uses HTTP/1.1 and the proxy variables of the environment. With any client, an
	// attempt ends if the headers of a response do not arrive within a minute, or its body within another.
	//
	// A create without a public key uses a new connection, which is closed after it. For that, NewCloud clones an
	// *http.Transport, without the protocols that RegisterProtocol added.
	//
	// A RoundTripper around an *http.Transport, such as otelhttp's, sees the API key and private keys. It must pass on the
	// context of the request: without that the client cannot know whether a create was sent, and a create that failed ends
	// with an *UnknownOutcomeError. It must not retry requests, as that can create two keys.
	HTTPClient *http.Client `json:"-" xml:"-" yaml:"-"`

	// UserAgent is sent in the header of that name. Empty means gcore-sshkeys-go and its version.
	UserAgent string

	// MaxRetries is how often a request is retried after a failure that allows it: a call sends at most MaxRetries+1
	// requests. These do not include the requests that net/http itself repeats, which have no body and met a connection
	// that the server had closed. 0 means 3; a negative number means no retries. The requests that look for the outcome of
	// a create count separately.
	MaxRetries int

	// Backoff returns how long to wait before the next retry, or before the next lookup of the outcome of a create; 0 or
	// less means no wait. retries is the number of retries, or of repeated lookups, already made. retryAfter is what the
	// server asked for in a Retry-After header: 0 if nothing, a minute at most. Several goroutines can call it at once.
	// Nil means the larger of retryAfter and a random time below a limit that doubles with each retry, from 0.5 to 8
	// seconds.
	Backoff func(retries int, retryAfter time.Duration) time.Duration `json:"-" xml:"-" yaml:"-"`

	// Logger receives warnings, such as that a public key was added twice, and each attempt at debug level. No record
	// contains a secret. Nil means no log.
	Logger *slog.Logger `json:"-" xml:"-" yaml:"-"`

	// AllowHTTP permits a BaseURL with plain http to another machine, where anyone on the network path can read
	// the API key and the private keys.
	AllowHTTP bool

	limits limits
}

// limits bounds how long one attempt may take. Tests shorten them.
type limits struct {
	headers time.Duration // from sending a request to the headers of its response
	body    time.Duration // from the headers to the end of the body
	grace   time.Duration // how long a cancelled create may continue to read a response that has begun
}

// resolve fills in the empty fields and fails if one is not valid. Its errors quote neither the API key nor the URL, which
// could contain a password.
func (c Config) resolve() (Config, *url.URL, error) {
	c.APIKey = cmp.Or(c.APIKey, os.Getenv(env.APIKey))
	if c.APIKey == "" {
		return c, nil, errors.New("no API key: set Config.APIKey, or " + env.APIKey + " in the environment")
	}
	if err := apikey.Check(c.APIKey); err != nil {
		return c, nil, err
	}
	if text := os.Getenv(env.ProjectID); c.ProjectID == 0 && text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 || strconv.FormatInt(n, 10) != text {
			return c, nil, errors.New(env.ProjectID + " is not the number of a project, which is 1 or more")
		}
		c.ProjectID = n
	}
	if c.ProjectID < 0 {
		return c, nil, fmt.Errorf("ProjectID is %d: give the number of a project, or 0 for none", c.ProjectID)
	}
	c.BaseURL = cmp.Or(c.BaseURL, os.Getenv(env.BaseURL), DefaultBaseURL)
	base, err := parseBaseURL(c.BaseURL, c.AllowHTTP)
	if err != nil {
		return c, nil, err
	}
	c.UserAgent = cmp.Or(c.UserAgent, userAgentOf(debug.ReadBuildInfo()))
	if strings.ContainsFunc(c.UserAgent, unicode.IsControl) {
		return c, nil, errors.New("UserAgent holds a line break or another control character: remove it")
	}
	c.MaxRetries = max(cmp.Or(c.MaxRetries, 3), 0)
	if c.Backoff == nil {
		c.Backoff = defaultBackoff
	}
	c.HTTPClient = cmp.Or(c.HTTPClient, &http.Client{})
	c.Logger = cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
	c.limits = cmp.Or(c.limits, limits{headers: time.Minute, body: time.Minute, grace: 10 * time.Second})
	return c, base, nil
}

func parseBaseURL(text string, allowHTTP bool) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "", u.Opaque != "":
		return nil, errors.New("BaseURL is not a web address: give something like " + DefaultBaseURL)
	case u.User != nil:
		return nil, errors.New("BaseURL holds a user or password: remove it, the API key is the only credential")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("BaseURL holds a query or a fragment: remove it")
	case u.Scheme == "http" && !allowHTTP && !isLoopback(u.Hostname()):
		return nil, errors.New("BaseURL is plain http to another machine, which would show the API key and private keys" +
			" to anyone on the network path: use https, or set AllowHTTP if you must")
	}
	return u, nil
}

func isLoopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

// String describes the configuration without its API key.
func (c Config) String() string {
	key, base := "none", c.BaseURL
	if c.APIKey != "" {
		key = redacted
	}
	if strings.Contains(base, "@") { // a password, perhaps: NewCloud rejects such a URL
		base = redacted
	}
	return fmt.Sprintf("gcore.Config{APIKey: %s, ProjectID: %d, BaseURL: %q, UserAgent: %q, MaxRetries: %d, AllowHTTP: %t}",
		key, c.ProjectID, base, c.UserAgent, c.MaxRetries, c.AllowHTTP)
}

// Format writes what String returns, whatever the verb.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue returns what String does, for slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// GobEncode always fails, as gob would write the API key into the stream.
func (c Config) GobEncode() ([]byte, error) {
	return nil, errors.New("a gcore.Config is not encoded, since it holds an API key")
}
