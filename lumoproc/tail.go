package lumoproc

import "strings"

// tailSize is how much of a child's last words goes into an error, in bytes.
const tailSize = 8 << 10

// tail keeps the last tailSize bytes written to it.
type tail struct {
	b []byte
}

func (t *tail) write(p []byte) {
	if len(p) >= tailSize {
		t.b = append(t.b[:0], p[len(p)-tailSize:]...)
		return
	}
	if len(t.b)+len(p) > 2*tailSize {
		t.b = t.b[:copy(t.b, t.b[len(t.b)-tailSize:])]
	}
	t.b = append(t.b, p...)
}

func (t *tail) reset() { t.b = t.b[:0] }

// String gives valid UTF-8, from the beginning of a line where something was dropped.
func (t *tail) String() string {
	b := t.b
	if len(b) > tailSize {
		b = b[len(b)-tailSize:]
	}
	s := strings.ToValidUTF8(string(b), "\uFFFD")
	if len(b) == tailSize {
		if _, rest, found := strings.Cut(s, "\n"); found && rest != "" {
			s = rest
		}
	}
	return strings.TrimRight(s, "\r\n")
}
