package contract_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// A variation is a line without lists: one message.
type variation struct {
	Of        string                     `json:"of"`        // the base that it starts from
	To        string                     `json:"to"`        // for a response: the base that is its request
	Operation string                     `json:"operation"` // of a base
	Request   string                     `json:"request"`   // the method and the path
	Project   string                     `json:"project_id"`
	Key       string                     `json:"ssh_key_id"`
	Query     string                     `json:"query"`
	Status    int                        `json:"status"` // of a response
	Header    map[string]json.RawMessage `json:"header"` // a value, several, or null to leave the header out
	Body      json.RawMessage            `json:"body"`   // of a base: JSON; of others: the body as it is, in a string

	Without string          `json:"without"` // leaves a value of the body out
	At      string          `json:"at"`      // puts another value there:
	Put     json.RawMessage `json:"put"`     // this one
	Repeat  []any           `json:"repeat"`  // or this text, so many times

	Breaks texts `json:"breaks"` // violations, each "part pointer: rule", where {at} is the pointer of at or without

	name string
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

// in reports whether a base belongs to a group, which "of" and "to" can name in place of it.
func (v *variation) in(group, base string) bool {
	switch group {
	case "requests":
		return v.To == ""
	case "requests but create":
		return v.To == "" && base != "create"
	case "requests with a body":
		return v.To == "" && v.Body != nil
	case "requests without a body":
		return v.To == "" && v.Body == nil
	case "requests for a key":
		return strings.Contains(v.Request, "{ssh_key_id}")
	case "responses":
		return v.To != "" && base != "error"
	case "responses with a body":
		return v.To != "" && (v.Body != nil || v.Of != "")
	}
	return group == base
}

// message returns the message that a variation is, and its operation. The path still has its parameters.
func (f *messagesFile) message(v *variation) (m message, operation string, err error) {
	m.header = http.Header{}
	if v.Of != "" {
		if m, operation, err = f.message(f.Bases[v.Of]); err != nil {
			return m, "", err
		}
	}
	if v.To != "" {
		request, to, err := f.message(f.Bases[v.To])
		if err != nil {
			return m, "", err
		}
		m.method, m.target, operation = request.method, request.target, to
	}
	if v.Request != "" {
		m.method, m.target, _ = strings.Cut(v.Request, " ")
		operation = v.Operation
	}
	if v.Status != 0 {
		m.status = v.Status
	}
	for name, value := range v.Header {
		var values texts
		if string(value) == "null" {
			delete(m.header, name)
		} else if err := json.Unmarshal(value, &values); err != nil {
			return m, "", err
		} else {
			m.header[name] = values
		}
	}
	switch {
	case v.Body != nil && v.Of == "":
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
	return m, operation, err
}

// complete returns the message of a variation, with its path and with what it breaks.
func (f *messagesFile) complete(v *variation) (message, error) {
	m, operation, err := f.message(v)
	m.name = v.name
	m.target = strings.NewReplacer("{project_id}", cmp.Or(v.Project, "1"), "{ssh_key_id}", cmp.Or(v.Key, keyID)).Replace(m.target)
	if v.Query != "" {
		m.target += "?" + v.Query
	}
	for _, rule := range v.Breaks {
		rule = strings.Replace(rule, "{at}", v.At+v.Without, 1)
		m.breaks = append(m.breaks, strings.TrimSpace(operation+" "+rule))
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
