package examples_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

func TestEnsureKeyAddsTheKeyOnce(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "ensure-key")
	for _, created := range []bool{true, false, false} {
		out, err := m.run(t, m.server.APIKey)
		require.NoError(t, err, "%s", out)
		m.assertPrivate(t, m.path("id_gcore"))
		assert.Equal(t, fmt.Sprintln(m.keys()[0].ID, created), out)
	}
	assert.FileExists(t, m.path("id_gcore.pub"))
}

// TestEnsureKeyAfterAnAbort ends a run at each step. The next run leaves one key on the server, and the key is the saved one.
func TestEnsureKeyAfterAnAbort(t *testing.T) {
	t.Parallel()
	finish := func(t *testing.T, m *machine) {
		t.Helper()
		for range 2 {
			out, err := m.run(t, m.server.APIKey)
			require.NoError(t, err, "%s", out)
			m.assertPrivate(t, m.path("id_gcore"))
		}
	}
	t.Run("a kill at each request", func(t *testing.T) {
		t.Parallel()
		killAtEachStep(t, "ensure-key", finish)
	})

	// A kill while Save works leaves one of these behind: see TestKilledSaveLeavesWholeFiles in package gcore.
	for name, after := range map[string]func(t *testing.T, m *machine){
		"before the private half": func(t *testing.T, m *machine) {
			require.NoError(t, os.Rename(m.path("id_gcore"), m.path(".gcore-1.tmp")))
			require.NoError(t, os.Remove(m.path("id_gcore.pub")))
		},
		"between the halves": func(t *testing.T, m *machine) {
			require.NoError(t, os.Remove(m.path("id_gcore.pub")))
		},
		"after both halves": func(*testing.T, *machine) {},
	} {
		t.Run("a kill in Save "+name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, "ensure-key")
			out, err := m.run(t, "1$wrong") // ends after Save
			require.Error(t, err)
			require.Contains(t, out, "401")
			require.Empty(t, m.keys())
			after(t, m)
			finish(t, m)
		})
	}

	t.Run("the response is lost", func(t *testing.T) {
		t.Parallel()
		m := newMachine(t, "ensure-key")
		m.server.Inject("createSSHKey", gcoretest.Fault{Status: 504})
		finish(t, m)
	})
}
