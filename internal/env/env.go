// Package env names the environment variables that the client and its programs read.
package env

// The API key, the number of a project, and the address of another server than Gcore's.
const (
	APIKey    = "GCORE_API_KEY" //nolint:gosec // It is a name, not a key.
	ProjectID = "GCORE_CLOUD_PROJECT_ID"
	BaseURL   = "GCORE_BASE_URL"
)
