package contract_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
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
	planted, places := plantInto(m.body, -1)
	if everywhere.body = planted; places == 0 && m.body != "" {
		everywhere.body += canary // which may be no JSON at all
	}
	for i := range places {
		alone := m
		alone.body, _ = plantInto(m.body, i)
		all = append(all, alone)
	}
	return append(all, everywhere)
}

// plantInto puts a canary into one string of a JSON text, the nth, or into each if n is negative. It
// returns how many strings there are. What is no JSON has none.
func plantInto(text string, n int) (planted string, count int) {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	var root any
	if decoder.Decode(&root) != nil || decoder.More() {
		return text, 0
	}
	var plant func(value any) any
	plant = func(value any) any {
		switch value := value.(type) {
		case string:
			if count++; n < 0 || n == count-1 {
				return value + canary
			}
		case []any:
			for i := range value {
				value[i] = plant(value[i])
			}
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(value)) {
				value[name] = plant(value[name])
			}
		}
		return value
	}
	encoded, _ := json.Marshal(plant(root))
	return string(encoded), count
}

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
