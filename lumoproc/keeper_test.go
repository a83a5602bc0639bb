package lumoproc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
)

func TestReadyTellsWhatTheChildSaid(t *testing.T) {
	r := start(t, "ready my-app.core/handler")
	info := r.ready()
	assert.Equal(t, "my-app.core/handler", info.Handler)
	assert.Equal(t, "test", info.Lumo)
	assert.True(t, alive(info.PID))
	r.close()
	assert.False(t, alive(info.PID), "the child outlived Close")
}

func TestInvokeHandsOverContextAndEvent(t *testing.T) {
	r := start(t, "ready")
	r.answers("event", "event")
	r.answers("context", "{}")
	r.answers("args", "--lambda my-app.core/handler")
}

func TestChildServesManyInvocations(t *testing.T) {
	r := start(t, "ready")
	pid, err := r.ask("pid")
	require.NoError(t, err)
	for i := range 200 {
		r.answers(fmt.Sprintf("answer %d", i), strconv.Itoa(i))
	}
	r.answers("pid", pid)
}

func TestChildsPipesAreBlocking(t *testing.T) {
	start(t, "ready").answers("flags", "false false false")
}

func TestChildRunsInDir(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	start(t, "ready", func(c *lumoproc.Config) { c.Dir = dir }).answers("cwd", dir)
}

func TestLargeEventAndAnswerPassWhole(t *testing.T) {
	r := start(t, "ready")
	event := append([]byte("event\n"), bytes.Repeat([]byte("þ😀"), 1<<20)...)
	for range 3 {
		answer, err := r.Invoke(t.Context(), lumoproc.Invoke{Event: event})
		require.NoError(t, err)
		require.True(t, bytes.Equal(event, answer), "the answer of %d bytes is not the event of %d", len(answer), len(event))
	}
}

func TestEventOverTheLimitIsRefusedAndTheChildLives(t *testing.T) {
	r := start(t, "ready")
	pid, err := r.ask("pid")
	require.NoError(t, err)
	_, err = r.Invoke(t.Context(), lumoproc.Invoke{Event: make([]byte, lumoproc.MaxPayload)})
	var tooLarge *lumoproc.TooLargeError
	require.ErrorAs(t, err, &tooLarge)
	r.answers("pid", pid)
}

// The child answers with megabytes before it reads the rest of the event: both pipes are full at once.
func TestBothPipesFullDoNotDeadlock(t *testing.T) {
	r := start(t, "ready; errbytes 3000000; logbytes 3000000")
	event := append([]byte("answer ok\n"), make([]byte, 6<<20)...)
	answer, err := r.Invoke(t.Context(), lumoproc.Invoke{Event: event})
	require.NoError(t, err)
	assert.Equal(t, "ok", string(answer))
}

func TestFaultIsTheHandlersErrorAndTheChildLives(t *testing.T) {
	r := start(t, "ready")
	pid, err := r.ask("pid")
	require.NoError(t, err)
	_, err = r.ask(`fault Function.ExceptionInfo {"errorMessage":"no"}`)
	var fault *lumoproc.FaultError
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, &lumoproc.FaultError{ErrorType: "Function.ExceptionInfo", Body: []byte(`{"errorMessage":"no"}`)}, fault)
	r.answers("pid", pid)
}

func TestChildKilledDuringAnInvocationIsOneErrorAndTheNextIsAnswered(t *testing.T) {
	r := start(t, "ready")
	_, err := r.ask("err last words; kill 9")
	var exit *lumoproc.ExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, &lumoproc.ExitError{Code: -1, Signal: syscall.SIGKILL, Ready: true, Tail: "last words"}, exit)
	r.answers("answer again", "again")
}

func TestChildKilledFromOutsideDuringAnInvocation(t *testing.T) {
	r := start(t, "ready")
	pid := r.ready().PID
	failed := make(chan error, 1)
	go func() {
		_, err := r.ask("err busy; hang")
		failed <- err
	}()
	r.log.await(t, "busy")
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	var exit *lumoproc.ExitError
	require.ErrorAs(t, <-failed, &exit)
	assert.Equal(t, syscall.SIGKILL, exit.Signal)
	r.answers("answer again", "again")
}

func TestExitDuringAnInvocation(t *testing.T) {
	r := start(t, "ready")
	for _, status := range []int{0, 3} {
		_, err := r.ask(fmt.Sprintf("err bye; exit %d", status))
		var exit *lumoproc.ExitError
		require.ErrorAs(t, err, &exit)
		assert.Equal(t, &lumoproc.ExitError{Code: status, Ready: true, Tail: "bye"}, exit)
		r.answers("answer again", "again")
	}
}

func TestAnswerWrittenBeforeTheExitCounts(t *testing.T) {
	r := start(t, "ready")
	for i := range 20 {
		pid := r.ready().PID
		r.answers(fmt.Sprintf("answer %d; exit 1", i), strconv.Itoa(i))
		for alive(pid) { // a request that it reads before it is gone is lost with it
			runtime.Gosched()
		}
	}
}

func TestReplacementIsStartedWithoutBeingAskedFor(t *testing.T) {
	r := start(t, "err started; ready")
	first := r.ready().PID
	_, err := r.ask("kill 9")
	require.Error(t, err)
	second := r.ready().PID
	assert.NotEqual(t, first, second)
	assert.Len(t, r.log.texts(""), 2, "one line of each start: %q", r.log.texts(""))
}

func TestChildThatDiedIdleIsReplacedUnseen(t *testing.T) {
	r := start(t, "ready")
	for range 20 {
		r.answers("answer 1", "1")
		pid := r.ready().PID
		// Stopped, so that it cannot read the request in the moment before the signal reaches it.
		require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
		for !stopped(t, pid) {
			runtime.Gosched()
		}
		require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		r.answers("answer 2", "2")
	}
}

func TestOutOfMemoryIsRecognised(t *testing.T) {
	r := start(t, "ready")
	const words = "err FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory; "
	for end, want := range map[string]bool{
		words + "kill 6":   true,
		words + "kill 5":   true,
		words + "exit 134": true,
		words + "exit 133": true,
		words + "exit 1":   false,
		"kill 6":           false,
	} {
		_, err := r.ask(end)
		var exit *lumoproc.ExitError
		require.ErrorAs(t, err, &exit)
		assert.Equal(t, want, exit.OutOfMemory(), end)
	}
}

func TestBytesThatAreNoFrameEndTheChild(t *testing.T) {
	r := start(t, "ready")
	for name, script := range map[string]string{
		"text":                 "err why; out hello",
		"a command":            "err why; frame 4c4d01020000000000000000",
		"an unknown type":      "err why; frame 4c4d01990000000000000000",
		"a length over 16 MiB": "err why; frame 4c4d018200000001ffffffff",
		"another request":      "err why; result 77 x",
		"a second Ready":       "err why; ready",
		"a log of the future":  "err why; frame 4c4d01840000ffff000000020378",
	} {
		_, err := r.ask(script + "; hang")
		var protocol *lumoproc.ProtocolError
		require.ErrorAs(t, err, &protocol, name)
		assert.Equal(t, "why", protocol.Tail, name)
		r.answers("answer again", "again")
	}
}

func TestSecondAnswerEndsTheChild(t *testing.T) {
	r := start(t, "ready")
	first := r.ready().PID
	r.answers("answer 1; answer 2", "1")
	for alive(first) { // a request that it reads before it is gone is lost with it
		runtime.Gosched()
	}
	r.answers("answer again", "again")
	assert.NotEqual(t, first, r.ready().PID)
}

func TestChildThatClosesItsPipesAndLivesIsEnded(t *testing.T) {
	r := start(t, "ready")
	for _, script := range []string{"closeout; hang", "closein; closeout; hang"} {
		_, err := r.ask(script)
		var protocol *lumoproc.ProtocolError
		require.ErrorAs(t, err, &protocol, script)
		r.answers("answer again", "again")
	}
}

func TestRequestThatWasNotDeliveredGoesToTheNextChild(t *testing.T) {
	// The first child is deaf to events and closes its stdin once the pipe is full; the second is as it should be.
	marker := filepath.Join(t.TempDir(), "first")
	require.NoError(t, os.WriteFile(marker, nil, 0o600))
	r := start(t, "ready", func(c *lumoproc.Config) {
		c.Path = "/bin/sh"
		c.Args = []string{"-c", fmt.Sprintf(
			`if rm %q 2>/dev/null; then printf 'LM\001\201\0\0\0\0\0\0\0\002{}'; head -c 100000 >/dev/null; exit 7; fi; exec %q --lambda x`,
			marker, os.Args[0])}
	})
	event := append([]byte("answer ok\n"), make([]byte, 6<<20)...)
	answer, err := r.Invoke(t.Context(), lumoproc.Invoke{Event: event, Label: "big"})
	require.NoError(t, err)
	assert.Equal(t, "ok", string(answer))
	assert.Contains(t, r.log.texts("big")[0], "exited with status 7")
}

func TestDeadlineEndsTheChildAndTheNextIsAnswered(t *testing.T) {
	r := start(t, "ready")
	pid := r.ready().PID
	ctx := expiring{t.Context(), make(chan struct{})}
	busy := r.begin(ctx, "err stuck; hang", "stuck")
	close(ctx.passed)
	err := (<-busy).err
	var timeout *lumoproc.TimeoutError
	require.ErrorAs(t, err, &timeout)
	assert.True(t, timeout.Started)
	assert.Equal(t, "stuck", timeout.Tail)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Positive(t, timeout.Elapsed)
	r.answers("answer again", "again")
	assert.NotEqual(t, pid, r.ready().PID)
	assert.False(t, alive(pid))
}

func TestDeadlineWhileTheEventIsNotRead(t *testing.T) {
	r := start(t, "ready; deaf")
	r.ready()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := r.Invoke(ctx, lumoproc.Invoke{Event: make([]byte, 6<<20)})
	var timeout *lumoproc.TimeoutError
	require.ErrorAs(t, err, &timeout)
}

func TestDeadlineWhileTheChildIsStartingLeavesItAlone(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "go")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	r := start(t, "ready", func(c *lumoproc.Config) {
		c.Path = "/bin/sh"
		c.Args = []string{"-c", fmt.Sprintf(`echo waiting >&2; read x < %q; exec %q`, fifo, os.Args[0])}
	})
	r.log.await(t, "waiting")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := r.Invoke(ctx, lumoproc.Invoke{})
	var timeout *lumoproc.TimeoutError
	require.ErrorAs(t, err, &timeout)
	assert.False(t, timeout.Started)
	require.NoError(t, os.WriteFile(fifo, []byte("go\n"), 0o600))
	r.answers("answer ok", "ok")
	assert.Equal(t, []string{"waiting"}, r.log.texts(""), "it was started once")
}

func TestCallerThatGivesUpIsNotATimeout(t *testing.T) {
	r := start(t, "ready")
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := r.Invoke(ctx, lumoproc.Invoke{Event: []byte("err busy; hang")})
		failed <- err
	}()
	r.log.await(t, "busy")
	cancel()
	err := <-failed
	require.ErrorIs(t, err, context.Canceled)
	assert.False(t, errors.As(err, new(*lumoproc.TimeoutError)), "%v", err)
	r.answers("answer again", "again")
}

func TestContextThatIsOverDoesNotCostTheChild(t *testing.T) {
	r := start(t, "ready")
	pid := r.ready().PID
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.Invoke(ctx, lumoproc.Invoke{Event: []byte("answer 1")})
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, pid, r.ready().PID)
}

func TestInitFailures(t *testing.T) {
	t.Run("exit", func(t *testing.T) {
		r := start(t, "err cannot load; exit 3")
		_, err := r.Ready(t.Context())
		var exit *lumoproc.ExitError
		require.ErrorAs(t, err, &exit)
		assert.Equal(t, &lumoproc.ExitError{Code: 3, Tail: "cannot load"}, exit)
	})
	t.Run("fault", func(t *testing.T) {
		r := start(t, `err looked for it; fault Runtime.HandlerNotFound {"errorMessage":"x"}; hang`)
		_, err := r.Ready(t.Context())
		var fault *lumoproc.FaultError
		require.ErrorAs(t, err, &fault)
		assert.Equal(t, &lumoproc.FaultError{ErrorType: "Runtime.HandlerNotFound", Body: []byte(`{"errorMessage":"x"}`),
			Init: true, Tail: "looked for it"}, fault)
	})
	t.Run("not a lumo", func(t *testing.T) {
		r := start(t, "", func(c *lumoproc.Config) { c.Path, c.Args = "/bin/sh", []string{"-c", "echo usage: sh; exit 2"} })
		_, err := r.Ready(t.Context())
		var exit *lumoproc.ExitError
		require.ErrorAs(t, err, &exit)
		assert.Equal(t, &lumoproc.ExitError{Code: 2, Tail: "usage: sh"}, exit)
		assert.Equal(t, "usage: sh", r.log.texts("")[0])
	})
	t.Run("bad frame", func(t *testing.T) {
		r := start(t, "frame 4c4d0181000000000000000178; hang")
		_, err := r.Ready(t.Context())
		require.ErrorAs(t, err, new(*lumoproc.ProtocolError))
	})
	t.Run("no program", func(t *testing.T) {
		r := start(t, "", func(c *lumoproc.Config) { c.Path = "/no/such/lumo" })
		_, err := r.Ready(t.Context())
		var start *lumoproc.StartError
		require.ErrorAs(t, err, &start)
		assert.Equal(t, "start /no/such/lumo: no such file or directory", err.Error())
	})
	t.Run("no folder", func(t *testing.T) {
		r := start(t, "", func(c *lumoproc.Config) { c.Dir = "/no/such/folder" })
		_, err := r.Ready(t.Context())
		assert.ErrorContains(t, err, "its working directory: stat /no/such/folder")
	})
}

func TestCrashLoopIsBoundedByTheRequests(t *testing.T) {
	r := start(t, "err start; exit 1")
	_, err := r.Ready(t.Context())
	require.Error(t, err)
	starts := func() (n int) {
		for _, text := range r.log.texts("") {
			if text == "start" {
				n++
			}
		}
		return n
	}
	require.Equal(t, 1, starts())
	for i := range 3 {
		_, err := r.ask("answer 1")
		var exit *lumoproc.ExitError
		require.ErrorAs(t, err, &exit)
		assert.False(t, exit.Ready)
		assert.Equal(t, 2+i, starts(), "one start for one request")
	}
}

func TestChildThatDiesReadyAndUnusedIsNotStartedInALoop(t *testing.T) {
	r := start(t, "err start; ready; exit 0")
	r.log.await(t, "no request was in flight when this happened: child exited with status 0")
	assert.Len(t, r.log.texts(""), 2, "%q", r.log.texts(""))
}

func TestEndOfAnIdleChildIsLogged(t *testing.T) {
	r := start(t, "ready")
	pid := r.ready().PID
	r.answers("answer 1", "1")
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	assert.Equal(t, lumoproc.LevelWarn, r.log.await(t, "no request was in flight when this happened: child was ended by signal 9").Level)
}

// One child may have many requests in flight; this one takes them in turn.
func TestManyRequestsInFlight(t *testing.T) {
	r := start(t, "ready")
	var callers sync.WaitGroup
	for i := range 8 {
		callers.Go(func() {
			for j := range 50 {
				want := fmt.Sprintf("%d-%d", i, j)
				got, err := r.ask("answer " + want)
				if !assert.NoError(t, err) || !assert.Equal(t, want, got) {
					return
				}
			}
		})
	}
	callers.Wait()
}

func TestDeathWithManyRequestsInFlightGivesEachOneOutcome(t *testing.T) {
	r := start(t, "ready")
	for range 10 {
		var callers sync.WaitGroup
		var killed atomic.Int32
		for i := range 8 {
			callers.Go(func() {
				script, want := fmt.Sprintf("answer %d", i), fmt.Sprint(i)
				if i == 3 {
					script = "kill 9"
				}
				got, err := r.ask(script)
				var exit *lumoproc.ExitError
				switch {
				case err == nil:
					assert.Equal(t, want, got)
				case assert.ErrorAs(t, err, &exit):
					killed.Add(1)
				}
			})
		}
		callers.Wait()
		assert.GreaterOrEqual(t, killed.Load(), int32(1), "who killed the child has no answer")
	}
	r.answers("answer again", "again")
}

func TestCloseEndsAnIdleChildInGoodOrder(t *testing.T) {
	r := start(t, "ready")
	r.ready()
	r.close()
	_, err := r.ask("answer 1")
	assert.ErrorIs(t, err, lumoproc.ErrClosed)
	_, err = r.Ready(t.Context())
	assert.ErrorIs(t, err, lumoproc.ErrClosed)
	r.close()
}

func TestCloseKillsWhatDoesNotEnd(t *testing.T) {
	for name, script := range map[string]string{"not ready": "err up; hang", "deaf": "ready; err up; deaf"} {
		t.Run(name, func(t *testing.T) {
			r := start(t, script)
			r.log.await(t, "up")
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			r.Close(ctx)
			_, err := r.ask("answer 1")
			assert.ErrorIs(t, err, lumoproc.ErrClosed)
		})
	}
}

func TestCloseFailsTheRequestInFlight(t *testing.T) {
	r := start(t, "ready")
	failed := make(chan error, 1)
	go func() {
		_, err := r.ask("err busy; hang")
		failed <- err
	}()
	r.log.await(t, "busy")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.Close(ctx)
	assert.ErrorIs(t, <-failed, lumoproc.ErrClosed)
}

func TestGrandchildrenAreEndedWithTheChild(t *testing.T) {
	for _, end := range []string{"answer 1", "exit 1", "kill 9"} {
		t.Run(end, func(t *testing.T) {
			r := start(t, "ready")
			_, _ = r.ask("orphan; " + end)
			pid := grandchild(t, r, "orphan")
			if end == "answer 1" {
				assert.True(t, alive(pid), "it may live while the child does")
			}
			r.close()
			for alive(pid) { // it has been killed, but only its new parent can wait for it
				runtime.Gosched()
			}
		})
	}
}

func TestGrandchildOutOfTheGroupDoesNotHoldAnythingUp(t *testing.T) {
	for _, stray := range []string{"stray", "flooder"} {
		for _, end := range []string{"answer 1", "exit 1", "kill 9", "out garbage"} {
			t.Run(stray+" "+end, func(t *testing.T) {
				r := start(t, "ready")
				_, _ = r.ask(stray + "; " + end)
				pid := grandchild(t, r, stray)
				t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
				r.answers("answer 2", "2")
				r.close()
			})
		}
	}
}

func grandchild(t *testing.T, r *rig, name string) int {
	t.Helper()
	pid, err := strconv.Atoi(strings.TrimPrefix(r.log.await(t, name+" ").Text, name+" "))
	require.NoError(t, err)
	return pid
}

func BenchmarkRoundTrip(b *testing.B) {
	for _, size := range []int{200, 100_000, 5_900_000} {
		b.Run(fmt.Sprintf("%d", size), func(b *testing.B) {
			k := lumoproc.Start(config("ready", func(...lumoproc.Line) {}))
			defer k.Close(context.Background())
			event := append([]byte("event\n"), make([]byte, size)...)
			ctx, cancel := context.WithTimeout(b.Context(), time.Hour)
			defer cancel()
			_, err := k.Ready(ctx)
			require.NoError(b, err)
			b.SetBytes(int64(2 * size))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := k.Invoke(ctx, lumoproc.Invoke{Context: []byte("{}"), Event: event}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkStartToReady(b *testing.B) {
	for b.Loop() {
		k := lumoproc.Start(config("ready", func(...lumoproc.Line) {}))
		_, err := k.Ready(b.Context())
		require.NoError(b, err)
		k.Close(b.Context())
	}
}
