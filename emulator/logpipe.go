package emulator

import (
	"fmt"
	"io"
	"os"
	"time"
)

// logPipe is a pipe whose bytes are copied to a writer by a goroutine of its own.
// finish ends both.
type logPipe struct {
	in     *os.File // the write end
	out    *os.File
	copied chan struct{}
}

func newLogPipe(to io.Writer) (*logPipe, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe for the log: %w", err)
	}
	l := &logPipe{in: in, out: out, copied: make(chan struct{})}
	go func() {
		defer close(l.copied)
		// A log that cannot be written must not block the function: read on regardless.
		if _, err := io.Copy(to, out); err != nil {
			io.Copy(io.Discard, out)
		}
	}()
	return l, nil
}

// finish closes the pipe once everything in it is copied. A process that still holds
// its write end is waited for as long as grace.
func (l *logPipe) finish(grace time.Duration) {
	l.in.Close()
	l.out.SetReadDeadline(time.Now().Add(grace))
	<-l.copied
	l.out.Close()
}
