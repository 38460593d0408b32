package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const (
	contract = "openapi.yaml"
	oasdiff  = "github.com/oasdiff/oasdiff@v1.36.0"
)

// openAPIChanges returns how the contract of the tree breaks the one in the folder old.
func openAPIChanges(ctx context.Context, out io.Writer, old, tree string) ([]string, error) {
	before := filepath.Join(old, contract)
	if _, err := os.Stat(before); os.IsNotExist(err) {
		fmt.Fprintf(out, "  %s: not there before, so nothing to compare\n", contract)
		return nil, nil
	}
	report, err := output(ctx, tree, "go", "run", oasdiff, "breaking", "--format", "json", before, contract)
	if err != nil {
		return nil, err
	}
	return parseOasdiff(report)
}

// parseOasdiff reads the JSON report of oasdiff breaking.
func parseOasdiff(report []byte) ([]string, error) {
	var found []struct {
		ID          string `json:"id"`
		Text        string `json:"text"`
		OperationID string `json:"operationId"`
		Method      string `json:"operation"`
		Path        string `json:"path"`
	}
	if err := json.Unmarshal(report, &found); err != nil {
		return nil, fmt.Errorf("read the report of %s: %w", oasdiff, err)
	}
	changes := make([]string, 0, len(found))
	for _, f := range found {
		where := f.OperationID
		if where == "" {
			where = f.Method + " " + f.Path
		}
		if f.Text == "" {
			return nil, fmt.Errorf("the report of %s has no text for %s of %s", oasdiff, f.ID, where)
		}
		changes = append(changes, where+": "+f.Text)
	}
	return changes, nil
}
