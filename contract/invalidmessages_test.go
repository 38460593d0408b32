package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// testdata/invalid_messages.json says, without a look at openapi.yaml, which messages the contract lets pass
// and which it must refuse, and why. It has a few base messages, all valid, and then messages that
// differ from one of them by what their line says: those that are accepted, at the edge of what is
// allowed, and those that are refused, with each violation. It is data: nothing regenerates it.
type refusedFile struct {
	About    []string              `json:"about"`
	Bases    map[string]*variation `json:"bases"`
	Accepted []*variation          `json:"accepted"`
	Refused  []*variation          `json:"refused"`
}

// A variation is one line of the file.
type variation struct {
	Of      string                     `json:"of"`      // the base that it starts from
	Request string                     `json:"request"` // the method and the target
	Status  int                        `json:"status"`  // of a response
	Header  map[string]json.RawMessage `json:"header"`  // a value, several, or null to leave the header out
	Body    json.RawMessage            `json:"body"`    // of a base: JSON; of others: the body as it is, in a string

	Without string          `json:"without"` // leaves a value of the body out
	At      string          `json:"at"`      // puts another value there:
	Put     json.RawMessage `json:"put"`     // this one
	Repeat  []any           `json:"repeat"`  // or this text, so many times

	Breaks texts `json:"breaks"` // violations, each "operation part pointer: rule"

	line string
}

// texts is a list of strings, which a single string stands for too.
type texts []string

func (t *texts) UnmarshalJSON(data []byte) error {
	if data[0] == '[' {
		return json.Unmarshal(data, (*[]string)(t))
	}
	*t = texts{""}
	return json.Unmarshal(data, &(*t)[0])
}

func (v *variation) UnmarshalJSON(data []byte) error {
	type plain variation
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	v.line = string(data)
	return decoder.Decode((*plain)(v))
}

// message returns the variation of base; of nothing, if base is nil.
func (v *variation) message(base *variation) (message, error) {
	m := message{name: v.line, status: v.Status, header: http.Header{}, breaks: v.Breaks}
	if base != nil {
		b, err := base.message(nil)
		if err != nil {
			return m, err
		}
		b.name, b.breaks = m.name, m.breaks
		m = b
	}
	if v.Request != "" {
		m.method, m.target, _ = strings.Cut(v.Request, " ")
	}
	if v.Status != 0 {
		m.status = v.Status
	}
	for name, value := range v.Header {
		var values texts
		if string(value) == "null" {
			delete(m.header, name)
		} else if err := json.Unmarshal(value, &values); err != nil {
			return m, err
		} else {
			m.header[name] = values
		}
	}
	var err error
	switch {
	case v.Body != nil && base == nil:
		m.body = string(v.Body)
	case v.Body != nil:
		err = json.Unmarshal(v.Body, &m.body)
	case v.Without != "":
		m.body, err = edit(m.body, v.Without, nil)
	case v.Repeat != nil:
		text := strings.Repeat(v.Repeat[0].(string), int(v.Repeat[1].(float64)))
		m.body, err = edit(m.body, v.At, json.RawMessage(strconv.Quote(text)))
	case v.At != "":
		m.body, err = edit(m.body, v.At, v.Put)
	}
	return m, err
}

// edit returns a JSON text with the value at a pointer exchanged, or left out if value is nil.
func edit(text, pointer string, value json.RawMessage) (string, error) {
	parent, name := pointer[:strings.LastIndex(pointer, "/")], pointer[strings.LastIndex(pointer, "/")+1:]
	var root any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&root); err != nil {
		return "", err
	}
	at := root
	for key := range strings.SplitSeq(strings.TrimPrefix(parent, "/"), "/") {
		if object, ok := at.(map[string]any); ok && parent != "" {
			at = object[key]
		} else if list, ok := at.([]any); ok {
			at = list[0] // which is all that the bases have
		}
	}
	switch at := at.(type) {
	case map[string]any:
		if _, there := at[name]; value == nil && !there {
			return "", fmt.Errorf("%s is not there to be left out", pointer)
		}
		if at[name] = value; value == nil {
			delete(at, name)
		}
	case []any:
		at[0] = value
	default:
		return "", fmt.Errorf("%s leads nowhere", pointer)
	}
	edited, err := json.Marshal(root)
	return string(edited), err
}

// readRefused returns the messages of the file: those that are accepted, the bases among them, and
// those that are refused.
var readRefused = sync.OnceValues(func() (all struct{ accepted, refused []message }, err error) {
	data, err := os.ReadFile("testdata/invalid_messages.json")
	if err != nil {
		return all, err
	}
	var file refusedFile
	if err := json.Unmarshal(data, &file); err != nil {
		return all, err
	}
	for of := range maps.Keys(file.Bases) {
		m, err := file.Bases[of].message(nil)
		if err != nil {
			return all, fmt.Errorf("base %s: %w", of, err)
		}
		all.accepted = append(all.accepted, m)
	}
	read := func(variations []*variation) (messages []message, err error) {
		for _, v := range variations {
			base := file.Bases[v.Of]
			if base == nil {
				return nil, fmt.Errorf("%s: there is no such base", v.line)
			}
			m, err := v.message(base)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", v.line, err)
			}
			messages = append(messages, m)
		}
		return messages, nil
	}
	accepted, err := read(file.Accepted)
	if err != nil {
		return all, err
	}
	all.accepted = append(all.accepted, accepted...)
	all.refused, err = read(file.Refused)
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
	assert.GreaterOrEqual(t, len(file.refused), 200)
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
