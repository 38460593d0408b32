package sandbox

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

// A Rule says which calls of the API meet a fault. The zero values match every call.
type Rule struct {
	Operation string          `json:"operation,omitzero"`  // an operationId of openapi.yaml
	ProjectID int64           `json:"project_id,omitzero"` // the number in the path
	Name      string          `json:"name,omitzero"`       // the key's name, as in gcoretest.Call
	Nth       int             `json:"nth,omitzero"`        // the first call that meets the fault, counted from 1 among those that match
	Times     int             `json:"times,omitzero"`      // how many calls meet the fault; 0 is 1, -1 all
	Fault     gcoretest.Fault `json:"fault"`
}

// validate fails if the rule could never apply. operations lists all operationIds.
func (r Rule) validate(operations []string) error {
	switch {
	case r.Operation != "" && !slices.Contains(operations, r.Operation):
		return fmt.Errorf("there is no operation %q, but %s", r.Operation, strings.Join(operations, ", "))
	case r.ProjectID < 0:
		return fmt.Errorf("project_id is %d: there is no such project", r.ProjectID)
	case r.Fault.HideFor > 0 && r.Operation != "" && r.Operation != "createSSHKey":
		return fmt.Errorf("hide_for is for createSSHKey, not for %s", r.Operation)
	case r.Nth < 0:
		return fmt.Errorf("nth is %d: count from 1", r.Nth)
	case r.Times < -1:
		return fmt.Errorf("times is %d: use -1 for all calls", r.Times)
	}
	if err := r.Fault.Validate(); err != nil {
		return fmt.Errorf("fault: %w", err)
	}
	if len(r.Fault.Header) == 0 {
		r.Fault.Header = nil // as if it was left out
	}
	if reflect.ValueOf(r.Fault).IsZero() {
		return errors.New("the fault is empty, so it would do nothing")
	}
	return nil
}

// size is about how many bytes the rule takes.
func (r Rule) size() int {
	n := 200 + len(r.Operation) + len(r.Name) + len(r.Fault.Body) + len(r.Fault.Raw)
	for name, values := range r.Fault.Header {
		n += 64 + len(name)
		for _, value := range values {
			n += 16 + len(value)
		}
	}
	return n
}

func (r Rule) matches(call gcoretest.Call) bool {
	return (r.Operation == "" || r.Operation == call.Operation) &&
		(r.ProjectID == 0 || r.ProjectID == call.ProjectID) &&
		(r.Name == "" || r.Name == call.Name)
}

// maxRules bounds how many rules can be set, and maxRuleBytes how much memory they take together.
const (
	maxRules     = 1_000
	maxRuleBytes = 1 << 20
)

var errTooManyRules = errors.New("too many faults, or too large ones: delete some first")

// faultRules holds the rules that are in effect, in the order in which they were set.
type faultRules struct {
	mu    sync.Mutex
	rules []*activeRule
}

type activeRule struct {
	Rule
	Matched int `json:"matched"` // calls so far that the rule matches
	Left    int `json:"left"`    // calls that will still meet the fault; -1: all
}

func (f *faultRules) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = nil
}

// add adds all rules, or none if one is wrong.
func (f *faultRules) add(rules []Rule, operations []string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.addLocked(rules, operations)
}

// replace has these rules replace all others, in one step. It changes nothing if one is wrong.
func (f *faultRules) replace(rules []Rule, operations []string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.rules
	f.rules = nil
	err := f.addLocked(rules, operations)
	if err != nil {
		f.rules = old
	}
	return err
}

func (f *faultRules) addLocked(rules []Rule, operations []string) error {
	size := 0
	for _, rule := range f.rules {
		size += rule.size()
	}
	for _, rule := range rules {
		size += rule.size()
	}
	if len(f.rules)+len(rules) > maxRules || size > maxRuleBytes {
		return errTooManyRules
	}
	var added []*activeRule
	for _, rule := range rules {
		if err := rule.validate(operations); err != nil {
			return err
		}
		left := rule.Times
		if left == 0 {
			left = 1
		}
		added = append(added, &activeRule{Rule: rule, Left: left})
	}
	f.rules = append(f.rules, added...)
	return nil
}

func (f *faultRules) list() []activeRule {
	f.mu.Lock()
	defer f.mu.Unlock()
	rules := make([]activeRule, len(f.rules))
	for i, rule := range f.rules {
		rules[i] = *rule
	}
	return rules
}

// choose returns the fault of the first rule that applies to the call. Every rule that matches the call counts it.
func (f *faultRules) choose(call gcoretest.Call) gcoretest.Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	var chosen *activeRule
	for _, rule := range f.rules {
		if !rule.matches(call) {
			continue
		}
		rule.Matched++
		if chosen == nil && rule.Matched >= rule.Nth {
			chosen = rule
		}
	}
	if chosen == nil {
		return gcoretest.Fault{}
	}
	if chosen.Left > 0 {
		chosen.Left--
	}
	f.rules = slices.DeleteFunc(f.rules, func(rule *activeRule) bool { return rule.Left == 0 })
	return chosen.Fault
}
