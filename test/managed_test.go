package test

import (
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
func startManaged(t *testing.T, folder, handler string, env map[string]string) *started {
	t.Helper()
	if os.Geteuid() != 0 {
		unavailable(t, "a managed instance needs root")
	}
	return lambda{emulator.RIE}.start(t, fixture(folder), handler, func(c *emulator.Config) {
		c.Concurrency, c.Env, c.Timeout = 4, env, 20*time.Second
	})
}

// Each of the events waits in the handler until all of them are there.
func TestManagedInstanceHandlesEventsAtATime(t *testing.T) {
	f := startManaged(t, "managed", "managed.core/handler", map[string]string{"LUMO_CHILDREN": "1"})
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
	f := startManaged(t, "managed", "managed.core/handler", map[string]string{"LUMO_CHILDREN": "2"})
	got := f.fault(t, `{"fail":true}`)
	assert.Equal(t, "Error", got.ErrorType)
	got = f.fault(t, `{"die":true}`)
	assert.Equal(t, "Runtime.ExitError", got.ErrorType)
	require.True(t, strings.HasPrefix(f.answer(t, `{"meet":1,"n":7}`), `{"n":7`))
}
