package gcore_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/gcore"
	"github.com/gcore-sshkeys/gcore-sshkeys-go/internal/testenv"
)

// saveInAChild names the variable that turns the test binary into a program that saves keys into a folder.
const saveInAChild = "GCORE_TEST_SAVE_INTO"

func saveUntilKilled(folder string) {
	fmt.Println("ready")
	for i := 0; ; i++ {
		pair, err := gcore.NewKeyPair("c")
		if err == nil {
			err = pair.Save(filepath.Join(folder, fmt.Sprint("id_", i)))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func TestKilledSaveLeavesWholeFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills 200 processes; run without -short")
	}
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	saved, cutShort := 0, 0
	for i := range 200 {
		folder := t.TempDir()
		child := exec.Command(self)
		child.Env = append(os.Environ(), saveInAChild+"="+folder)
		stdout, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		_, err = bufio.NewReader(stdout).ReadString('\n')
		require.NoError(t, err)
		dice := rand.New(rand.NewPCG(uint64(i), 1))
		timer := time.NewTimer(time.Duration(dice.Int64N(int64(3 * time.Millisecond))))
		<-timer.C
		require.NoError(t, child.Process.Kill())
		require.Error(t, child.Wait())

		entries, err := os.ReadDir(folder)
		require.NoError(t, err)
		for _, entry := range entries {
			path := filepath.Join(folder, entry.Name())
			switch {
			case strings.HasSuffix(path, ".tmp"):
				cutShort++
			case strings.HasSuffix(path, ".pub"):
				text, err := os.ReadFile(path)
				require.NoError(t, err)
				_, _, _, _, err = ssh.ParseAuthorizedKey(text)
				assert.NoError(t, err, "part of a public key")
				assert.FileExists(t, strings.TrimSuffix(path, ".pub"), "the private key comes first")
			default:
				text, err := os.ReadFile(path)
				require.NoError(t, err)
				_, err = ssh.ParsePrivateKey(text)
				assert.NoError(t, err, "part of a private key")
				if runtime.GOOS != "windows" {
					assert.EqualValues(t, 0o600, testenv.Mode(t, path))
				}
				saved++
			}
		}
	}
	require.NotZero(t, saved)
	require.NotZero(t, cutShort, "no kill came while a file was being written, so nothing was tested")
	t.Logf("200 kills: %d private keys saved whole, %d saves cut short", saved, cutShort)
}
