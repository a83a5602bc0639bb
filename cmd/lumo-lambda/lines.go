package main

import (
	"bytes"
	"io"
	"sync"
)

// lineEnds gives back the line ends of a function's log. In the log one message is one line, its own line ends written
// as carriage returns, as CloudWatch wants it; a person at a terminal wants to see the stack trace line by line. Several
// sandboxes may write to it.
type lineEnds struct {
	mu sync.Mutex
	to io.Writer
}

func (w *lineEnds) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := w.to.Write(bytes.ReplaceAll(p, []byte{'\r'}, []byte{'\n'})); err != nil {
		return 0, err
	}
	return len(p), nil
}
