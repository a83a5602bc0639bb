package lumoproc

import (
	"context"
	"errors"
	"os"
	"sync"
	"syscall"
	"time"
)

// child is one process and its three pipes, from start to reaping. Three goroutines serve it: the one in spawn waits for
// the process, one reads stdout, one reads stderr. The first ends last and closes done.
type child struct {
	cfg   *Config
	proc  *process
	began time.Time

	in      *os.File
	inRaw   syscall.RawConn
	writers sync.WaitGroup // those that write to stdin; one at a time
	out     *outPipe
	outDone chan struct{}
	errs    *logPipe

	mu      sync.Mutex
	s       state
	settled chan struct{} // closed when it is no longer starting
	leaving chan struct{} // closed when it is retired
	gone    chan struct{} // closed when the process has been reaped
	done    chan struct{} // closed when nothing of it is left
}

// lastWordsGrace is how long the error of a missed deadline may be held up by a child that has flooded its stderr. A pipe full of
// short lines takes longer to log than the caller has.
const lastWordsGrace = 20 * time.Millisecond

// hangUpGrace is how long a process may live after it has closed its pipes. Dying takes microseconds from there on.
const hangUpGrace = 500 * time.Millisecond

func startChild(cfg *Config) (*child, error) {
	p, err := openPipes()
	if err != nil {
		return nil, &StartError{Path: cfg.Path, Err: err}
	}
	c := &child{
		cfg:     cfg,
		began:   time.Now(),
		in:      p.in,
		inRaw:   rawConn(p.in),
		out:     newOutPipe(p.out),
		outDone: make(chan struct{}),
		errs:    newLogPipe(p.err, cfg.Log),
		s:       state{calls: map[uint32]*call{}},
		settled: make(chan struct{}),
		leaving: make(chan struct{}),
		gone:    make(chan struct{}),
		done:    make(chan struct{}),
	}
	enlarge(c.inRaw)
	known := make(chan struct{}) // c.proc is set
	proc, err := spawn(cfg, p, func(ps *os.ProcessState) {
		<-known
		c.finish(ps)
	})
	p.closeChild()
	if err != nil {
		p.closeParent()
		return nil, err
	}
	c.proc = proc
	close(known)
	go c.readReports()
	go c.errs.run()
	return c, nil
}

// errNotTaken is invoke's where the child takes no requests now: nothing was sent.
var errNotTaken = errors.New("the child takes no requests")

// invoke gives a request to the child and waits for its one outcome.
func (c *child) invoke(ctx context.Context, m Invoke) ([]byte, error) {
	var call *call
	c.update(func(s *state) { call = s.begin(&m, time.Now()) })
	if call == nil {
		return nil, errNotTaken
	}
	defer c.attribute()
	c.attribute()

	bufs, err := buffers(make([]byte, 0, headerSize+4), call.request, m)
	if err != nil {
		c.update(func(s *state) { s.settle(call.request, outcome{}) })
		return nil, err
	}

	expired := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(expired)
		c.expire(ctx, call)
	})
	defer func() {
		if !stop() {
			<-expired
		}
	}()

	c.send(bufs, call)
	o := <-call.outcome
	if o.stream != nil {
		o = c.relay(ctx, call, o.stream, m.Stream)
	}
	return o.answer, o.err
}

// expire ends a call whose context is over. A child that has nothing else in flight ends with it, since what it is busy with
// cannot be taken back; one that has is told to forget the request.
func (c *child) expire(ctx context.Context, call *call) {
	timeout := &TimeoutError{Elapsed: time.Since(call.since), Started: true, Err: ctx.Err()}
	inFlight, alone := false, false
	c.update(func(s *state) {
		inFlight = s.take(call.request) != nil
		if alone = len(s.calls) == 0; inFlight && alone {
			s.condemn(timeout)
		}
	})
	switch {
	case !inFlight:
		return
	case alone:
		if ctx.Err() == context.DeadlineExceeded {
			timeout.Where, timeout.WhereErr = c.where(call.inspect)
		}
		c.proc.kill()
		c.errs.hurry(time.Now().Add(lastWordsGrace))
		c.errs.sync()
		timeout.Tail = c.errs.lastWords()
	default: // asking would stop the others' work, and tell where any of them is
		timeout.Shared, timeout.WhereErr = true, errNotAsked
		c.cancel(call.request, timeout)
	}
	c.update(func(*state) { call.give(outcome{err: timeout}) })
}

// end kills the child for a reason.
func (c *child) end(cause error) {
	c.update(func(s *state) { s.condemn(cause) })
	c.proc.kill()
}

// hangUp deals with a pipe that the child has closed. As a rule it did so by dying, and its end says more than our kill
// would; if it lives on without its pipes, it has to go.
func (c *child) hangUp(err error) {
	c.update(func(s *state) { s.condemn(nil) })
	grace := time.NewTimer(hangUpGrace)
	defer grace.Stop()
	select {
	case <-c.gone:
	case <-grace.C:
		c.end(&ProtocolError{Err: err})
	}
}

// startTook gives how long a child that is ready took to be.
func (c *child) startTook() (d time.Duration) {
	c.update(func(s *state) { d = s.readyAt.Sub(c.began) })
	return d
}

// attribute logs the raw output so far and lets what comes belong to the request that is now in flight. All that a child on its
// way out still says is its last request's.
func (c *child) attribute() {
	var request uint32
	var label string
	last := false
	c.update(func(s *state) {
		request, label = s.current()
		last = s.phase >= draining && len(s.calls) == 0
	})
	if last {
		c.errs.sync()
		return
	}
	c.errs.turn(request, label)
}

// stop ends the child in good order: it may finish what it has. kill, once closed, ends it at once.
func (c *child) stop(kill <-chan struct{}) {
	wasStarting := false
	c.update(func(s *state) {
		wasStarting = s.phase == starting
		s.condemn(ErrClosed)
	})
	// A child that is starting has nothing to finish, and one that does not read cannot be asked.
	if wasStarting || !c.ask(Stop{}) {
		c.proc.kill()
	}
	select {
	case <-c.done:
	case <-kill:
		c.proc.kill()
		<-c.done
	}
}

// finish runs when the process has been reaped and its group killed. It reads the pipes to their end, answers what is
// in flight, and closes everything.
func (c *child) finish(ps *os.ProcessState) {
	close(c.gone)
	c.out.end()
	c.errs.end()
	<-c.outDone
	<-c.errs.done

	exit := &ExitError{Code: ps.ExitCode(), Tail: c.errs.lastWords()}
	if ws, ok := ps.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		exit.Signal, exit.Core = ws.Signal(), ws.CoreDump()
	}
	// A writer may be waiting still, where another process has the pipe open: what it has left counts as not sent.
	c.silence()
	unread := int64(unreadBytes(c.inRaw))
	closeAll(c.in, c.out.f, c.errs.f)
	c.update(func(s *state) {
		exit.Ready = s.wasReady
		s.phase = exited
		s.exit = verdict(exit, s.cause)
		switch s.cause.(type) {
		case *TimeoutError, *retiredError: // whose request has been told
		default:
			s.unnoticed = len(s.calls) == 0
		}
		consumed := s.sent - s.unsent - unread
		for request, call := range s.calls {
			err := s.exit
			if call.end == 0 || consumed < call.end {
				err = &undelivered{err}
			}
			s.settle(request, outcome{err: err})
		}
	})
	close(c.done)
}

// verdict chooses the error that tells best why a child is gone.
func verdict(exit *ExitError, cause error) error {
	switch cause := cause.(type) {
	case nil:
		return exit
	case *ProtocolError:
		cause.Tail = exit.Tail
		return cause
	case *FaultError:
		cause.Tail = exit.Tail
		return cause
	default:
		exit.Cause = cause
		return exit
	}
}

// ending is what is to be said of a child that is done.
type ending struct {
	err       error
	ready     bool // it had been
	served    bool // it was given a request
	unnoticed bool // no caller was told
}

func (c *child) ending() (e ending) {
	c.update(func(s *state) { e = ending{s.exit, s.wasReady, s.last > 0, s.unnoticed} })
	return e
}
