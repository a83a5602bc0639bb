package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/runtimeapi/runtimeapitest"
	"github.com/lumo-lambda/lumo-lambda/test/faults"
	"github.com/lumo-lambda/lumo-lambda/test/procs"
)

var (
	faultsN    = flag.Int("faults", 300, "invocations of TestFaults")
	faultsSeed = flag.Uint64("faults.seed", 0, "seed of TestFaults; 0: another each time")
)

// scripted are the faults of a child that does as its event says (package lumoproctest).
var scripted = []faults.Kind{
	{Name: "answer", Weight: 60, Answer: true, Says: true, Event: say("log 3 %s; answer %[1]s")},
	{Name: "answer, with raw output", Weight: 40, Answer: true, Says: true, Event: say("errpart part of; err %s; answer %[1]s")},
	{Name: "large event and answer", Weight: 10, Answer: true, Event: func(r *rand.Rand, mark string) string {
		return "event\n" + mark + strings.Repeat("þ😀", r.IntN(200_000))
	}},
	{Name: "handler's error", Weight: 20, Errors: []string{"Error"}, Says: true,
		Event: say(`log 5 %s; fault Error {"errorMessage":"%[1]s","errorType":"Error","stackTrace":[]}`)},

	{Name: "killed by itself", Weight: 25, Errors: []string{"Runtime.ExitError"}, Says: true, Event: func(r *rand.Rand, mark string) string {
		return fmt.Sprintf("err %s; kill %d", mark, []int{9, 11, 6, 15}[r.IntN(4)])
	}},
	{Name: "killed at any moment", Weight: 40, Answer: true, Errors: []string{"Runtime.ExitError"}, Outside: syscall.SIGKILL,
		Within: 8 * time.Millisecond, Event: func(r *rand.Rand, mark string) string {
			return fmt.Sprintf("err %s; pause %d; answer %[1]s", mark, r.IntN(5))
		}},
	{Name: "killed inside its answer", Weight: 20, Errors: []string{"Runtime.ExitError"}, Says: true, Event: func(r *rand.Rand, mark string) string {
		return fmt.Sprintf("err %s; part %d %[1]s; kill 9", mark, r.IntN(30))
	}},
	{Name: "exits", Weight: 20, Errors: []string{"Runtime.ExitError"}, Says: true, Event: func(r *rand.Rand, mark string) string {
		return fmt.Sprintf("err %s; exit %d", mark, []int{0, 1, 3, 129}[r.IntN(4)])
	}},
	{Name: "exits inside its answer", Weight: 10, Errors: []string{"Runtime.ExitError"}, Says: true, Event: func(r *rand.Rand, mark string) string {
		return fmt.Sprintf("err %s; part %d %[1]s; exit 0", mark, r.IntN(30))
	}},
	{Name: "exits after its answer", Weight: 20, Answer: true, Says: true, Event: say("log 3 %s; answer %[1]s; exit 1")},
	{Name: "killed after its answer", Weight: 20, Answer: true, Says: true, Event: say("log 3 %s; answer %[1]s; kill 9")},

	{Name: "stopped at any moment", Weight: 8, Errors: []string{"Runtime.Timedout"}, Timeout: 500 * time.Millisecond,
		Event: func(r *rand.Rand, mark string) string {
			return fmt.Sprintf("err %s; pause %d; kill STOP", mark, r.IntN(50))
		}},
	{Name: "silent", Weight: 6, Errors: []string{"Runtime.Timedout"}, Timeout: 500 * time.Millisecond, Event: say("err %s; hang")},

	{Name: "floods stderr and answers", Weight: 6, Answer: true, Says: true, Event: func(r *rand.Rand, mark string) string {
		return fmt.Sprintf("err %s; errbytes %d; answer %[1]s", mark, r.IntN(2<<20))
	}},
	{Name: "floods stderr without end", Weight: 1, Errors: []string{"Runtime.Timedout"}, Timeout: 500 * time.Millisecond, Event: say("err %s; errflood")},
	{Name: "floods the log", Weight: 6, Answer: true, Says: true, Event: func(r *rand.Rand, mark string) string {
		return fmt.Sprintf("log 3 %s%s; answer %[1]s", mark, strings.Repeat(fmt.Sprintf("; logbytes %d", r.IntN(300_000)), r.IntN(5)))
	}},
	{Name: "floods the protocol", Weight: 10, Errors: []string{"Runtime.ProtocolError"}, Says: true, Event: func(r *rand.Rand, mark string) string {
		return fmt.Sprintf("err %s; out %s; hang", mark, strings.Repeat("no frame ", 1+r.IntN(10_000)))
	}},
	{Name: "answers nobody", Weight: 10, Errors: []string{"Runtime.ProtocolError"}, Says: true, Event: say("err %s; result 4000000000 %[1]s; hang")},
	{Name: "runs out of memory", Weight: 10, Errors: []string{"Runtime.OutOfMemory"}, Says: true,
		Event: say("err %s; err FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory; kill 6")},
	{Name: "closes its stdout and lives", Weight: 1, Errors: []string{"Runtime.ProtocolError"}, Says: true, Event: say("err %s; closeout; hang")},
	{Name: "closes its stdin", Weight: 10, Answer: true, Says: true, Event: say("log 3 %s; closein; answer %[1]s")},
	{Name: "leaves a process", Weight: 4, Answer: true, Says: true, Event: say("log 3 %s; orphan; answer %[1]s")},

	{Name: "API refuses the answer", Weight: 10, Errors: []string{"Runtime.ResponseRejected"}, Event: say("answer %s"),
		API: func(api *runtimeapitest.Server) { api.Refuse("response", 400, 1) }},
	{Name: "API hangs up on the answer", Weight: 10, Answer: true, Event: say("answer %s"),
		API: func(api *runtimeapitest.Server) { api.Hijack("response", func(c net.Conn) { _ = c.Close() }) }},
	{Name: "API breaks off in its reply", Weight: 10, Errors: []string{"Runtime.ResponseRejected"}, Event: say("answer %s"),
		API: func(api *runtimeapitest.Server) {
			api.Hijack("response", func(c net.Conn) {
				_, _ = io.WriteString(c, "HTTP/1.1 20")
				_ = c.Close()
			})
		}},
	{Name: "API refuses an error's head", Weight: 10, Errors: []string{"Runtime.ExitError"}, Says: true, Event: say("err %s; exit 3"),
		API: func(api *runtimeapitest.Server) { api.Refuse("error", 431, 1) }},
}

// say makes an event of a script with a place for the mark.
func say(script string) func(*rand.Rand, string) string {
	return func(_ *rand.Rand, mark string) string { return fmt.Sprintf(script, mark) }
}

// Every kind of fault in any order, in this process, so that the race detector and the count of what is left see all of it.
func TestFaults(t *testing.T) {
	seed := *faultsSeed
	if seed == 0 {
		seed = rand.Uint64N(1_000_000_000) + 1
	}
	api := newAPI(t)
	goroutines, fds := runtime.NumGoroutine(), len(procs.Descriptors(os.Getpid()))
	stderr, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	require.NoError(t, err)
	defer stderr.Close()
	t.Cleanup(func() {
		if log, err := os.ReadFile(stderr.Name()); err == nil && t.Failed() {
			t.Logf("the end of bootstrap's log:\n%s", log[max(0, len(log)-20_000):])
		}
	})

	ctx, end := context.WithCancel(t.Context())
	status := make(chan int, 1)
	environ := command(api, "ready").Env
	go func() { status <- run(ctx, environ, stderr) }()
	series, err := faults.Run(t.Context(), faults.Config{
		Seed: seed, N: *faultsN, Kinds: scripted, API: api,
		Signal: func(s syscall.Signal) { procs.SignalChildren(os.Getpid(), s) },
		Replay: func(seed uint64, n int) string {
			return fmt.Sprintf("go test -run TestFaults ./cmd/bootstrap -faults %d -faults.seed %d", n, seed)
		},
	})
	end()
	assert.Equal(t, exitOK, <-status, "the one bootstrap has lived through all of it")
	require.NoError(t, err)
	log, err := os.Open(stderr.Name())
	require.NoError(t, err)
	defer log.Close()
	require.NoError(t, series.JudgeLog(log))
	series.Print(os.Stdout)
	for _, p := range series.Problems() {
		t.Error(p)
	}
	assert.Empty(t, procs.Children(os.Getpid()), "children are left")
	api.Close()
	require.Eventually(t, func() bool {
		return runtime.NumGoroutine() <= goroutines && len(procs.Descriptors(os.Getpid())) <= fds+2 // the log, twice
	}, watchdog, tick, "goroutines or descriptors are left")
}
