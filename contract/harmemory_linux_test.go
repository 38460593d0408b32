package contract_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gcore-sshkeys/gcore-sshkeys-go/contract"
)

// maxResident is how much memory reading and checking a HAR file may take, whatever is in the file.
const maxResident = 400 << 20

const readHostileFile = "CONTRACT_TEST_READ_HAR"

// TestHostileFilesTakeBoundedResidentMemory reads and checks each file in a process of its own, since only the kernel
// knows the most memory that a process ever had.
func TestHostileFilesTakeBoundedResidentMemory(t *testing.T) {
	if path := os.Getenv(readHostileFile); path != "" {
		checkFile(t, path)
		return
	}
	if testing.Short() {
		t.Skip("reads 64 MiB two dozen times; run without -short")
	}
	const size = 64 << 20
	one := func(text string) string { // an exchange of its own, of a create
		return `{"request":{"method":"POST","url":"https://api.gcore.com` + onePath + `","headers":[{"name":"Content-Type","value":"application/json"}],"postData":` + text +
			`},"response":{"status":201,"headers":[{"name":"Content-Type","value":"application/json"}` + coding("gzip") + `],"content":` + text + `}}`
	}
	bomb := func(unit string) string {
		return one(`{"size":1,"encoding":"base64","text":"` + base64ed(compressed(gzip.NewWriter, "["+strings.Repeat(unit+",", (8<<20-2-len(unit))/(len(unit)+1))+unit+"]")) + `"}`)
	}
	entry := one(`{"size":2,"text":"` + strings.Repeat("x", 100) + `"}`)
	for name, file := range map[string]struct{ head, unit, tail string }{
		"100,000 entries":                  {unit: entry + ",", tail: entry + "]}}"},
		"bombs of spaces":                  {unit: one(`{"size":1,"encoding":"base64","text":"`+base64ed(compressed(gzip.NewWriter, strings.Repeat(" ", 8<<20)))+`"}`) + ",", tail: "{}]}}"},
		"bombs of numbers":                 {unit: bomb("1") + ",", tail: "{}]}}"},
		"bombs of objects":                 {unit: bomb("{}") + ",", tail: "{}]}}"},
		"bombs of small objects":           {unit: bomb(`{"":0}`) + ",", tail: "{}]}}"},
		"bombs of as many as are checked":  {unit: bomb(`{"":0,`+strings.Repeat(" ", 56)+`"a":{}}`) + ",", tail: "{}]}}"},
		"bombs of depth":                   {unit: bomb(strings.Repeat("[", 3000)+strings.Repeat("]", 3000)) + ",", tail: "{}]}}"},
		"bombs of names that are twice":    {unit: bomb(`{"":0,"":1`+strings.Repeat(" ", 56)+`}`) + ",", tail: "{}]}}"},
		"newlines in a header's value":     {head: `{"request":{"headers":[{"name":"a","value":"`, unit: `\n`, tail: `"}]}}]}}`},
		"newlines in a response's header":  {head: `{"response":{"status":200,"headers":[{"name":"a","value":"`, unit: `\n`, tail: `"}]}}]}}`},
		"commas in a header's value":       {head: `{"request":{"method":"POST","url":"` + onePath + `","headers":[{"name":"Content-Type","value":"`, unit: `,`, tail: `"}]}}]}}`},
		"a long name of a header":          {head: `{"request":{"headers":[{"name":"`, unit: `\u0061`, tail: `"}]}}]}}`},
		"a long body":                      {head: `{"response":{"status":201,"content":{"text":"`, unit: `\n`, tail: `"}}}]}}`},
		"a long body that is not UTF-8":    {head: `{"response":{"status":201,"content":{"text":"`, unit: "\xff", tail: `"}}}]}}`},
		"a long comment that is not UTF-8": {head: `{"comment":"`, unit: "\xff", tail: `"}]}}`},
		"a long form":                      {head: `{"request":{"postData":{"params":[{"name":"a","value":"`, unit: "%", tail: `"}]}}}]}}`},
		"many params of a form":            {head: `{"request":{"postData":{"params":[`, unit: `{},`, tail: `{}]}}}]}}`},
		"slashes in a URL":                 {head: `{"request":{"url":"https://api.gcore.com`, unit: "/", tail: `"}}]}}`},
		"escapes in a URL":                 {head: `{"request":{"url":"https://api.gcore.com/`, unit: "%41", tail: `"}}]}}`},
		"parameters in a URL":              {head: `{"request":{"method":"GET","url":"https://api.gcore.com` + onePath + `?`, unit: "a&", tail: `"}}]}}`},
		"slashes in a URL that is strange": {head: `{"request":{"url":"https://api.gcore.com/%`, unit: "/", tail: `"}}]}}`},
		"a data URL":                       {head: `{"request":{"url":"data:image/png;base64,`, unit: "/", tail: `"}}]}}`},
		"entries that are empty":           {unit: `{},`, tail: `{}]}}`},
		"entries that are null":            {unit: `null,`, tail: `null]}}`},
		"depth":                            {unit: `[`, tail: ``},
		"depth beside the entries":         {head: `],"x":`, unit: `[`, tail: ``},
		"a long member of an entry":        {head: `{"_x":"`, unit: `\n`, tail: `"}]}}`},
		"many members of an entry":         {head: `{"_x":[`, unit: `"",`, tail: `""]}]}}`},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "hostile.har")
			out, err := os.Create(path)
			require.NoError(t, err)
			w := bufio.NewWriterSize(out, 1<<20)
			head := `{"log":{"entries":[` + file.head
			_, _ = w.WriteString(head)
			repeats := (size - len(head) - len(file.tail)) / len(file.unit)
			if strings.HasPrefix(name, "bombs") {
				repeats = min(repeats, 20) // thousands take an hour, and not a byte more: none is kept
			}
			for range repeats {
				_, _ = w.WriteString(file.unit)
			}
			_, _ = w.WriteString(file.tail)
			require.NoError(t, w.Flush())
			require.NoError(t, out.Close())

			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHostileFilesTakeBoundedResidentMemory$", "-test.v")
			cmd.Env = append(os.Environ(), readHostileFile+"="+path, "GOGC=100", "GOMEMLIMIT=off")
			var stdout bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, os.Stderr
			require.NoError(t, cmd.Run(), stdout.String())
			peak := regexp.MustCompile(`(\d+) exchanges, then .*; peak (\d+) MiB`).FindStringSubmatch(stdout.String())
			require.NotNil(t, peak, stdout.String())
			t.Log(peak[0])
			resident, err := strconv.Atoi(peak[2])
			require.NoError(t, err)
			assert.Less(t, resident, maxResident>>20)
		})
	}
}

// checkFile reads and checks every exchange of a file, and prints the most memory that the process had.
func checkFile(t *testing.T, path string) {
	file, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	read := 0
	end := "the end"
	for exchange, err := range contract.ReadHAR(file) {
		if err != nil {
			end = err.Error()
			break
		}
		read++
		_ = validator.CheckRequest(exchange.Request)
		if exchange.Response != nil {
			_ = validator.CheckResponse(exchange.Request, exchange.Response)
		}
	}
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	peak := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	require.NotNil(t, peak)
	kib, err := strconv.Atoi(string(peak[1]))
	require.NoError(t, err)
	fmt.Printf("%d exchanges, then %s; peak %d MiB\n", read, end, kib>>10)
}
