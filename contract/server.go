package contract

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// basePaths returns what a request can have before each path: the paths of the servers' URLs, the longest first, and "", for test
// servers. Variables have their default values.
func basePaths(servers openapi3.Servers) ([]string, error) {
	bases := []string{""}
	for _, server := range servers {
		address := server.URL
		for name, variable := range server.Variables {
			address = strings.ReplaceAll(address, "{"+name+"}", variable.Default)
		}
		u, err := url.Parse(address)
		if err != nil {
			return nil, fmt.Errorf("contract: the server %q is not a URL", server.URL)
		}
		base := strings.TrimRight(u.Path, "/")
		if strings.ContainsAny(base, "{}") || base != "" && base[0] != '/' {
			return nil, fmt.Errorf("contract: the path of the server %q cannot be matched: let it start with a slash, and have no braces but those of variables", server.URL)
		}
		if !slices.Contains(bases, base) {
			bases = append(bases, base)
		}
	}
	slices.SortStableFunc(bases, func(a, b string) int { return len(b) - len(a) })
	return bases, nil
}
