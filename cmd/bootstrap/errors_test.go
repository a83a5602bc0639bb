package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
)

// The whole table: what goes wrong, and what Lambda and a person see of it.
func TestErrorTable(t *testing.T) {
	cfg := &config{lumo: "/opt/lumo", lumoFrom: "looked for beside bootstrap", taskRoot: "/var/task", heap: heap{old: 64}}
	const oom = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"
	for name, c := range map[string]struct {
		err                error
		errorType, message string
		stack              []string
	}{
		"time-out": {
			&lumoproc.TimeoutError{Elapsed: 2850 * time.Millisecond, Started: true, Tail: "a\nb", WhereErr: errors.New("no")},
			"Runtime.Timedout", "The handler gave no answer within 2.85s, shortly before the function's time-out. It could not " +
				"be asked where it was: it was in native code, had too little of the processor, or listens for SIGUSR1 itself. Lumo was ended and is started anew.",
			[]string{"a", "b"}},
		"time-out of a busy handler": {
			&lumoproc.TimeoutError{Elapsed: time.Second, Started: true, Tail: "a", Where: `{"stack":["a/f (a.cljs:1:2)","a/g (a.cljs:3:4)"],
				"source":["a.cljs:1:2","  (f)","   ^"],"waiting":["1 timer"]}`}, "Runtime.Timedout",
			"The handler gave no answer within 1s, shortly before the function's time-out. It was busy in a/f (a.cljs:1:2). Lumo " +
				"was ended and is started anew.", []string{"a/f (a.cljs:1:2)", "a/g (a.cljs:3:4)"}},
		"time-out of one that waits": {
			&lumoproc.TimeoutError{Elapsed: time.Second, Started: true, Tail: "a", Where: `{"stack":[],"waiting":["2 timers","1 pipe"]}`},
			"Runtime.Timedout", "The handler gave no answer within 1s, shortly before the function's time-out. It was not busy but " +
				"waiting: its promise was not settled, and what was to come yet was 2 timers, 1 pipe. Lumo was ended and is started anew.", nil},
		"time-out of one that waits for nothing": {
			&lumoproc.TimeoutError{Elapsed: time.Second, Started: true, Where: `{}`}, "Runtime.Timedout",
			"The handler gave no answer within 1s, shortly before the function's time-out. It was not busy but waiting: its promise " +
				"was not settled, and nothing was to come that could settle it. Lumo was ended and is started anew.", nil},
		"time-out while starting": {
			&lumoproc.TimeoutError{Elapsed: time.Second}, "Runtime.Timedout",
			"The invocation timed out after 1s: lumo, which was starting anew, was not ready in time.", nil},
		"out of memory": {
			&lumoproc.ExitError{Code: -1, Signal: syscall.SIGABRT, Ready: true, Tail: oom}, "Runtime.OutOfMemory",
			"Lumo ran out of memory during the invocation: the heap reached its limit (64 MB). Give the function more memory, or " +
				"look for what it keeps.", []string{oom}},
		"out of memory, status": {
			&lumoproc.ExitError{Code: 134, Tail: oom}, "Runtime.OutOfMemory",
			"Lumo ran out of memory while it was starting: the heap reached its limit (64 MB). Give the function more memory, or " +
				"look for what it keeps.", []string{oom}},
		"exit": {
			&lumoproc.ExitError{Code: 0, Ready: true}, "Runtime.ExitError",
			"Lumo exited with status 0 during the invocation. Something in the function called process.exit, or threw outside " +
				"the handler.", nil},
		"exit while starting": {
			&lumoproc.ExitError{Code: 3, Tail: "why"}, "Runtime.ExitError",
			"Lumo exited with status 3 while it was starting.", []string{"why"}},
		"exit of a shell": {
			&lumoproc.ExitError{Code: 127}, "Runtime.ExitError",
			"Lumo exited with status 127 while it was starting. Is /opt/lumo the lumo of this layer?", nil},
		"kill": {
			&lumoproc.ExitError{Code: -1, Signal: syscall.SIGKILL, Ready: true}, "Runtime.ExitError",
			"Lumo was killed by signal 9 (SIGKILL) during the invocation. Bootstrap did not do that: the kernel does when memory " +
				"runs out, or something in the function did.", nil},
		"crash": {
			&lumoproc.ExitError{Code: -1, Signal: syscall.SIGSEGV, Core: true, Ready: true}, "Runtime.ExitError",
			"Lumo was ended by signal 11 (segmentation fault) during the invocation.", nil},
		"protocol": {
			&lumoproc.ProtocolError{Err: errors.New("a second Ready"), Tail: "x"}, "Runtime.ProtocolError",
			"Lumo sent something that is not part of its protocol, and was replaced: a second Ready. Is /opt/lumo the lumo of this " +
				"layer?", []string{"x"}},
		"no lumo": {
			&lumoproc.StartError{Path: "/opt/lumo", Err: syscall.ENOENT}, "Runtime.InvalidEntrypoint",
			"There is no lumo at /opt/lumo, looked for beside bootstrap.", nil},
		"no permission": {
			&lumoproc.StartError{Path: "/opt/lumo", Err: syscall.EACCES}, "Runtime.InvalidEntrypoint",
			"The file /opt/lumo, looked for beside bootstrap, is not executable: permission denied. Was its mode lost when the " +
				"layer was packed?", nil},
		"wrong machine": {
			&lumoproc.StartError{Path: "/opt/lumo", Err: syscall.ENOEXEC}, "Runtime.InvalidEntrypoint",
			"The file /opt/lumo, looked for beside bootstrap, is not a program for this machine: is the layer's architecture " +
				"(x86_64, arm64) the function's?", nil},
		"no room": {
			&lumoproc.StartError{Path: "/opt/lumo", Err: syscall.ENOMEM}, "Runtime.InvalidEntrypoint",
			"The program /opt/lumo, looked for beside bootstrap, could not be started: cannot allocate memory.", nil},
		"no folder": {
			&lumoproc.StartError{Path: "/opt/lumo", Err: &fs.PathError{Op: "stat", Path: "/var/task", Err: syscall.ENOENT}},
			"Runtime.InvalidWorkingDir",
			"The function's folder /var/task (LAMBDA_TASK_ROOT) cannot be entered: no such file or directory.", nil},
		"event too large": {
			&lumoproc.TooLargeError{Size: 17 << 20}, "Function.RequestTooLarge",
			"The event of 17825792 bytes is too large: at most 16777216 bytes can be given to lumo.", nil},
		"anything else": {
			errors.New("no idea"), "Runtime.Unknown", "The invocation failed inside bootstrap: no idea.", nil},
	} {
		r := reportOf(cfg, fmt.Errorf("wrapped: %w", c.err))
		if c.errorType == "Runtime.Unknown" {
			r = reportOf(cfg, c.err)
		}
		assert.Equal(t, c.errorType, r.errorType, name)
		assert.Equal(t, c.message, r.message, name)
		assert.Equal(t, c.stack, append(r.stack, r.tail...), name)
		assert.False(t, r.logged, name)
		assert.Regexp(t, regexp.MustCompile(`^(Runtime|Function)\.[A-Z][a-zA-Z]+$`), r.errorType, "%s: the platform's filter", name)

		var body struct{ ErrorMessage, ErrorType string }
		require.NoError(t, json.Unmarshal(r.Report().Body, &body), name)
		assert.Equal(t, c.message, body.ErrorMessage, name)
		assert.Equal(t, c.errorType, body.ErrorType, name)
	}
}

func TestFaultsPassAsLumoMadeThem(t *testing.T) {
	fault := &lumoproc.FaultError{ErrorType: "cljs.core/ExceptionInfo", Body: []byte(`{"errorMessage":"m","stackTrace":["a","b"]}`)}
	r := reportOf(&config{}, fault)
	assert.Equal(t, fault.Body, r.Report().Body)
	assert.Equal(t, fault.ErrorType, r.Report().Type)
	assert.True(t, r.logged)
	assert.Equal(t, "cljs.core/ExceptionInfo: m\n    at a\n    at b", r.Error())

	fault.Init = true
	assert.False(t, reportOf(&config{}, fault).logged, "lumo does not log why it could not start")
	fault.Body = []byte("no JSON")
	assert.Equal(t, "cljs.core/ExceptionInfo: no JSON", reportOf(&config{}, fault).Error())
	fault.Body = nil
	assert.Equal(t, "cljs.core/ExceptionInfo: ", reportOf(&config{}, fault).Error())
}

func TestBusyPlaceIsInTheAnswerAndInTheLog(t *testing.T) {
	r := reportOf(&config{}, &lumoproc.TimeoutError{Elapsed: time.Second, Started: true,
		Where: `{"stack":["a/f (a.cljs:1:2)"],"source":["a.cljs:1:2","  (<f>)","   ^"]}`})
	assert.Contains(t, string(r.Report().Body), `"errorSource":["a.cljs:1:2","  (<f>)","   ^"],"stackTrace":["a/f (a.cljs:1:2)"]`)
	assert.Contains(t, r.Error(), "\n  a.cljs:1:2\n    (<f>)\n     ^\n    at a/f (a.cljs:1:2)")
}

func TestFaultsCausesAreLogged(t *testing.T) {
	r := reportOf(&config{}, &lumoproc.FaultError{ErrorType: "X", Init: true, Body: []byte(`{"errorMessage":"m","errorData":"{:a 1}",
		"errorSource":["f:1:2"],"stackTrace":["s"],"cause":{"errorType":"Y","errorMessage":"n","stackTrace":["t"]}}`)})
	assert.Equal(t, "X: m {:a 1}\n  f:1:2\n    at s\nCaused by: Y: n\n    at t", r.Error())
}

func TestStackHoldsTheLastHundredLines(t *testing.T) {
	got := lines("\n" + strings.Repeat("x\n", 500) + "last\n\n")
	assert.Len(t, got, 100)
	assert.Equal(t, "last", got[99])
}
