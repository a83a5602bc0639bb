package lumoproc

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// readReports reads the child's stdout until its end.
func (c *child) readReports() {
	defer close(c.outDone)
	d := NewDecoder(c.out)
	err := c.readPrelude(d.r)
	for err == nil {
		var request uint32
		var m Message
		if request, m, err = d.Next(); err == nil {
			err = c.report(request, m)
		}
	}
	if frame := (*FrameError)(nil); errors.Is(err, io.EOF) || errors.As(err, &frame) && frame.Kind == KindTruncated {
		asked := false
		c.update(func(s *state) { asked = s.cause != nil })
		if !asked { // else it may close its stdout on its way out
			c.hangUp(fmt.Errorf("it closed its stdout: %w", err))
		}
		return
	}
	if fault := (*FaultError)(nil); errors.As(err, &fault) {
		c.end(fault)
	} else {
		c.end(&ProtocolError{Err: err})
	}
	// It may be blocked on a full pipe, or still write what it has to say: take it until the kill has worked.
	_, _ = io.Copy(io.Discard, c.out)
}

// readPrelude logs what comes before the first frame.
func (c *child) readPrelude(r *bufio.Reader) error {
	lines := splitter{emit: func(line []byte) { c.cfg.Log(Line{Level: LevelInfo, Text: string(line)}) }}
	defer lines.flush()
	take := func(n int) {
		b, _ := r.Peek(n)
		c.errs.note(b)
		lines.write(b)
		_, _ = r.Discard(n)
	}
	for wanted := 1; ; {
		_, err := r.Peek(wanted)
		b, _ := r.Peek(r.Buffered())
		i := findFirstFrame(b)
		take(i)
		switch rest := len(b) - i; {
		case rest >= headerSize:
			return nil
		case err != nil:
			take(rest)
			return err
		default:
			wanted = rest + 1 // what may be the beginning of a header stays until more tells
		}
	}
}

// findFirstFrame gives the index in b where the first frame begins, or may begin with what is still to come; else len(b).
func findFirstFrame(b []byte) int {
	for i := 0; i < len(b); i++ {
		skip := bytes.IndexByte(b[i:], 'L')
		if skip < 0 {
			return len(b)
		}
		i += skip
		if mayBeFirstHeader(b[i:]) {
			return i
		}
	}
	return len(b)
}

// mayBeFirstHeader knows headers of other versions too: a child that speaks one has to be told from one that starts slowly.
func mayBeFirstHeader(b []byte) bool {
	const magic = "LM"
	n := min(len(b), len(magic))
	if string(b[:n]) != magic[:n] || len(b) > 2 && (b[2] == 0 || b[2] >= '\t') {
		return false // from tab on it is text
	}
	if len(b) > 3 {
		switch Type(b[3]) {
		case TypeReady, TypeFault, TypeLog:
		default:
			return false
		}
	}
	for _, c := range b[min(len(b), 4):min(len(b), 8)] {
		if c != 0 {
			return false
		}
	}
	return len(b) < headerSize || binary.BigEndian.Uint32(b[8:]) <= MaxPayload
}

// report acts on one message. An error ends the child: a *FaultError by the child's own word, any other is a breach.
func (c *child) report(request uint32, m Message) (err error) {
	switch m := m.(type) {
	case Ready:
		c.update(func(s *state) {
			switch {
			case request != 0:
				err = fmt.Errorf("Ready about request %d", request)
			case s.wasReady:
				err = errors.New("a second Ready")
			default:
				s.wasReady, s.readyAt, s.hello = true, time.Now(), m
				if s.phase == starting {
					s.phase = ready
				}
			}
		})
	case Begin:
		c.update(func(s *state) { err = s.beginStream(request, m) })
	case Chunk:
		c.update(func(s *state) { err = s.chunk(request, m) })
	case Result:
		return c.settle(request, outcome{answer: m.Answer}, m)
	case End:
		return c.settle(request, outcome{}, m)
	case Fault:
		fault := &FaultError{ErrorType: m.ErrorType, Body: m.Body, Init: request == 0}
		if request == 0 {
			return fault
		}
		return c.settle(request, outcome{err: fault}, m)
	case Log:
		line := Line{Request: request, Level: m.Level, Text: string(m.Text), Record: m.Record}
		c.update(func(s *state) {
			if request > s.last {
				err = unasked(m, request)
			}
			line.Label = s.label(request)
		})
		if err == nil {
			c.cfg.Log(line)
		}
	default:
		return fmt.Errorf("%s is a command, not a report", m.Type())
	}
	return err
}

// settle hands an outcome to the caller that waits for it.
func (c *child) settle(request uint32, o outcome, m Message) (err error) {
	last := false
	c.update(func(s *state) {
		if call := s.calls[request]; call != nil && m.Type() != TypeFault && (m.Type() == TypeEnd) != (call.stream != nil) {
			err = fmt.Errorf("%s about request %d at the wrong time: Begin and End are about the same answer", m.Type(), request)
			return
		}
		// One that timed out may still be answered while the kill is on its way.
		if !s.settle(request, o) && !s.acknowledge(request) && s.phase != draining {
			err = unasked(m, request)
		}
		last = s.retired != nil && len(s.calls) == 0
	})
	if last {
		c.endRetired()
	}
	return err
}

func unasked(m Message, request uint32) error {
	return fmt.Errorf("%s about request %d, which is not in flight", m.Type(), request)
}
