package lumoproc

import (
	"fmt"
	"time"
)

// phase is what is true of a child.
type phase int

const (
	starting phase = iota // the process exists, Ready has not come
	ready                 // no request in flight
	busy                  // at least one in flight
	draining              // it is to go: it was asked to, or killed
	exited                // reaped, its pipes read to the end
)

func (p phase) String() string {
	return [...]string{"starting", "ready", "busy", "draining", "exited"}[p]
}

// state is everything about a child that changes. Only child.update touches it.
type state struct {
	phase     phase
	wasReady  bool
	readyAt   time.Time
	hello     Ready
	cause     error // the first reason to end the child, nil while there is none
	exit      error // what became of it, once exited
	unnoticed bool  // nobody was waiting for an answer then

	sent    int64       // bytes given to send
	unsent  int64       // of these, what never got into the pipe
	writing bool        // somebody writes to its stdin
	queue   [][3][]byte // frames for whoever writes
	deaf    bool        // nothing is written any more

	cancelled map[uint32]*time.Timer // given up, but the child has not said that it is done with them
	freed     chan struct{}          // closed when there are none of these any more
	retired   error                  // why it is given no more requests, although it may finish those that it has

	calls  map[uint32]*call // in flight
	last   uint32           // number of the newest request; 0: none was ever given
	ended  [8]*call         // the newest requests that are over: their log lines may still come
	nEnded int
}

// call is one request in flight.
type call struct {
	request  uint32
	label    string
	since    time.Time
	inspect  time.Duration
	end      int64        // where its frame ends in all that was sent
	outcome  chan outcome // takes exactly one
	streamed bool         // the answer may be a stream
	stream   *stream      // the answer, where it is one; takes the one outcome then
}

// outcome is how a call ended; with a stream, that its end is still to come.
type outcome struct {
	answer []byte
	err    error
	stream *stream
}

// update is the one place where a child's state changes.
func (c *child) update(f func(*state)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.s.phase
	f(&c.s)
	if c.s.phase == ready || c.s.phase == busy {
		c.s.phase = ready
		if len(c.s.calls) > 0 {
			c.s.phase = busy
		}
	}
	if c.s.phase < before && before != busy {
		panic(fmt.Sprintf("bug: a child went from %v to %v", before, c.s.phase))
	}
	if before == starting && c.s.phase != starting {
		close(c.settled)
	}
	if c.s.phase == exited {
		for request := range c.s.cancelled {
			c.s.acknowledge(request)
		}
	}
}

// begin adds a call where the child takes requests.
func (s *state) begin(m *Invoke, now time.Time) *call {
	if !s.trusted() {
		return nil
	}
	if s.last++; s.last == 0 {
		s.last = 1 // 0 is about no request
	}
	c := &call{request: s.last, label: m.Label, since: now, inspect: m.Inspect,
		outcome: make(chan outcome, 1), streamed: m.Stream != nil}
	s.calls[c.request] = c
	return c
}

// take ends a call, whose one outcome the caller of take has to give. It is nil where the request is not in flight.
func (s *state) take(request uint32) *call {
	c, found := s.calls[request]
	if !found {
		return nil
	}
	delete(s.calls, request)
	s.ended[s.nEnded%len(s.ended)] = c
	s.nEnded++
	return c
}

// settle gives a call its one outcome. It reports whether the call was in flight.
func (s *state) settle(request uint32, o outcome) bool {
	c := s.take(request)
	if c == nil {
		return false
	}
	c.give(o)
	return true
}

// condemn notes why the child has to go. The first reason stays.
func (s *state) condemn(cause error) {
	if s.phase == exited {
		return
	}
	s.phase = draining
	if s.cause == nil {
		s.cause = cause
	}
}

// label gives the label of a request that is in flight or has lately been.
func (s *state) label(request uint32) string {
	if c, found := s.calls[request]; found {
		return c.label
	}
	for _, c := range s.ended {
		if c != nil && c.request == request {
			return c.label
		}
	}
	return ""
}

// current gives the request that output of unknown origin belongs to.
func (s *state) current() (request uint32, label string) {
	if len(s.calls) == 1 {
		for _, c := range s.calls {
			return c.request, c.label
		}
	}
	return 0, ""
}
