package lumoproc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Config says which program to run, and where its log goes.
type Config struct {
	Path string   // of the program; absolute, or relative to Dir
	Args []string // without the program's name
	Env  []string // all of it, as KEY=value
	Dir  string   // working directory; "": ours

	// StartPatience is how long a child may at least have been starting before a request that waited for it in vain ends
	// it. 0 means 10 s, which is what Lambda gives to a start.
	StartPatience time.Duration

	// Log takes the lines that the child writes, as many at a time as there are, and what the Keeper has to tell. It may be
	// called by several goroutines at once, holds up the child while it runs, and does not keep the slice.
	Log func(...Line)

	// Where is a JavaScript expression whose value, a string, tells where a child that misses the deadline of a request is
	// stuck. It is "" for a child that is no Node.js which says on stderr where its inspector listens (package inspector).
	Where string
}

// Keeper keeps one child warm.
type Keeper struct {
	cfg  Config
	want chan struct{} // somebody waits for a child and there is none
	halt chan struct{} // closed by Close: no more children
	kill chan struct{} // closed by Close when its patience is over
	done chan struct{} // closed when nothing is left

	retired sync.WaitGroup // children that finish what they have beside the one in service

	halting, killing sync.Once

	mu      sync.Mutex
	now     slot
	longest time.Duration // that a start has taken until Ready
}

// slot is what a Keeper has: a child, or the reason why it has none.
type slot struct {
	child   *child
	err     error
	changed chan struct{} // closed when this slot is no longer true
}

// Start starts a child and returns without waiting for it.
func Start(cfg Config) *Keeper {
	k := &Keeper{
		cfg:  cfg,
		want: make(chan struct{}, 1),
		halt: make(chan struct{}),
		kill: make(chan struct{}),
		done: make(chan struct{}),
		now:  slot{changed: make(chan struct{})},
	}
	go k.run()
	return k
}

// Ready waits until a child takes requests. Its error is a *[StartError], *[ExitError], *[FaultError] or *[ProtocolError]
// where the child could not be made ready, [ErrClosed], or the context's.
func (k *Keeper) Ready(ctx context.Context) (Info, error) {
	c, err := k.acquire(ctx, false)
	if err != nil {
		return Info{}, err
	}
	c.errs.sync() // what it wrote while it started is logged before it is used
	var hello Ready
	c.update(func(s *state) { hello = s.hello })
	return hello.Info(), nil
}

// Invoke gives a request to the child, waiting for a new one where the last has died, and returns its answer. Each call
// returns once, with an answer or one of these errors: *[FaultError] (the handler's own), *[TimeoutError] (the context's
// deadline passed), *[ExitError], *[ProtocolError], *[StartError], *[TooLargeError], *[SinkError], [ErrClosed], or one that
// wraps [context.Canceled]. When the context ends while the child has the request, the child is killed and replaced, unless
// it has others in flight: then it is told to forget this one. The request's bytes must not change any more; the answer
// belongs to the caller. It is empty where it has gone through m.Stream.
func (k *Keeper) Invoke(ctx context.Context, m Invoke) ([]byte, error) {
	began := time.Now()
	for attempt := 1; ; attempt++ {
		c, err := k.acquire(ctx, true)
		if err != nil {
			if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
				err = &TimeoutError{Elapsed: time.Since(began), Err: ctx.Err()}
				k.endStart(err)
			}
			return nil, cancelled(err)
		}
		answer, err := c.invoke(ctx, m)
		if errors.Is(err, errNotTaken) {
			attempt-- // it was about to go; acquire knows what comes next
			continue
		}
		lost := (*undelivered)(nil)
		if !errors.As(err, &lost) {
			return answer, cancelled(err)
		}
		if ctx.Err() != nil {
			continue // acquire says so
		}
		if attempt == 2 {
			return nil, lost.err
		}
		k.cfg.Log(Line{Label: m.Label, Level: LevelWarn,
			Text: fmt.Sprintf("the child was gone before it had read the request, which goes to a new one: %v", lost.err)})
	}
}

// endStart ends a child that has been starting for far longer than a start takes. It hangs (stopped, or waiting for
// something that does not come), and each later request would wait for it in vain.
func (k *Keeper) endStart(cause error) {
	limit := k.cfg.StartPatience
	if limit == 0 {
		limit = 10 * time.Second
	}
	k.mu.Lock()
	c := k.now.child
	limit = max(limit, 5*k.longest)
	k.mu.Unlock()
	if c == nil || time.Since(c.began) < limit {
		return
	}
	hangs := false
	c.update(func(s *state) {
		if hangs = s.phase == starting; hangs {
			s.condemn(cause)
		}
	})
	if hangs {
		c.proc.kill()
	}
}

// cancelled tells a caller that gave up from a deadline that passed.
func cancelled(err error) error {
	// Not errors.As: the chain of another request's end may hold the caller that gave up there.
	if timeout, ok := err.(*TimeoutError); ok && errors.Is(timeout.Err, context.Canceled) {
		return fmt.Errorf("invoke: %w", timeout.Err)
	}
	return err
}

// Close ends the child: it may finish what it has in flight until ctx is over, then its group is killed. When Close
// returns, no goroutine, descriptor or child is left. It may be called more than once.
func (k *Keeper) Close(ctx context.Context) {
	k.halting.Do(func() { close(k.halt) })
	select {
	case <-k.done:
	case <-ctx.Done():
		k.killing.Do(func() { close(k.kill) })
		<-k.done
	}
}

// run has one child in service at a time, until Close.
func (k *Keeper) run() {
	defer close(k.done)
	defer k.retired.Wait()
	defer k.set(nil, ErrClosed)
	for first := true; ; first = false {
		end := k.runChild()
		select {
		case <-k.halt:
			return
		default:
		}
		if !(first && !end.ready) { // Ready returns the failure of the first start
			k.tell(end)
		}
		if end.served {
			k.set(nil, nil) // the next start is on its way
			continue
		}
		k.set(nil, end.err)
		select {
		case <-k.want:
		case <-k.halt:
			return
		}
	}
}

// runChild has one child from its start to its end, or until it is retired.
func (k *Keeper) runChild() ending {
	c, err := startChild(&k.cfg)
	if err != nil {
		return ending{err: err, unnoticed: true}
	}
	k.set(c, nil)
	select {
	case <-c.done:
	case <-c.leaving:
		k.cfg.Log(Line{Level: LevelWarn, Text: "the child's event loop is stuck: it gets no more requests, and a new one is started"})
		k.retired.Go(func() {
			k.see(c)
			k.tell(c.ending())
		})
		return ending{served: true}
	case <-k.halt:
	}
	k.see(c)
	return c.ending()
}

// see sees a child to its end.
func (k *Keeper) see(c *child) {
	select {
	case <-c.done:
	case <-k.halt:
		c.stop(k.kill)
	}
}

// tell logs an end of which nobody was told.
func (k *Keeper) tell(end ending) {
	if end.unnoticed && !errors.Is(end.err, ErrClosed) {
		k.cfg.Log(Line{Level: LevelWarn, Text: fmt.Sprintf("no request was in flight when this happened: %v", end.err)})
	}
}

func (k *Keeper) set(c *child, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	close(k.now.changed)
	k.now = slot{child: c, err: err, changed: make(chan struct{})}
	if c != nil {
		select {
		case <-k.want: // whoever asked is served by this start
		default:
		}
	}
}

// acquire waits for a child that takes requests. With again, a failure from before the call is not an answer: another
// start is asked for, and what becomes of that one is.
func (k *Keeper) acquire(ctx context.Context, again bool) (*child, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		k.mu.Lock()
		s := k.now
		if s.err != nil && !errors.Is(s.err, ErrClosed) && again {
			again = false
			select {
			case k.want <- struct{}{}:
			default: // somebody else has asked
			}
			s.err = nil
		}
		k.mu.Unlock()
		if s.err != nil {
			return nil, s.err
		}
		var settled <-chan struct{}
		waited := true
		if s.child != nil {
			settled = s.child.settled
			select {
			case <-settled:
				waited = false
			default:
			}
		}
		select {
		case <-settled:
			usable, failed := false, false
			var freed chan struct{}
			s.child.update(func(st *state) {
				usable = st.trusted()
				failed = !st.wasReady
				if st.takesRequests() {
					freed = st.freed
				}
			})
			if usable {
				k.mu.Lock()
				k.longest = max(k.longest, s.child.startTook())
				k.mu.Unlock()
				return s.child, nil
			}
			if failed && waited {
				again = false // it is this start's failure that the caller has waited for
			}
			select {
			case <-freed:
			case <-s.changed:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		case <-s.changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
