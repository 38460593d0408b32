package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
)

const (
	oasdiff = "github.com/oasdiff/oasdiff@v1.36.0"
	apidiff = "golang.org/x/exp/cmd/apidiff@v0.0.0-20261014143641-f0251eb4aa3e"
	module  = "github.com/gcore-sshkeys/gcore-sshkeys-go"
)

// promised are the packages whose exported names do not break unannounced.
var promised = []string{"gcore", "gcore/gcoretest", "contract"}

// A change breaks those who use the contract or a package.
type change struct {
	kind string
	pkg  string // of a Go name, such as gcore/gcoretest
	name string // an operationId or a Go name, such as Server.Add; what an entry in CHANGELOG.md has to name
	text string // what the tool says
}

// The kinds of changes, as headings.
const (
	inContract  = "openapi.yaml"
	handWritten = "Go names written by hand"
	generated   = "Go names generated from openapi.yaml, which a minor release may change"
)

// operationChanges reads a report of oasdiff. What belongs to no operation, such as a security scheme, is named openapi.yaml.
func operationChanges(report []byte) ([]change, error) {
	var found []struct{ Text, OperationID string }
	if err := json.Unmarshal(report, &found); err != nil {
		return nil, fmt.Errorf("read the report of %s: %w", oasdiff, err)
	}
	var changes []change
	for _, f := range found {
		if f.Text == "" {
			return nil, fmt.Errorf("the report of %s has a change without a text", oasdiff)
		}
		changes = append(changes, change{kind: inContract, name: cmp.Or(f.OperationID, "openapi.yaml"), text: f.Text})
	}
	return changes, nil
}

// goChanges reads a report of apidiff about a module. A name is generated if one of the trees declares it in a *.gen.go.
func goChanges(report []byte, trees ...string) ([]change, error) {
	var changes []change
	for line := range strings.Lines(string(report)) {
		where, text, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "- "), ": ")
		if !ok {
			return nil, fmt.Errorf("the report of %s has a line that is no change: %s", apidiff, line)
		}
		c := change{kind: handWritten, text: text}
		if pkg, gone := strings.CutPrefix(where, "package "+module+"/"); gone {
			c.pkg, c.name = pkg, "package"
		} else {
			c.pkg, c.name, _ = strings.Cut(strings.TrimPrefix(where, "./"), ".")
			c.name = pointer.ReplaceAllString(c.name, "$1")
		}
		if !slices.Contains(promised, c.pkg) {
			continue
		}
		declared := map[string]string{}
		for _, tree := range trees {
			if err := declare(declared, filepath.Join(tree, filepath.FromSlash(c.pkg))); err != nil {
				return nil, err
			}
		}
		typeName, _, _ := strings.Cut(c.name, ".")
		c.kind = cmp.Or(declared[c.name], declared[typeName], handWritten) // fields and methods of interfaces are where the type is
		changes = append(changes, c)
	}
	return changes, nil
}

// declare notes for the functions, methods, types, constants and variables of a package whether they are generated.
func declare(declared map[string]string, folder string) error {
	files, _ := filepath.Glob(filepath.Join(folder, "*.go"))
	for _, file := range files {
		kind := handWritten
		if strings.HasSuffix(file, ".gen.go") {
			kind = generated
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, declaration := range parsed.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				name := d.Name.Name
				if d.Recv != nil {
					name = strings.TrimPrefix(types.ExprString(d.Recv.List[0].Type), "*") + "." + name
				}
				declared[name] = kind
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.TypeSpec:
						declared[s.Name.Name] = kind
					case *ast.ValueSpec:
						for _, name := range s.Names {
							declared[name.Name] = kind
						}
					}
				}
			}
		}
	}
	return nil
}
