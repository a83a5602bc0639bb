package test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// startManaged starts a function on the genuine emulator as a managed instance of four events at a time.
func startManaged(t *testing.T, env map[string]string, timeout time.Duration) *started {
	t.Helper()
	if os.Geteuid() != 0 {
		unavailable(t, "a managed instance needs root")
	}
	return lambda{emulator.RIE}.start(t, fixture("managed"), "managed.core/handler", func(c *emulator.Config) {
		c.Concurrency, c.Env, c.Timeout = 4, env, timeout
	})
}

// Each of the events waits in the handler until all of them are there.
func TestManagedInstanceHandlesEventsAtATime(t *testing.T) {
	f := startManaged(t, map[string]string{"LUMO_CHILDREN": "1"}, 20*time.Second)
	var callers sync.WaitGroup
	var traces sync.Map
	for i := range 4 {
		callers.Go(func() {
			result := f.invoke(t, fmt.Sprintf(`{"meet":4,"n":%d}`, i))
			var answer struct {
				N     int
				ID    string
				Trace string
			}
			assert.NoError(t, json.Unmarshal(result.Payload, &answer), "%s", result.Payload)
			assert.Equal(t, i, answer.N)
			assert.Empty(t, answer.Trace, "nothing of a request is in the environment")
			_, again := traces.LoadOrStore(answer.ID, i)
			assert.False(t, again, "a request id of its own")
		})
	}
	callers.Wait()
	assert.Regexp(t, `{"level":"INFO","timestamp":"[^"]+","message":"here is 3","requestId":"`+uuid+`"}`, f.closedLog(t))
}

func TestErrorAndDeathOnAManagedInstanceCostNoOtherLumo(t *testing.T) {
	f := startManaged(t, map[string]string{"LUMO_CHILDREN": "2"}, 20*time.Second)
	got := f.fault(t, `{"fail":true}`)
	assert.Equal(t, "Error", got.ErrorType)
	got = f.fault(t, `{"die":true}`)
	assert.Equal(t, "Runtime.ExitError", got.ErrorType)
	require.True(t, strings.HasPrefix(f.answer(t, `{"meet":1,"n":7}`), `{"n":7`))
}

// The time of an event is up, Lambda tries it again under the same request id, and then the first attempt answers: that is
// refused, and is not the second one's answer. The deadline is Lambda's alone to keep, since the emulator tells one that is
// weeks away.
func TestLateAnswerOfAManagedInstanceIsNotTheNextAttempts(t *testing.T) {
	f := startManaged(t, map[string]string{"LUMO_CHILDREN": "1"}, 5*time.Second)
	attempt := func(mark string) <-chan emulator.Result {
		done := make(chan emulator.Result, 1)
		go func() {
			result, err := f.Invoke(context.WithoutCancel(t.Context()), fmt.Appendf(nil, `{"park":%q}`, mark),
				emulator.Options{RequestID: "8476a536-e9f4-11e8-9739-2dfe598c3fcd"})
			assert.NoError(t, err)
			done <- result
		}()
		f.logs(t, "parked "+mark)
		return done
	}
	first := attempt("first")
	assert.Contains(t, f.answer(t, `{"meet":1,"n":7}`), `"n":7`, "beside the one that is late")
	late := <-first
	assert.True(t, late.FunctionError)
	assert.Contains(t, string(late.Payload), "Sandbox.Timedout")

	second := attempt("second")
	assert.Equal(t, "null", f.answer(t, `{"release":"first"}`))
	f.logs(t, "response: the runtime API answered 410")
	assert.Equal(t, "null", f.answer(t, `{"release":"second"}`))
	assert.Equal(t, `"second"`, string((<-second).Payload))
}

// logs waits until the log holds a text.
func (s *started) logs(t *testing.T, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(s.log.String(), text) }, time.Minute, time.Millisecond, text)
}
