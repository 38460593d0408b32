package contract_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// testdata/invalid_messages.json says, without a look at openapi.yaml, which messages the contract lets pass
// and which it must refuse, and why. It has a few base messages, all valid, and then lines that say how
// messages differ from one of them: those that are accepted, at the edge of what is allowed, and those that
// are refused, with each violation. It is data: nothing regenerates it.
type messagesFile struct {
	About    []string              `json:"about"`
	Bases    map[string]*variation `json:"bases"`
	Accepted []line                `json:"accepted"`
	Refused  []line                `json:"refused"`
}

// A line stands for one message, or for several where a field holds a list.
type line map[string]json.RawMessage

// expand returns the variations of a line.
func (f *messagesFile) expand(l line) (all []variation, err error) {
	for _, field := range slices.Sorted(maps.Keys(l)) {
		values, err := f.values(field, l[field])
		if err != nil {
			return nil, err
		}
		for _, value := range values {
			one := maps.Clone(l)
			delete(one, field)
			one[strings.Replace(field, "puts", "put", 1)] = value
			expanded, err := f.expand(one)
			if err != nil {
				return nil, err
			}
			all = append(all, expanded...)
		}
		if values != nil {
			return all, nil
		}
	}
	data, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	v := variation{name: string(data)}
	err = decoder.Decode(&v)
	return []variation{v}, err
}

// values returns the values that a field stands for, nil if it is one value.
func (f *messagesFile) values(field string, value json.RawMessage) (values []json.RawMessage, err error) {
	switch {
	case field == "of" || field == "to":
		var names texts
		if err := json.Unmarshal(value, &names); err != nil {
			return nil, err
		}
		if len(names) == 1 && f.Bases[names[0]] != nil {
			return nil, nil
		}
		for _, name := range names {
			before := len(values)
			for _, base := range slices.Sorted(maps.Keys(f.Bases)) {
				if f.Bases[base].in(name, base) {
					values = append(values, json.RawMessage(strconv.Quote(base)))
				}
			}
			if len(values) == before {
				return nil, fmt.Errorf("there is no base %q", name)
			}
		}
	case field != "put" && field != "repeat" && field != "breaks" && value[0] == '[':
		err = json.Unmarshal(value, &values)
	}
	return values, err
}

// readRefused returns the messages of the file: those that are accepted, the bases among them, and
// those that are refused.
var readRefused = sync.OnceValues(func() (all struct{ accepted, refused []message }, err error) {
	data, err := os.ReadFile("testdata/invalid_messages.json")
	if err != nil {
		return all, err
	}
	var file messagesFile
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return all, err
	}
	for name, base := range file.Bases {
		m, err := file.complete(base)
		if err != nil {
			return all, fmt.Errorf("base %s: %w", name, err)
		}
		m.name = "base " + name
		all.accepted = append(all.accepted, m)
	}
	read := func(lines []line, messages *[]message) error {
		for _, l := range lines {
			variations, err := file.expand(l)
			if err != nil {
				return fmt.Errorf("%s: %w", l, err)
			}
			for _, v := range variations {
				m, err := file.complete(&v)
				if err != nil {
					return fmt.Errorf("%s: %w", v.name, err)
				}
				*messages = append(*messages, m)
			}
		}
		return nil
	}
	err = errors.Join(read(file.Accepted, &all.accepted), read(file.Refused, &all.refused))
	return all, err
})

func TestRefusedMessagesAreRefusedForTheRuleTheyBreak(t *testing.T) {
	t.Parallel()
	file, err := readRefused()
	require.NoError(t, err)
	for _, m := range file.refused {
		if assert.NotEmpty(t, m.breaks, m.name) {
			assert.Equal(t, m.breaks, violations(m.check(validator)), m.name)
		}
	}
	t.Logf("%d refused messages", len(file.refused))
	assert.GreaterOrEqual(t, len(file.refused), 700)
}

func TestAcceptedMessagesAreAccepted(t *testing.T) {
	t.Parallel()
	file, err := readRefused()
	require.NoError(t, err)
	for _, m := range file.accepted {
		assert.Empty(t, m.breaks, m.name)
		assert.Empty(t, violations(m.check(validator)), m.name)
	}
	t.Logf("%d accepted messages", len(file.accepted))
}
