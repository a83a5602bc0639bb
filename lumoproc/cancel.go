package lumoproc

import "time"

// cancelGrace is how long a child may take to say that it is done with a request that was cancelled. One whose event loop
// turns says so at once; one that has not in this time is taken for stuck. Nobody waits for an answer meanwhile.
const cancelGrace = time.Second

// cancel tells the child that nobody waits for a request any more, which is not in flight by now. The child is given
// nothing new until it has said that it is done with it; where it does not, it is retired.
func (c *child) cancel(request uint32, cause error) {
	c.update(func(s *state) {
		if s.cancelled == nil {
			s.cancelled = map[uint32]*time.Timer{}
		}
		if len(s.cancelled) == 0 {
			s.freed = make(chan struct{})
		}
		s.cancelled[request] = time.AfterFunc(cancelGrace, func() { c.retire(request, cause) })
	})
	c.command(request, Cancel{})
}

// acknowledge notes that the child is done with a request that was cancelled.
func (s *state) acknowledge(request uint32) (known bool) {
	timer, known := s.cancelled[request]
	if known {
		timer.Stop()
		delete(s.cancelled, request)
		if len(s.cancelled) == 0 {
			close(s.freed)
		}
	}
	return known
}

// retire takes a child out of service whose event loop does not turn: it gets no new request, may finish those that it has,
// each until its deadline, and is killed after the last.
func (c *child) retire(request uint32, cause error) {
	c.update(func(s *state) {
		if _, waiting := s.cancelled[request]; waiting && s.takesRequests() {
			s.phase = draining
			s.retired = cause
			close(c.leaving)
		}
	})
	c.endRetired()
}

// endRetired kills a retired child that has nothing left to do.
func (c *child) endRetired() {
	over := false
	c.update(func(s *state) {
		if over = s.retired != nil && s.phase == draining && len(s.calls) == 0 && s.cause == nil; over {
			s.condemn(&retiredError{s.retired})
		}
	})
	if over {
		c.proc.kill()
	}
}

// takesRequests reports whether the child is up, be it that a request has to wait until a cancelled one is over.
func (s *state) takesRequests() bool { return s.phase == ready || s.phase == busy }

// trusted reports whether a request may be given to the child now.
func (s *state) trusted() bool { return s.takesRequests() && len(s.cancelled) == 0 }

// abandoned reports whether nothing that the child says about a request matters any more.
func (s *state) abandoned(request uint32) bool {
	_, cancelled := s.cancelled[request]
	return cancelled || s.phase == draining && request <= s.last
}
