package contract_test

import (
	"errors"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// planting returns a message with a canary in every text that its sender chose: each string of the
// body, each header and the query; and then one for each of these alone.
func planting(m message) []message {
	var all []message
	everywhere := m
	everywhere.header = http.Header{}
	for name, values := range m.header {
		alone := m
		alone.header = maps.Clone(m.header)
		for _, value := range values {
			everywhere.header[name] = append(everywhere.header[name], value+canary)
		}
		alone.header[name] = everywhere.header[name]
		all = append(all, alone)
	}
	if strings.Contains(m.target, "=") {
		everywhere.target += canary
	}
	places := jsonString.FindAllStringSubmatchIndex(m.body, -1)
	for _, place := range places {
		alone := m
		alone.body = m.body[:place[3]] + canary + m.body[place[3]:]
		all = append(all, alone)
	}
	if everywhere.body = jsonString.ReplaceAllString(m.body, `"${1}`+canary+`"${2}`); len(places) == 0 && m.body != "" {
		everywhere.body += canary // which may be no JSON at all
	}
	return append(all, everywhere)
}

// jsonString is a value that is a string, not the name of a property.
var jsonString = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"(\s*(?:[,}\]]|$))`)

func TestNoErrorResponseHoldsACanary(t *testing.T) {
	t.Parallel()
	file, err := readRefused()
	require.NoError(t, err)
	rules, broke := map[string]bool{}, map[string]bool{}
	w := &witness{t: t, rules: broke}
	inPrivateKey, inAuthorization, total := 0, 0, 0
	for _, m := range file.refused {
		for _, line := range m.breaks {
			rules[line[strings.LastIndex(line, " ")+1:]] = true
		}
		for _, p := range planting(m) {
			total++
			if strings.Contains(strings.Join(p.header["Authorization"], " "), canary) {
				inAuthorization++
			}
			if _, after, ok := strings.Cut(p.body, `"private_key":"`); ok && strings.Contains(strings.SplitN(after, `"`, 2)[0], canary) {
				inPrivateKey++
			}
			w.see(p.check(validator))
			if p.status != 0 {
				continue
			}
			r, err := p.request()
			require.NoError(t, err)
			refuse := validator.Transport(roundTripper(func(*http.Request) (*http.Response, error) { return nil, errSent }), w.see)
			if _, err = refuse.RoundTrip(r); !errors.Is(err, errSent) {
				w.see(err)
			}
		}
	}
	t.Logf("%d messages with a canary, %d with one in private_key, %d with one in Authorization", total, inPrivateKey, inAuthorization)
	assert.Greater(t, inPrivateKey, 50)
	assert.Greater(t, inAuthorization, 50)
	assert.Subset(t, slices.Collect(maps.Keys(broke)), slices.Collect(maps.Keys(rules)), "each rule was broken with a canary there")
}

// errSent stands for a request that was let through: with a canary in its place the message can be valid.
var errSent = errors.New("sent")
