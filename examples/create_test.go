package examples_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore/gcoretest"
)

func TestCreateAndSave(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "create-and-save")
	out, err := m.run(t, m.server.APIKey)
	require.NoError(t, err, "%s", out)
	m.assertPrivate(t, m.path("id_gcore"))
	assert.Equal(t, m.keys()[0].ID+" id_gcore\n", out)

	out, err = m.run(t, m.server.APIKey)
	require.Error(t, err)
	assert.Contains(t, out, "nothing was created: a file id_gcore or a key my-ssh-key is there already")
	m.assertPrivate(t, m.path("id_gcore"))
}

func TestCreateAndSaveLooksForTheFileFirst(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "create-and-save")
	require.NoError(t, os.WriteFile(m.path("id_gcore"), []byte("mine"), 0o600))
	out, err := m.run(t, m.server.APIKey)
	require.Error(t, err)
	assert.Contains(t, out, "nothing was created: a file id_gcore or a key my-ssh-key is there already")
	assert.Empty(t, m.keys())
}

// TestCreateAndSaveAfterAnAbort ends a run at each step. The next run creates the key only if it is not there.
func TestCreateAndSaveAfterAnAbort(t *testing.T) {
	t.Parallel()
	killAtEachStep(t, "create-and-save", func(t *testing.T, m *machine) {
		t.Helper()
		wasCreated := len(m.keys()) == 1
		out, err := m.run(t, m.server.APIKey)
		if !wasCreated {
			require.NoError(t, err, "%s", out)
			m.assertPrivate(t, m.path("id_gcore"))
			return
		}
		require.Error(t, err)
		assert.Contains(t, out, "nothing was created")
		assert.Contains(t, out, "a key my-ssh-key is there already")
		assert.Len(t, m.keys(), 1)
	})
}

func TestCreateAndSaveNamesTheCandidates(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "create-and-save")
	m.server.Inject("createSSHKey", gcoretest.Fault{Status: 504})
	out, err := m.run(t, m.server.APIKey)
	require.Error(t, err)
	require.Len(t, m.keys(), 1)
	assert.Contains(t, out, "Found "+m.keys()[0].ID)
}

func TestCreateAndSaveTakesTheKeyFromABadResponse(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "create-and-save")
	m.server.Inject("createSSHKey", gcoretest.Fault{Status: 200})
	out, err := m.run(t, m.server.APIKey)
	require.NoError(t, err, "%s", out)
	m.assertPrivate(t, m.path("id_gcore"))
}

// TestCreateAndSaveSaysWhereTheKeyIs has another program take the name of a file after this one has looked.
func TestCreateAndSaveSaysWhereTheKeyIs(t *testing.T) {
	t.Parallel()
	for _, taken := range []string{"id_gcore", "id_gcore.pub"} {
		t.Run(taken, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, "create-and-save")
			m.onRequest = func(_ int, r *http.Request, _ bool) bool {
				if r.Method == http.MethodPost {
					assert.NoError(t, os.WriteFile(m.path(taken), []byte("mine"), 0o600))
				}
				return false
			}
			out, err := m.run(t, m.server.APIKey)
			if taken == "id_gcore" {
				require.NoError(t, err, "%s", out)
				_, elsewhere, _ := strings.Cut(strings.TrimSpace(out), " ")
				assert.Equal(t, m.temp, filepath.Dir(elsewhere))
				m.assertPrivate(t, elsewhere)
			} else {
				require.Error(t, err)
				assert.Contains(t, out, "the private key is saved in id_gcore")
				m.assertPrivate(t, m.path("id_gcore"))
			}
			text, err := os.ReadFile(m.path(taken))
			require.NoError(t, err)
			assert.Equal(t, "mine", string(text))
		})
	}
}
