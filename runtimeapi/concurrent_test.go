package runtimeapi

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/runtimeapi/runtimeapitest"
)

// runMany runs n loops until `until` returns; then the API ends them with 500, which is not tried again. It must not do so
// before: the first loop that finds no event would end the others with what they have in flight.
func (r *rig) runMany(h Handler, n int, until func()) error {
	r.t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- RunConcurrent(r.t.Context(), r.Client, h, n) }()
	until()
	r.api.End(500)
	return <-ended
}

// meeting is a handler that answers nobody before n invocations are there at the same time.
func meeting(n int) Handler {
	var wg sync.WaitGroup
	wg.Add(n)
	return handlerFunc(func(_ context.Context, inv *Invocation) ([]byte, error) {
		wg.Done()
		wg.Wait()
		return inv.Event, nil
	})
}

func TestInvocationsOverlapAndEachGetsItsOwnAnswer(t *testing.T) {
	r := newRig(t)
	r.api.Concurrent()
	var outcomes []<-chan runtimeapitest.Outcome
	for i := range 8 {
		outcomes = append(outcomes, r.api.Queue(runtimeapitest.Event{Body: fmt.Append(nil, i)}))
	}
	err := r.runMany(meeting(8), 8, func() {
		for i, o := range outcomes {
			got := <-o
			assert.Equal(t, "response", got.Call)
			assert.Equal(t, fmt.Sprint(i), string(got.Body))
			assert.Equal(t, fmt.Sprint("attempt-", i+1), got.Header.Get(headerInvocationID))
		}
	})
	var status *StatusError
	require.ErrorAs(t, err, &status)
}

// The same request id twice, as after a time-out: the late answer is not the second one's.
func TestLateAnswerIsNotTakenForAnotherAttempt(t *testing.T) {
	r := newRig(t)
	r.api.Concurrent()
	first := r.api.Queue(runtimeapitest.Event{RequestID: "same", Body: []byte("first")})
	second := make(chan (<-chan runtimeapitest.Outcome), 1)
	arrived, told := make(chan struct{}), make(chan struct{})
	_ = r.runMany(handlerFunc(func(_ context.Context, inv *Invocation) ([]byte, error) {
		switch string(inv.Event) {
		case "first":
			r.api.Expire()
			second <- r.api.Queue(runtimeapitest.Event{RequestID: "same", Body: []byte("second")})
			<-arrived
		case "second":
			close(arrived)
			r.api.Queue(runtimeapitest.Event{Body: []byte("third")})
			<-told
		case "third": // the first one's loop asks for it when it is done with the late answer
			close(told)
		}
		return inv.Event, nil
	}), 2, func() {
		assert.Equal(t, "expired", (<-first).Call)
		got := <-<-second
		assert.Equal(t, "second", string(got.Body))
	})
	assert.NotEmpty(t, r.logged(), "the late answer is told")
}

func TestNextIsAskedForFiveTimes(t *testing.T) {
	r := newRig(t)
	r.api.Concurrent()
	o := r.api.Queue(runtimeapitest.Event{Body: []byte("event")})
	r.api.Refuse("next", 429, 2)
	_ = r.runMany(echo, 1, func() { assert.Equal(t, "event", string((<-o).Body)) })
	assert.Len(t, r.logged(), 2)

	r = newRig(t)
	r.api.Refuse("next", 429, 5)
	var status *StatusError
	require.ErrorAs(t, RunConcurrent(t.Context(), r.Client, echo, 1), &status)
	assert.Equal(t, 429, status.Status)
	assert.Len(t, r.api.Calls(), 5)
}

func TestErrorThatIsNotTakenEndsNoOtherInvocation(t *testing.T) {
	r := newRig(t)
	r.api.Concurrent()
	r.api.Queue(runtimeapitest.Event{Body: []byte("fail")})
	o := r.api.Queue(runtimeapitest.Event{Body: []byte("event")})
	r.api.Refuse("error", 400, 2)
	_ = r.runMany(handlerFunc(func(_ context.Context, inv *Invocation) ([]byte, error) {
		if string(inv.Event) == "fail" {
			return nil, errPlain
		}
		return inv.Event, nil
	}), 1, func() { assert.Equal(t, "event", string((<-o).Body)) })
}

func TestEndOfTheContextEndsAllLoops(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- RunConcurrent(ctx, r.Client, echo, 4) }()
	cancel()
	assert.True(t, errors.Is(<-ended, context.Canceled))
}
