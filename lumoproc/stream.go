package lumoproc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// StreamWindow is how many bytes of a streamed answer a child may have sent that the caller's writer has not taken. A child
// begins with that much credit for each request; what the writer takes comes back to it as Credit.
const StreamWindow = 256 << 10

// stream is a streamed answer between the goroutine that reads the child's stdout, which never waits for anybody, and the
// caller of Invoke, who writes it away. It is part of the child's state: update alone changes it.
type stream struct {
	contentType string
	credit      int           // bytes that the child may still send
	pieces      [][]byte      // sent by the child, not taken yet; at most StreamWindow bytes
	over        bool          // nothing follows the pieces but end
	end         outcome       // how it ended
	wake        chan struct{} // holds one token where something of this has changed
}

func newStream(contentType string) *stream {
	return &stream{contentType: contentType, credit: StreamWindow, wake: make(chan struct{}, 1)}
}

func (st *stream) ring() {
	select {
	case st.wake <- struct{}{}:
	default:
	}
}

// give hands a call what it waits for.
func (c *call) give(o outcome) {
	switch {
	case c.stream == nil:
		c.outcome <- o
	case !c.stream.over:
		c.stream.over, c.stream.end = true, o
		c.stream.ring()
	}
}

// begin starts the stream of a call, for whose caller it is the first of two outcomes.
func (s *state) beginStream(request uint32, m Begin) error {
	call, found := s.calls[request]
	switch {
	case !found && s.abandoned(request):
		return nil
	case !found:
		return unasked(m, request)
	case call.stream != nil:
		return fmt.Errorf("a second Begin about request %d", request)
	case !call.streamed:
		return fmt.Errorf("Begin about request %d, whose answer cannot be streamed", request)
	}
	st := newStream(m.ContentType)
	call.outcome <- outcome{stream: st}
	call.stream = st
	return nil
}

// chunk adds to the stream of a call.
func (s *state) chunk(request uint32, m Chunk) error {
	call, found := s.calls[request]
	switch {
	case !found && s.abandoned(request):
		return nil
	case !found:
		return unasked(m, request)
	case call.stream == nil:
		return fmt.Errorf("Chunk before Begin about request %d", request)
	case len(m.Data) > call.stream.credit:
		return fmt.Errorf("Chunk of %d bytes about request %d, whose credit is %d", len(m.Data), request, call.stream.credit)
	}
	call.stream.credit -= len(m.Data)
	call.stream.pieces = append(call.stream.pieces, m.Data)
	call.stream.ring()
	return nil
}

// relay writes a streamed answer away, and gives the child back the credit for what was taken. It returns when the answer is
// over, with the call's one outcome: what came before it has been written then, except where that came too late.
func (c *child) relay(ctx context.Context, call *call, st *stream, open OpenStream) outcome {
	w, err := open(ctx, st.contentType)
	for owed := 0; err == nil; {
		var pieces [][]byte
		over, end := false, outcome{}
		c.update(func(*state) {
			pieces, st.pieces = st.pieces, nil
			over, end = st.over, st.end
		})
		if _, late := end.err.(*TimeoutError); over && (late || len(pieces) == 0) {
			return end
		}
		if len(pieces) == 0 {
			<-st.wake
			continue
		}
		var n int
		n, err = writeAll(w, pieces)
		if owed += n; owed >= StreamWindow/2 && !over {
			c.update(func(*state) { st.credit += owed })
			c.command(call.request, Credit{Bytes: uint32(owed)})
			owed = 0
		}
	}
	return c.unwanted(ctx, call, st, err)
}

func writeAll(w io.Writer, pieces [][]byte) (n int, err error) {
	for _, p := range pieces {
		if _, err := w.Write(p); err != nil {
			return n, err
		}
		n += len(p)
	}
	return n, nil
}

// unwanted ends a call whose streamed answer nobody takes.
func (c *child) unwanted(ctx context.Context, call *call, st *stream, err error) outcome {
	if ctx.Err() != nil { // then expire has ended the call, or finds it ended
		for over, end := false, (outcome{}); ; <-st.wake {
			c.update(func(*state) { over, end = st.over, st.end })
			if _, late := end.err.(*TimeoutError); late {
				return end
			}
			if over {
				return outcome{err: &TimeoutError{Elapsed: time.Since(call.since), Started: true, Err: ctx.Err()}}
			}
		}
	}
	inFlight := false
	c.update(func(s *state) { inFlight = s.take(call.request) != nil })
	if inFlight {
		c.cancel(call.request, errors.New("a streamed answer was not wanted any more"))
	}
	return outcome{err: &SinkError{Err: err}}
}
