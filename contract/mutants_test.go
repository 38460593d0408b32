package contract_test

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

// The contract tests are tested here: openapi.yaml is broken on purpose, in every way that mutate
// knows, and each time the very checks that it has to pass itself must notice. What they check it
// with comes from the client, the recordings and invalid_messages.json, never from the document at hand. So
// the same edit in openapi.yaml fails TestTheContractHolds.

// The evidence is what a document is checked with.
type evidence struct {
	valid     []message // captured, recorded, and accepted by invalid_messages.json
	refused   []message
	exercised []message // captured and recorded: what has to exercise the whole document
	errors    []message // recorded errors
}

var gather = sync.OnceValues(func() (*evidence, error) {
	requests, err := captured()
	if err != nil {
		return nil, err
	}
	recorded, err := recordings()
	if err != nil {
		return nil, err
	}
	file, err := readRefused()
	if err != nil {
		return nil, err
	}
	e := &evidence{exercised: requests, refused: file.refused}
	for _, r := range recorded {
		e.exercised = append(e.exercised, r.request, r.response)
		if r.response.status >= 400 {
			e.errors = append(e.errors, r.response)
		}
	}
	e.valid = slices.Concat(file.accepted, e.exercised)
	return e, nil
})

// notice returns the first thing that is wrong with a document, and what noticed it; nothing if the
// document is the contract.
func (e *evidence) notice(document string) (by, what string) {
	v, err := contract.NewGcores(document)
	if err != nil {
		return "loading it", err.Error()
	}
	for _, m := range e.refused {
		if got := violations(m.check(v)); !slices.Equal(got, m.breaks) {
			return "a refused message", fmt.Sprintf("%v instead of %v: %s", got, m.breaks, m.name)
		}
	}
	for _, m := range e.valid {
		if got := violations(m.check(v)); got != nil {
			return "a valid message", fmt.Sprintf("%v: %s", got, m.name)
		}
	}
	coverage, err := newCoverage(document)
	if err != nil {
		return "loading it", err.Error()
	}
	if wrong := wrongFact(coverage.doc); wrong != "" {
		return "a published fact", wrong
	}
	for _, m := range e.errors {
		_, op, _ := coverage.route(m)
		if documented := classes(op.Responses.Status(m.status).Value); !documented[exceptionClass(m.body)] {
			return "an error class", fmt.Sprintf("%v is documented: %s", slices.Collect(maps.Keys(documented)), m.name)
		}
	}
	for _, m := range e.exercised {
		coverage.see(m)
	}
	if missing := coverage.missing(); len(missing) > 0 {
		return "coverage", fmt.Sprintf("nothing exercises %v", missing)
	}
	return "", ""
}

func TestTheContractHolds(t *testing.T) {
	t.Parallel()
	e, err := gather()
	require.NoError(t, err)
	by, what := e.notice(openAPI)
	assert.Empty(t, what, "noticed by %s", by)

	// The control of the test below: it is not the mutator's way of writing YAML that is noticed.
	var document yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(openAPI), &document))
	same, err := yaml.Marshal(&document)
	require.NoError(t, err)
	_, what = e.notice(string(same))
	assert.Empty(t, what, "nothing was changed")
}

func TestEveryMutantOfTheContractIsNoticed(t *testing.T) {
	t.Parallel()
	e, err := gather()
	require.NoError(t, err)
	mutants, err := mutate(openAPI)
	require.NoError(t, err)
	_, what := e.notice(openAPI)
	require.Empty(t, what, "while openapi.yaml itself is noticed, every mutant of it would be")

	noticed := make([]string, len(mutants))
	work := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range work {
				noticed[i], _ = e.notice(mutants[i].document)
			}
		})
	}
	for i := range mutants {
		work <- i
	}
	close(work)
	workers.Wait()

	killed, same := 0, 0
	score := map[string]int{}
	names := map[string]bool{}
	for i, m := range mutants {
		assert.False(t, names[m.name], "two mutants are called %s", m.name)
		names[m.name] = true
		reason := equivalents[m.name]
		switch {
		case noticed[i] != "" && reason != "":
			t.Errorf("%s is noticed after all, by %s: take it off the list of equivalents", m.name, noticed[i])
		case noticed[i] != "":
			killed++
			score[noticed[i]]++
		case reason != "":
			same++
		default:
			t.Errorf("%s: nothing notices: add a message to testdata/invalid_messages.json that this change accepts or rejects", m.name)
		}
	}
	t.Logf("%d mutants, %d killed, %d equivalent", len(mutants), killed, same)
	for _, by := range slices.Sorted(maps.Keys(score)) {
		t.Logf("%4d noticed by %s", score[by], by)
	}
	assert.GreaterOrEqual(t, len(mutants), 1428)
	for name := range equivalents {
		assert.True(t, names[name], "there is no mutant %s: take it off the list of equivalents", name)
	}
}

// equivalents are the mutants that mean the same as openapi.yaml, with the reason.
var equivalents = map[string]string{
	"/components/schemas/SSHKeyState/type dropped": "the enum has only strings, and is what a value of another type breaks",
}
