package runtimeapi

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"time"
)

const (
	headerResponseMode = "Lambda-Runtime-Function-Response-Mode"
	headerErrorBody    = "Lambda-Runtime-Function-Error-Body"

	// maxTrailer is the size of an error that goes into a trailer, in bytes before base64. Servers written in Go take all
	// trailers together in 4 KiB: what is longer is "suspiciously long" to them, and the whole answer cut off.
	maxTrailer = 2 << 10

	// lateGrace is how long the end of a stream may take after the deadline of the invocation's context, which is shortly
	// before Lambda gives up by itself. A reader that is stuck must not hold up the next invocation.
	lateGrace = 150 * time.Millisecond
)

// stream is a streamed answer: one POST whose body is sent while it is made, on a connection of its own, which is closed
// afterwards. One goroutine reads the response meanwhile, since the API may refuse before the end.
type stream struct {
	ctx      context.Context
	conn     *conn
	stop     func() bool   // of the interruption by ctx
	answered chan struct{} // closed when resp or err is there
	resp     *response
	err      error
	broken   error // why no more can be written

	mu      sync.Mutex // of what decides about the connection's deadline
	refused bool       // the API has answered: nothing that is written from here on is read
	ending  bool       // the handler is done: that its context ends now means nothing
}

// Stream begins a streamed answer. What is written to the writer is on its way to Lambda when Write returns; Write waits for
// a reader that is slow, until ctx is over. The answer ends when the [Handler]'s Invoke returns: with its error, if any, in
// the trailers. It is called at most once.
func (inv *Invocation) Stream(ctx context.Context, contentType string) (io.Writer, error) {
	conn, err := inv.client.dial(ctx)
	if err != nil {
		return nil, err
	}
	s := &stream{ctx: ctx, conn: conn, answered: make(chan struct{})}
	inv.stream = s
	s.stop = context.AfterFunc(ctx, s.interrupt)
	req := &request{method: "POST", path: invocationPath(inv, "response"), streamed: true, fields: []field{
		{"Content-Type", safeField(contentType)},
		{headerResponseMode, "streaming"},
		{"Transfer-Encoding", "chunked"},
		{"Trailer", headerErrorType + ", " + headerErrorBody},
	}}
	inv.echo(req)
	go func() {
		defer close(s.answered)
		s.resp, s.err = readResponse(conn.r)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.refused = true
		s.stopWriting()
	}()
	return s, s.send(req.head(inv.client.addr))
}

// interrupt ends a Write that waits when the invocation's context is over.
func (s *stream) interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ending {
		s.stopWriting()
	}
}

func (s *stream) stopWriting() { _ = s.conn.SetWriteDeadline(time.Unix(1, 0)) } // fails only when closed

// limitEnd gives the end of the stream what is left of the invocation's time, and lateGrace. It undoes an interruption: the
// context is cancelled too when the handler has returned.
func (s *stream) limitEnd() {
	s.stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ending = true
	if s.refused {
		return
	}
	var until time.Time // none
	if deadline, ok := s.ctx.Deadline(); ok {
		until = deadline.Add(lateGrace)
		if late := time.Now().Add(lateGrace); s.ctx.Err() == context.DeadlineExceeded && until.Before(late) {
			until = late
		}
	}
	_ = s.conn.SetDeadline(until) // fails only when closed
}

// Write sends one chunk.
func (s *stream) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil // an empty chunk is the end
	}
	size := append(strconv.AppendInt(make([]byte, 0, 20), int64(len(p)), 16), "\r\n"...)
	if err := s.send(size, p, []byte("\r\n")); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (s *stream) send(parts ...[]byte) error {
	if s.broken != nil {
		return s.broken
	}
	buffers := net.Buffers(parts)
	if _, err := buffers.WriteTo(s.conn); err != nil {
		s.broken = fmt.Errorf("stream the answer: %w", err)
		if stuck(err) && s.ctx.Err() != nil {
			s.broken = fmt.Errorf("stream the answer: %w", s.ctx.Err())
		}
	}
	return s.broken
}

// end sends the end of the body, with an error in its trailers where there is one, and returns the API's response. The
// context is the program's: that of the invocation may be over.
func (s *stream) end(ctx context.Context, cause error) (*response, error) {
	s.limitEnd()
	last := []byte("0\r\n")
	if cause != nil {
		r := reportOf(cause)
		body := base64.StdEncoding.EncodeToString(fit(r.Type, r.Body, maxTrailer))
		last = append(last, headerErrorType+": "+headerType(r.Type)+"\r\n"+headerErrorBody+": "+body+"\r\n"...)
	}
	if err := s.send(append(last, "\r\n"...)); stuck(err) {
		s.conn.close() // a reader that is slow: it will not answer before it has read, and it must see that this is no end
	}
	defer context.AfterFunc(ctx, s.conn.close)()
	<-s.answered
	s.conn.close()
	if s.err != nil {
		return nil, errors.Join(s.err, s.broken)
	}
	return s.resp, nil
}

// stuck tells whether something could not be written in its time.
func stuck(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// finish sees the invocation of a streamed answer to its end. A nil error means that it is closed.
func (c *Client) finish(ctx context.Context, inv *Invocation, cause error) error {
	resp, err := inv.stream.end(ctx, cause)
	if err == nil {
		err = c.judge("response", inv, resp, false)
	} else {
		err = fmt.Errorf("response: %w", err)
	}
	if err == nil || fatal(err) || ctx.Err() != nil {
		return err
	}
	c.log(inv.RequestID, fmt.Sprintf("The streamed answer was not taken to its end, an error is reported in its place: %v", err))
	if cause == nil || errors.Is(cause, inv.stream.broken) {
		cause = NewReport("Runtime.ResponseRejected", fmt.Sprintf("Lambda did not take the answer to its end: %v.", err))
	}
	return c.fail(ctx, inv, cause)
}
