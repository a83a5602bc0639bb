package test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/emulator"
	"github.com/lumo-lambda/lumo-lambda/test/faults"
	"github.com/lumo-lambda/lumo-lambda/test/procs"
)

var (
	faultsN    = flag.Int("faults", 60, "invocations of TestFaultsOfTheShippedLumo")
	faultsSeed = flag.Uint64("faults.seed", 0, "seed of TestFaultsOfTheShippedLumo; 0: another each time")
)

// do makes an event of the function chaos; n is drawn below a bound.
func do(what string, below int) func(*rand.Rand, string) string {
	return func(r *rand.Rand, mark string) string {
		return fmt.Sprintf(`{"do":%q,"mark":%q,"n":%d}`, what, mark, r.IntN(below))
	}
}

const briefly = 1500 * time.Millisecond

// chaos are the faults of a function in the shipped lumo.
var chaos = []faults.Kind{
	{Name: "answer", Weight: 60, Answer: true, Says: true, Event: do("answer", 1)},
	{Name: "answer after a wait", Weight: 20, Answer: true, Says: true, Event: do("await", 10)},
	{Name: "throws", Weight: 20, Errors: []string{"ExceptionInfo"}, Says: true, Event: do("throw", 9)},
	{Name: "rejects", Weight: 20, Errors: []string{"Error"}, Says: true, Event: do("reject", 10)},
	{Name: "throws in a timer", Weight: 10, Errors: []string{"Runtime.UncaughtException"}, Says: true, Event: do("uncaught", 10)},
	{Name: "exits", Weight: 10, Errors: []string{"Runtime.ExitError"}, Says: true, Event: do("exit", 10)},
	{Name: "killed by itself", Weight: 10, Errors: []string{"Runtime.ExitError"}, Says: true, Event: do("kill", 10)},
	{Name: "killed at any moment", Weight: 20, Answer: true, Errors: []string{"Runtime.ExitError"}, Outside: syscall.SIGKILL,
		Within: 20 * time.Millisecond, Event: do("await", 15)},
	{Name: "stopped", Weight: 3, Errors: []string{"Runtime.Timedout"}, Timeout: briefly, Event: do("stop", 10)},
	{Name: "silent", Weight: 3, Errors: []string{"Runtime.Timedout"}, Timeout: briefly, Event: do("silent", 1)},
	{Name: "in a loop", Weight: 3, Errors: []string{"Runtime.Timedout"}, Timeout: briefly, Event: do("loop", 1)},
	{Name: "never settles", Weight: 10, Errors: []string{"Runtime.NodeJsExit"}, Says: true, Event: do("unsettled", 1)},
	{Name: "floods the log", Weight: 10, Answer: true, Says: true, Event: do("print", 20_000)},
	{Name: "floods descriptor 1", Weight: 10, Answer: true, Says: true, Event: do("stdout", 2_000_000)},
	{Name: "fills the memory", Weight: 3, Errors: []string{"Runtime.OutOfMemory"}, Says: true, Event: do("fill", 1)},
	{Name: "leaves work behind", Weight: 20, Answer: true, Says: true, Event: do("leave", 30)},
}

// The same function on the emulators, without what they cannot show: each has one time-out for all events, and its
// processes are its own.
func TestFaultsOnTheEmulators(t *testing.T) {
	kinds := slices.DeleteFunc(slices.Clone(chaos), func(k faults.Kind) bool { return k.Outside != 0 || k.Timeout != 0 })
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, fixture("chaos"), "chaos.core/handler", func(c *emulator.Config) { c.Memory = 128 })
		series, err := faults.Run(t.Context(), faults.Config{
			Seed: rand.Uint64N(1_000_000_000) + 1, N: 15, Kinds: kinds,
			Invoke: func(ctx context.Context, event string) ([]byte, bool, error) {
				r, err := f.Invoke(ctx, []byte(event), emulator.Options{})
				return r.Payload, r.FunctionError, err
			},
			Replay: func(seed uint64, n int) string { return fmt.Sprintf("seed %d, %d cases", seed, n) },
		})
		require.NoError(t, err)
		require.NoError(t, series.JudgeLog(strings.NewReader(f.closedLog(t))))
		assert.Empty(t, series.Problems())
	})
}

func TestFaultsOfTheShippedLumo(t *testing.T) {
	seed := *faultsSeed
	if seed == 0 {
		seed = rand.Uint64N(1_000_000_000) + 1
	}
	d := startDirect(t, "chaos", "chaos.core/handler", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128")
	series, err := faults.Run(t.Context(), faults.Config{
		Seed: seed, N: *faultsN, Kinds: chaos, API: d.api,
		Signal: func(s syscall.Signal) { procs.SignalChildren(d.cmd.Process.Pid, s) },
		Replay: func(seed uint64, n int) string {
			return fmt.Sprintf("go test -run TestFaultsOfTheShippedLumo ./test -faults %d -faults.seed %d", n, seed)
		},
	})
	require.NoError(t, err)
	assert.Equal(t, 0, d.end(), "the one bootstrap has lived through all of it")
	log, err := os.Open(d.stderr)
	require.NoError(t, err)
	defer log.Close()
	require.NoError(t, series.JudgeLog(log))
	series.Print(os.Stdout)
	for _, p := range series.Problems() {
		t.Error(p)
	}
}
