package gcore

import (
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
)

// authScheme is the word before the token in the Authorization header (the page of createSSHKey).
const authScheme = "apikey"

// authenticate is the link that adds the API key, and the User-Agent where the caller set none. The key goes to
// the origin of the base URL and nowhere else, whatever URL a request came to have on its way here.
func authenticate(next http.RoundTripper, base *url.URL, apiKey, userAgent string) http.RoundTripper {
	allowed := origin(base)
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		sent := req.Clone(req.Context())
		sent.Header.Del("Authorization")
		if origin(req.URL) == allowed {
			sent.Header.Set("Authorization", authScheme+" "+apiKey)
		}
		if sent.Header.Get("User-Agent") == "" {
			sent.Header.Set("User-Agent", userAgent)
		}
		rsp, err := next.RoundTrip(sent)
		if rsp != nil {
			rsp.Request = req // not sent, whose header holds the key and would be printed with the response
		}
		return rsp, err
	})
}

// origin is a URL's scheme, host and port, with the port spelled out.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// defaultUserAgent names this module and the version of it that the program was built with, where that is known.
func defaultUserAgent() string {
	const name = "gcore-sshkeys-go"
	info, ok := debug.ReadBuildInfo()
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
