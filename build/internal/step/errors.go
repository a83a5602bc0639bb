package step

import (
	"fmt"
	"os"
	"strings"
)

// tailLines is how much of a failed step's log its error shows.
const tailLines = 25

// Error is a step that failed, with the end of its log.
type Error struct {
	Step string
	Log  string // path of the whole log
	Tail string
	Err  error
}

func (e *Error) Error() string {
	if e.Tail == "" {
		return fmt.Sprintf("step %s: %v", e.Step, e.Err)
	}
	return fmt.Sprintf("step %s: %v\n%s\nthe whole log: %s", e.Step, e.Err, e.Tail, e.Log)
}

func (e *Error) Unwrap() error { return e.Err }

func tail(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	if len(lines) > tailLines {
		lines = lines[len(lines)-tailLines:]
	}
	return strings.TrimRight("  | "+strings.Join(lines, "\n  | "), "| \n")
}
