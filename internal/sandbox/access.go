package sandbox

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// protect rejects requests for another host name, and those of web pages of other origins, except the one of Config.CORS. Otherwise
// any web page that the user opens could use the sandbox: by a name that resolves to 127.0.0.1 (DNS rebinding), or across origins.
func (s *Sandbox) protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.hostAllowed(r.Host) {
			writeMessage(w, http.StatusForbidden, "this host name is not allowed: start the sandbox with --allow-host and the name")
			return
		}
		origin := r.Header.Get("Origin")
		site := r.Header.Get("Sec-Fetch-Site") // a browser sends it without Origin, too, for an image for instance
		switch {
		case origin == "" && site != "cross-site" && site != "same-site", sameOrigin(origin, r.Host), followsLink(r):
		case origin != "" && origin == s.config.CORS && !isControl(r):
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Add("Vary", "Origin")
			w.Header().Set("Access-Control-Expose-Headers", "Retry-After")
			if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
				preflight(w)
				return
			}
		case isControl(r):
			writeMessage(w, http.StatusForbidden, "web pages of another origin cannot use the control endpoints")
			return
		case origin == "":
			writeMessage(w, http.StatusForbidden, "a page of another site links to this address or loads it: type the address into the browser's address bar")
			return
		default:
			writeMessage(w, http.StatusForbidden, "pages of this origin may not use the sandbox: start it with --cors and the origin")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// followsLink reports whether a user followed a link to the reference page or its document, on a page of any site. That page cannot
// read them, and docsPolicy keeps them out of frames.
func followsLink(r *http.Request) bool {
	return r.Method == http.MethodGet && isDocs(r.URL.Path) && r.Header.Get("Origin") == "" &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

func preflight(w http.ResponseWriter) {
	w.Header().Set("Access-Control-Allow-Methods", "GET, POST, PATCH, PUT, DELETE")
	w.Header().Set("Access-Control-Allow-Headers", "Authorization, *") // * does not cover Authorization
	w.Header().Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

// hostAllowed reports whether a Host header names a loopback address or an allowed host, with any port.
func (s *Sandbox) hostAllowed(hostPort string) bool {
	host := hostPort
	if h, _, err := net.SplitHostPort(hostPort); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if IsLoopback(host) {
		return true
	}
	return slices.ContainsFunc(s.config.AllowHosts, func(allowed string) bool {
		ip := net.ParseIP(allowed) // an IPv6 address has many forms
		return strings.EqualFold(allowed, host) || ip != nil && ip.Equal(net.ParseIP(host))
	})
}

// IsLoopback reports whether a host name or address always means this machine.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Zone() == "" && ip.Unmap().IsLoopback()
}

// sameOrigin reports whether a page of this origin was loaded from the host that the request is addressed to.
func sameOrigin(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Scheme == "http" && u.Host == host
}
