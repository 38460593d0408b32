package gcoretest

import (
	"fmt"
	"slices"
	"strings"
)

// The names of the constants, in their order: what String returns, and what stands in JSON.
var (
	commitNames = []string{"CommitByStatus", "CommitNow", "CommitNever", "CommitAfterList"}
	breakNames  = []string{"NoBreak", "DropBeforeHeaders", "DropInBody", "StallBeforeHeaders", "StallInBody"}
)

// String returns the constant's name, such as CommitNever.
func (c Commit) String() string { return nameOf("Commit", commitNames, int(c)) }

// MarshalText returns the constant's name, which is how a Commit is written in JSON. It fails for other values.
func (c Commit) MarshalText() ([]byte, error) { return marshal(c.String()) }

// UnmarshalText sets c to the constant with this name. It fails if there is none.
func (c *Commit) UnmarshalText(name []byte) error {
	i, err := indexOf("Commit", commitNames, name)
	*c = Commit(i)
	return err
}

// String returns the constant's name, such as DropInBody.
func (b Break) String() string { return nameOf("Break", breakNames, int(b)) }

// MarshalText returns the constant's name, which is how a Break is written in JSON. It fails for other values.
func (b Break) MarshalText() ([]byte, error) { return marshal(b.String()) }

// UnmarshalText sets b to the constant with this name. It fails if there is none.
func (b *Break) UnmarshalText(name []byte) error {
	i, err := indexOf("Break", breakNames, name)
	*b = Break(i)
	return err
}

func nameOf(kind string, names []string, i int) string {
	if i < 0 || i >= len(names) {
		return fmt.Sprintf("%s(%d)", kind, i)
	}
	return names[i]
}

func marshal(name string) ([]byte, error) {
	if strings.HasSuffix(name, ")") { // a number
		return nil, fmt.Errorf("gcoretest: there is no %s", name)
	}
	return []byte(name), nil
}

func indexOf(kind string, names []string, name []byte) (int, error) {
	i := slices.Index(names, string(name))
	if i < 0 {
		return 0, fmt.Errorf("gcoretest: no %s is named %q: use one of %s", kind, name, strings.Join(names, ", "))
	}
	return i, nil
}
