package gcore

import (
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/apikey"
)

// authHandler adds the API key, and the User-Agent if the caller set none. The key is sent to the origin of the base URL only: a
// RequestEditorFn can change the URL of a request. The handler changes the request, which is the attempt's copy.
func authHandler(next doer, base *url.URL, apiKey, userAgent string) doer {
	allowed := origin(base)
	credentials := apikey.Scheme + " " + apiKey
	return func(req *http.Request) (*http.Response, error) {
		values := []string{credentials, userAgent}
		delete(req.Header, "Authorization")
		if req.URL.Scheme == base.Scheme && req.URL.Host == base.Host || origin(req.URL) == allowed {
			req.Header["Authorization"] = values[:1:1]
		}
		if len(req.Header["User-Agent"]) == 0 {
			req.Header["User-Agent"] = values[1:2:2]
		}
		return next(req)
	}
}

// origin is a URL's scheme, host and port, with the port spelled out.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// userAgentOf names this module and the version of it that the program was built with, where that is known.
func userAgentOf(info *debug.BuildInfo, ok bool) string {
	const name = "gcore-sshkeys-go"
	if !ok {
		return name
	}
	for _, module := range append(info.Deps, &info.Main) {
		if strings.HasSuffix(module.Path, "/"+name) && module.Version != "" && module.Version != "(devel)" {
			return name + "/" + module.Version
		}
	}
	return name
}
