package lumoproc

import (
	"fmt"
	"time"
)

// send gives a frame to the child: at once where nobody else is writing and the pipe has room, else by a goroutine that
// lives until all is written. So nobody who waits for an answer hangs on a child that does not read. Where the child has
// closed the pipe, send sees to its end and returns.
func (c *child) send(frame [3][]byte, call *call) {
	size := frameSize(frame)
	mine := false
	c.update(func(s *state) {
		s.sent += size
		if call != nil {
			call.end = s.sent
		}
		switch {
		case s.deaf:
			s.unsent += size
		case s.writing:
			s.queue = append(s.queue, frame)
		default:
			s.writing, mine = true, true
			c.writers.Add(1)
		}
	})
	if mine {
		c.write(frame, false)
	}
}

// write writes a frame, and then those that have queued up. With wait it stays until all is in the pipe.
func (c *child) write(frame [3][]byte, wait bool) {
	var failed error
	for more := true; more; {
		left, err := writev(c.inRaw, frame, wait)
		c.update(func(s *state) {
			switch {
			case err != nil || s.deaf:
				s.hushed(left)
				failed, more = err, false
			case frameSize(left) > 0:
				c.writers.Add(1)
				go c.write(left, true)
				more = false
			case len(s.queue) == 0:
				s.writing, more = false, false
			default:
				frame, s.queue = s.queue[0], s.queue[1:]
			}
		})
	}
	c.writers.Done()
	if failed != nil {
		c.hangUp(fmt.Errorf("write to its stdin: %w", failed))
	}
}

// hushed notes that the child takes nothing any more: what is left of a frame, and what is queued, was not sent.
func (s *state) hushed(left [3][]byte) {
	s.deaf, s.writing = true, false
	s.unsent += frameSize(left)
	for _, frame := range s.queue {
		s.unsent += frameSize(frame)
	}
	s.queue = nil
}

// silence ends all writing, and waits for the writers.
func (c *child) silence() {
	c.update(func(s *state) { s.deaf = true })
	_ = c.in.SetWriteDeadline(time.Unix(1, 0)) // fails only when closed
	c.writers.Wait()
}

// ask sends a command, and reports whether the pipe took it at once.
func (c *child) ask(m Message) (taken bool) {
	c.command(0, m)
	c.update(func(s *state) { taken = !s.writing && !s.deaf })
	return taken
}

// command sends one of the commands that have a fixed size.
func (c *child) command(request uint32, m Message) {
	frame, err := buffers(nil, request, m)
	if err != nil {
		panic("bug: a command that does not fit a frame: " + err.Error())
	}
	c.send(frame, nil)
}

func frameSize(b [3][]byte) int64 { return int64(len(b[0]) + len(b[1]) + len(b[2])) }
