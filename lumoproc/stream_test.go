package lumoproc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
)

// sink takes a streamed answer.
type sink struct {
	bytes.Buffer
	contentType string
	opened      int
	openErr     error
	writer      io.Writer // in place of the buffer
}

func (s *sink) open(_ context.Context, contentType string) (io.Writer, error) {
	s.contentType = contentType
	s.opened++
	if s.writer != nil {
		return s.writer, s.openErr
	}
	return s, s.openErr
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func (r *rig) stream(ctx context.Context, script string, s *sink) ([]byte, error) {
	return r.Invoke(ctx, lumoproc.Invoke{Event: []byte(script), Label: script, Stream: s.open})
}

func TestStreamedAnswerGoesThroughTheWriter(t *testing.T) {
	r := start(t, "ready")
	for _, script := range []string{"begin text/plain; chunk one; chunk  two; end", "begin text/plain; chunk one two; end"} {
		s := &sink{}
		answer, err := r.stream(t.Context(), script, s)
		require.NoError(t, err)
		assert.Empty(t, answer)
		assert.Equal(t, "text/plain", s.contentType)
		assert.Equal(t, "one two", s.String())
	}
	s := &sink{}
	_, err := r.stream(t.Context(), "begin ; end", s)
	require.NoError(t, err)
	assert.Equal(t, 1, s.opened, "an empty stream is one")
	answer, err := r.stream(t.Context(), "answer whole", &sink{})
	require.NoError(t, err)
	assert.Equal(t, "whole", string(answer), "an answer may be streamed, and need not")
}

func TestFaultBeforeAndAfterTheFirstByte(t *testing.T) {
	r := start(t, "ready")
	for script, opened := range map[string]int{"fault T {}": 0, "begin x; chunk a; fault T {}": 1} {
		s := &sink{}
		_, err := r.stream(t.Context(), script, s)
		var fault *lumoproc.FaultError
		require.ErrorAs(t, err, &fault)
		assert.Equal(t, "T", fault.ErrorType)
		assert.Equal(t, opened, s.opened)
		assert.Equal(t, strings.Repeat("a", opened), s.String(), "what came before the error has been written")
	}
}

func TestDeathDuringAStreamComesAfterItsBytes(t *testing.T) {
	r := start(t, "ready")
	s := &sink{}
	_, err := r.stream(t.Context(), "begin x; chunk a; chunk b; err bye; kill 9", s)
	var exit *lumoproc.ExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, syscall.SIGKILL, exit.Signal)
	assert.Equal(t, "bye", exit.Tail)
	assert.Equal(t, "ab", s.String())
	r.answers("answer again", "again")
}

// The writer takes nothing: the child can send its first credit and no more. Then the writer takes all.
func TestWriterThatWaitsStallsTheChild(t *testing.T) {
	r := start(t, "ready")
	taking := make(chan struct{})
	n := 0
	s := &sink{writer: writerFunc(func(p []byte) (int, error) {
		<-taking
		n += len(p)
		return len(p), nil
	})}
	done := make(chan error, 1)
	go func() {
		_, err := r.stream(t.Context(), "begin x; flow 3000000; end", s)
		done <- err
	}()
	r.log.await(t, fmt.Sprint("stalled ", lumoproc.StreamWindow))
	close(taking)
	require.NoError(t, <-done)
	assert.Equal(t, 3_000_000, n)
}

func TestDeadlineDuringAStream(t *testing.T) {
	r := start(t, "ready")
	t.Run("the child is stuck", func(t *testing.T) {
		ctx := expiring{t.Context(), make(chan struct{})}
		s := &sink{writer: writerFunc(func(p []byte) (int, error) { close(ctx.passed); return len(p), nil })}
		_, err := r.stream(ctx, "begin x; chunk a; hang", s)
		require.ErrorAs(t, err, new(*lumoproc.TimeoutError))
	})
	t.Run("the writer is stuck", func(t *testing.T) {
		ctx := expiring{t.Context(), make(chan struct{})}
		s := &sink{writer: writerFunc(func([]byte) (int, error) {
			close(ctx.passed)
			return 0, errors.New("interrupted")
		})}
		_, err := r.stream(ctx, "begin x; chunk a; end", s)
		require.ErrorAs(t, err, new(*lumoproc.TimeoutError), "also where the child has sent all")
	})
	r.answers("answer again", "again")
}

func TestStreamThatNobodyTakesIsCancelled(t *testing.T) {
	gone := errors.New("gone")
	r := start(t, "ready")
	pid := r.ready().PID
	for name, s := range map[string]*sink{
		"at its beginning": {openErr: gone},
		"later":            {writer: writerFunc(func([]byte) (int, error) { return 0, gone })},
	} {
		_, err := r.stream(t.Context(), "begin x; flow 3000000; end", s)
		var unwanted *lumoproc.SinkError
		require.ErrorAs(t, err, &unwanted, name)
		require.ErrorIs(t, err, gone, name)
		r.answers("answer again", "again")
	}
	assert.Equal(t, pid, r.ready().PID)
}

func TestStreamsThatBreakTheRulesEndTheChild(t *testing.T) {
	r := start(t, "ready")
	for name, script := range map[string]string{
		"a chunk without a beginning": "chunk a; hang",
		"an end without a beginning":  "end; hang",
		"two beginnings":              "begin x; begin x; hang",
		"a result after a beginning":  "begin x; answer a; hang",
		"more than its credit":        "begin x; chunk " + strings.Repeat("x", lumoproc.StreamWindow+1) + "; hang",
	} {
		_, err := r.stream(t.Context(), script, &sink{writer: writerFunc(func(p []byte) (int, error) { return len(p), nil })})
		require.ErrorAs(t, err, new(*lumoproc.ProtocolError), name)
		assert.NotContains(t, err.Error(), "not in flight", name)
		_, err = r.stream(t.Context(), "answer again", &sink{})
		require.NoError(t, err)
	}
	_, err := r.ask("begin x; hang")
	require.ErrorAs(t, err, new(*lumoproc.ProtocolError), "a stream that nobody asked for")
}
