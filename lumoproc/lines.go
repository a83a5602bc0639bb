package lumoproc

import (
	"bytes"
	"unicode/utf8"
)

// MaxLine is where a line without an end is cut, in bytes: CloudWatch takes events of at most 256 KiB.
const MaxLine = 256 << 10

// splitter cuts a stream of bytes into lines.
type splitter struct {
	emit    func(line []byte) // without its end; the bytes are valid during the call only
	partial []byte
}

func (s *splitter) write(p []byte) {
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			s.keep(p)
			return
		}
		if len(s.partial) == 0 && i <= MaxLine {
			s.emit(trimCR(p[:i]))
		} else {
			s.keep(p[:i])
			s.emit(trimCR(s.partial))
			s.partial = s.partial[:0]
		}
		p = p[i+1:]
	}
}

// keep adds p, which holds no line end, to the line that is not over, and emits what is over MaxLine.
func (s *splitter) keep(p []byte) {
	s.partial = append(s.partial, p...)
	for len(s.partial) > MaxLine {
		n := wholeRunes(s.partial, MaxLine)
		s.emit(s.partial[:n])
		s.partial = s.partial[:copy(s.partial, s.partial[n:])]
	}
}

// flush emits a line that has no end yet.
func (s *splitter) flush() {
	if len(s.partial) > 0 {
		s.emit(trimCR(s.partial))
	}
	s.partial = nil // a long line's memory is not kept
}

func trimCR(line []byte) []byte { return bytes.TrimSuffix(line, []byte("\r")) }

// wholeRunes gives the largest cut of at most n bytes that does not split a character.
func wholeRunes(b []byte, n int) int {
	for back := range utf8.UTFMax {
		if utf8.RuneStart(b[n-back]) {
			return n - back
		}
	}
	return n // not UTF-8
}
