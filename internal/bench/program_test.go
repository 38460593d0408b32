// Package bench_test compares programs that create one key: by this library, by the generated client alone, and by hand.
package bench_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkProgram builds each program, with everything that it imports, and reports the time and the size of the result.
func BenchmarkProgram(b *testing.B) {
	for _, client := range []string{"floor", "gcore", "generated"} {
		b.Run("client="+client, func(b *testing.B) {
			var size int64
			for b.Loop() {
				folder := b.TempDir()
				program := filepath.Join(folder, client)
				cmd := exec.CommandContext(b.Context(), "go", "build", "-o", program, "./"+client)
				cmd.Env = append(os.Environ(), "GOCACHE="+filepath.Join(folder, "cache"))
				out, err := cmd.CombinedOutput()
				require.NoError(b, err, "%s", out)
				info, err := os.Stat(program)
				require.NoError(b, err)
				size = info.Size()
			}
			b.ReportMetric(float64(size), "program-bytes")
		})
	}
}
