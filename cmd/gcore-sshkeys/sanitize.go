package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
)

// Text of a server could control the terminal or change how a line reads. What goes to a terminal passes printable; JSON and YAML
// pass escapeControls, which keeps the text as it is for a program that reads them.

// printable replaces what is not printed: controls, and characters that change the direction of text.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

// isControl reports whether r can change how other text is shown.
func isControl(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == '\ufffe' || r == '\uffff'
}

// escapeControls replaces each control, but for line breaks, by the escape that JSON and double-quoted YAML have for it.
func escapeControls(text string) string {
	if !strings.ContainsFunc(text, isControl) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if isControl(r) && r != '\n' {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// messageWriter writes messages, from any goroutine, in a form that can be printed. A write is a whole message.
type messageWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (m *messageWriter) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	lines := strings.Split(string(p), "\n")
	for i, line := range lines {
		lines[i] = printable(line)
	}
	if _, err := io.WriteString(m.w, strings.Join(lines, "\n")); err != nil {
		return 0, err
	}
	return len(p), nil
}
