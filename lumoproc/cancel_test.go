package lumoproc_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
)

// asked is a request in flight.
type asked struct {
	answer string
	err    error
}

// begin gives the child a script in a goroutine of its own, and returns once the child has written mark.
func (r *rig) begin(ctx context.Context, script, mark string) <-chan asked {
	r.t.Helper()
	done := make(chan asked, 1)
	go func() {
		answer, err := r.Invoke(ctx, lumoproc.Invoke{Event: []byte(script), Label: script})
		done <- asked{string(answer), err}
	}()
	r.log.await(r.t, mark)
	return done
}

func TestDeadlineOfOneRequestCostsNoOther(t *testing.T) {
	r := start(t, "ready")
	pid := r.ready().PID
	late := expiring{t.Context(), make(chan struct{})}
	first := r.begin(t.Context(), "err one; park", "one")
	second := r.begin(late, "err two; park", "two")
	close(late.passed)
	r.log.await(t, "cancelled 2")
	var timeout *lumoproc.TimeoutError
	require.ErrorAs(t, (<-second).err, &timeout)
	r.answers("result 1 done; answer 3", "3")
	assert.Equal(t, asked{answer: "done"}, <-first)
	assert.Equal(t, pid, r.ready().PID, "a child that says that it is done with the request is kept")
}

func TestAnswerThatCrossesTheCancellationIsDropped(t *testing.T) {
	r := start(t, "ready")
	late := expiring{t.Context(), make(chan struct{})}
	first := r.begin(t.Context(), "err one; park", "one")
	second := r.begin(late, "err two; park", "two")
	// The child answers the second before it reads that it is cancelled.
	third := r.begin(t.Context(), "err three; park", "three")
	close(late.passed)
	require.ErrorAs(t, (<-second).err, new(*lumoproc.TimeoutError))
	r.log.await(t, "cancelled 2")
	r.answers("result 1 a; result 3 b; answer c", "c")
	assert.Equal(t, asked{answer: "a"}, <-first)
	assert.Equal(t, asked{answer: "b"}, <-third)
}

func TestChildWhoseEventLoopIsStuckIsRetired(t *testing.T) {
	r := start(t, "ready")
	stuck := r.ready().PID
	late, later := expiring{t.Context(), make(chan struct{})}, expiring{t.Context(), make(chan struct{})}
	first := r.begin(later, "err one; park", "one")
	second := r.begin(late, "err two; hang", "two")
	close(late.passed)
	require.ErrorAs(t, (<-second).err, new(*lumoproc.TimeoutError))
	// A request of now waits until the child is given up, and goes to a new one.
	answer, err := r.ask("pid")
	require.NoError(t, err)
	assert.NotEqual(t, fmt.Sprint(stuck), answer)
	assert.True(t, alive(stuck), "the first request may still be answered")
	select {
	case got := <-first:
		require.Fail(t, "a request lost its child to another's deadline", "%v", got)
	default:
	}
	close(later.passed)
	require.ErrorAs(t, (<-first).err, new(*lumoproc.TimeoutError))
	for alive(stuck) { // it is killed with its last request
	}
}

func TestDeadlineWhileAnotherRequestKeepsTheChildFromReading(t *testing.T) {
	r := start(t, "ready")
	later := expiring{t.Context(), make(chan struct{})}
	first := r.begin(later, "err busy; hang", "busy")
	_, err := r.Invoke(deadline(t), lumoproc.Invoke{Event: make([]byte, 4<<20)}) // more than the pipe takes
	require.IsType(t, &lumoproc.TimeoutError{}, err)
	r.answers("answer again", "again")
	close(later.passed)
	require.IsType(t, &lumoproc.TimeoutError{}, (<-first).err)
}

func TestCloseEndsARetiredChildToo(t *testing.T) {
	r := start(t, "ready")
	late := expiring{t.Context(), make(chan struct{})}
	first := r.begin(t.Context(), "err one; park", "one")
	second := r.begin(late, "err two; hang", "two")
	close(late.passed)
	require.Error(t, (<-second).err)
	r.answers("answer again", "again")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.Close(ctx)
	assert.ErrorIs(t, (<-first).err, lumoproc.ErrClosed)
	for _, text := range r.log.texts("") {
		assert.False(t, strings.HasPrefix(text, "no request was in flight"), text)
	}
}
