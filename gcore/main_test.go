package gcore_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain runs the tests and then looks for goroutines that the client left behind.
func TestMain(m *testing.M) {
	if path := os.Getenv(saveInAChild); path != "" {
		saveUntilKilled(path)
	}
	goleak.VerifyTestMain(m)
}
