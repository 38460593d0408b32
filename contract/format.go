package contract

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// kin-openapi accepts any value for a format that it does not know, such as uuid4. So this package
// checks every format, and rejects a document with an unknown one. The checks are options of each call,
// as the library's registry is global and other packages could change it.

var errFormat = errors.New("not of this format")

var stringFormats = map[string]openapi3.StringFormatValidator{
	"uuid":      holds(isUUID),
	"uuid4":     holds(func(s string) bool { return isUUID(s) && s[14] == '4' && strings.Contains("89abAB", s[19:20]) }),
	"date-time": holds(isDateTime),
	"date": openapi3.NewCallbackValidator(func(s string) error {
		_, err := time.Parse(time.DateOnly, s)
		return err
	}),

	// These two say how a string is shown or stored, and allow every string.
	"password": holds(func(string) bool { return true }),
	"binary":   holds(func(string) bool { return true }),

	// RFC 4648 section 4, with padding. Go's decoder passes over line breaks.
	"byte": holds(func(s string) bool {
		_, err := base64.StdEncoding.Strict().DecodeString(s)
		return err == nil && !strings.ContainsAny(s, "\r\n")
	}),
	"email": holds(func(s string) bool {
		address, err := mail.ParseAddress(s)
		return err == nil && address.Address == s // and no name or angle brackets around it
	}),
	// RFC 3986 with a scheme: a relative reference is no URI.
	"uri": holds(func(s string) bool {
		u, err := url.Parse(s)
		return err == nil && u.IsAbs() && !strings.ContainsFunc(s, notInURI)
	}),

	// The formats of Python's pydantic library, in which Gcore's API is written, and what its types accept: the notation of
	// the ipaddress module, with a prefix length. The module's other notations (a netmask after the slash, a zone) are
	// refused: no response has them, and not every client reads them.
	"ipv4":          holds(isIPv4),
	"ipv6":          holds(func(s string) bool { a, ok := address(s); return ok && a.Is6() }),
	"ipvanyaddress": holds(func(s string) bool { _, ok := address(s); return ok }),
	// IPvAnyNetwork wants the host bits to be zero. An address alone is a network of one: /32 or /128.
	"ipvanynetwork": holds(func(s string) bool {
		p, err := netip.ParsePrefix(s)
		_, alone := address(s)
		return alone || err == nil && p == p.Masked()
	}),
	// An interface is an address and the network that it is in, so host bits are what it is for. Without a prefix length
	// it is alone in its network.
	"ipvanyinterface": holds(func(s string) bool {
		_, err := netip.ParsePrefix(s)
		_, alone := address(s)
		return alone || err == nil
	}),
	"ipv4interface": holds(func(s string) bool {
		p, err := netip.ParsePrefix(s)
		return isIPv4(s) || err == nil && p.Addr().Is4()
	}),
}

var integerFormats = map[string]openapi3.IntegerFormatValidator{
	"int32": openapi3.NewRangeFormatValidator[int64](math.MinInt32, math.MaxInt32),
	// kin-openapi refuses what does not fit an int64 before it calls this.
	"int64": openapi3.NewRangeFormatValidator[int64](math.MinInt64, math.MaxInt64),
}

var numberFormats = map[string]openapi3.NumberFormatValidator{
	"float":  openapi3.NewRangeFormatValidator(-math.MaxFloat32, math.MaxFloat32),
	"double": openapi3.NewRangeFormatValidator(-math.MaxFloat64, math.MaxFloat64),
}

// holds returns a validator of strings that fulfil a condition.
func holds(condition func(string) bool) openapi3.StringFormatValidator {
	return openapi3.NewCallbackValidator(func(s string) error {
		if !condition(s) {
			return errFormat
		}
		return nil
	})
}

// isUUID reports whether s is 32 hex digits with hyphens between groups of them. It is not a regular expression, which is slow, as each id
// in a path or a list is checked.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		digit := '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
		if hyphen && c != '-' || !hyphen && !digit {
			return false
		}
	}
	return true
}

// isDateTime reports whether s is RFC 3339 with capital T and Z, without leap seconds. time.Time also reads 7:05, a decimal comma and
// an offset of 24 hours or more; these are rejected here.
func isDateTime(s string) bool {
	if new(time.Time).UnmarshalText([]byte(s)) != nil || s[len("2006-01-02T15")] != ':' || s[len("2006-01-02T15:04:05")] == ',' {
		return false
	}
	return strings.HasSuffix(s, "Z") || s[len(s)-len("07:00"):] < "24" && s[len(s)-len("00"):] < "60"
}

// address returns an IP address without a zone, which means something on one machine only.
func address(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	return a, err == nil && a.Zone() == ""
}

func isIPv4(s string) bool {
	a, ok := address(s)
	return ok && a.Is4()
}

// notInURI reports whether a URI can hold a character only percent-encoded, where url.Parse is more lenient.
func notInURI(r rune) bool {
	return r <= ' ' || r > '~' || strings.ContainsRune("\"<>\\^`{|}", r)
}

// checkable refuses a schema whose format would go unchecked. It is an openapi3.WalkSchemasFunc.
func checkable(pointer string, ref *openapi3.SchemaRef) error {
	schema := ref.Value
	if schema.Format == "" {
		return nil
	}
	var known []string
	switch {
	case schema.Type.Is(openapi3.TypeString):
		known = slices.Sorted(maps.Keys(stringFormats))
	case schema.Type.Is(openapi3.TypeInteger):
		known = slices.Sorted(maps.Keys(integerFormats))
	case schema.Type.Is(openapi3.TypeNumber):
		known = slices.Sorted(maps.Keys(numberFormats))
	default:
		return fmt.Errorf("contract: %s: the format %s has no check for this type: leave it out of the document", pointer, schema.Format)
	}
	if !slices.Contains(known, schema.Format) {
		return fmt.Errorf("contract: %s: the format %s has no check for this type: leave it out of the document; formats that are checked: %s",
			pointer, schema.Format, strings.Join(known, ", "))
	}
	return nil
}
