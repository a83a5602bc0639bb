package test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// source is a file of the function that fails, as errors name it.
func source(t *testing.T, file, marker string) string {
	t.Helper()
	line := lineOf(t, filepath.Join(fixture("faults"), "src", file), marker)
	return fmt.Sprintf("src/%s:%d:", file, line)
}

func TestFaultInAHandlerIsOneErrorAndTheNextEventIsAnswered(t *testing.T) {
	cases := map[string]struct {
		errorType string
		message   string
		trace     string // a part of the stack trace
	}{
		"throw":        {"ExceptionInfo", "no such order", source(t, "faults/core.cljs", "; thrown here")},
		"throw-text":   {"Error", "just text", ""},
		"type-error":   {"TypeError", "toUpperCase", source(t, "faults/core.cljs", "; undefined here")},
		"reject":       {"ExceptionInfo", "rejected", "faults/core.cljs"},
		"reject-later": {"RangeError", "too far", "faults/core.cljs"},
		"uncaught":     {"Runtime.UncaughtException", "thrown in a timer", ""},
		"unhandled":    {"Runtime.UnhandledPromiseRejection", "nobody waits for this", ""},
		"exit":         {"Runtime.ExitError", "3", ""},
		"exit-zero":    {"Runtime.ExitError", "0", ""},
		"kill":         {"Runtime.ExitError", "signal 9", ""},
		"never":        {"Runtime.NodeJsExit", "never settled", ""},
		"cycle":        {"Runtime.MarshalError", "JSON", ""},
		"large":        {"Function.ResponseSizeTooLarge", "", ""},
	}
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, fixture("faults"), "faults.core/handler", nil)
		n := 0
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				got := f.fault(t, fmt.Sprintf(`{"do":%q}`, name))
				assert.Equal(t, c.errorType, got.ErrorType)
				assert.Contains(t, got.ErrorMessage, c.message)
				assert.Contains(t, fmt.Sprint(got.StackTrace), c.trace)
				n++
				assert.Equal(t, fmt.Sprintf(`{"alive":%d}`, n), f.answer(t, fmt.Sprintf(`{"n":%d}`, n)), "the next event")
			})
		}
	})
}

func TestErrorCarriesItsDataAndCauses(t *testing.T) {
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, fixture("faults"), "faults.core/handler", nil)
		got := f.fault(t, `{"do":"throw"}`)
		assert.Equal(t, "{:order 7}", got.ErrorData)
		require.NotNil(t, got.Cause)
		assert.Equal(t, "TypeError", got.Cause.ErrorType)
		assert.Equal(t, "the inner reason", got.Cause.ErrorMessage)
		assert.Regexp(t, `faults\.core/deeper`, got.StackTrace[0])
		require.Len(t, got.ErrorSource, 3)
		assert.Contains(t, got.ErrorSource[0], source(t, "faults/core.cljs", "; thrown here"))
		assert.Contains(t, got.ErrorSource[1], `(throw (ex-info "no such order"`)
		assert.Equal(t, strings.Index(got.ErrorSource[1], "ex-info"), strings.Index(got.ErrorSource[2], "^"))
		assert.Contains(t, fmt.Sprint(got.StackTrace), "faults.core/handler")
		log := f.closedLog(t)
		assert.Contains(t, log, "no such order", "the log tells the error too")
		assert.Contains(t, log, "the inner reason")
	})
}

// Work that a request has left and that fails later is that request's in the log. A request that is then in flight is
// answered, before lumo is replaced; only an exit leaves it no choice.
func TestWorkThatAnEarlierRequestLeftFailsInItsName(t *testing.T) {
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, fixture("faults"), "faults.core/handler", nil)
		for do, line := range map[string]string{
			"leave-throw":  "\tERROR\tRuntime.UncaughtException: left behind",
			"leave-reject": "\tERROR\tRuntime.UnhandledPromiseRejection: left behind",
			"leave-exit":   "\tERROR\tprocess.exit(4) was called by work that was left when the request was answered",
		} {
			assert.Equal(t, `{"left":true}`, f.answer(t, fmt.Sprintf(`{"do":%q}`, do)))
			log := f.log.String()
			id, _, _ := strings.Cut(log[strings.LastIndex(log, "START RequestId: ")+len("START RequestId: "):], " ")
			if do == "leave-exit" {
				got := f.fault(t, `{"do":"open"}`)
				assert.Equal(t, "Runtime.ExitError", got.ErrorType)
				assert.Contains(t, got.ErrorMessage, "by work that an earlier request had left")
			} else {
				assert.Equal(t, `{"opened":true}`, f.answer(t, `{"do":"open"}`), do)
			}
			assert.Equal(t, `{"alive":1}`, f.answer(t, `{"n":1}`), "after %s", do)
			assert.Contains(t, f.log.String(), id+line)
		}
	})
}

func TestHeapThatReachesItsLimitIsOneErrorAndTheNextEventIsAnswered(t *testing.T) {
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, fixture("faults"), "faults.core/handler", func(c *emulator.Config) { c.Memory = emulator.MinMemory })
		got := f.fault(t, `{"do":"heap"}`)
		assert.Equal(t, "Runtime.OutOfMemory", got.ErrorType)
		assert.Contains(t, got.ErrorMessage, "(52 MB)")
		assert.Equal(t, `{"alive":1}`, f.answer(t, `{"n":1}`))
	})
}

func TestNothingRunsAfterClose(t *testing.T) {
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, fixture("faults"), "faults.core/handler", nil)
		var pids []int
		require.NoError(t, json.Unmarshal([]byte(f.answer(t, `{"do":"leave"}`)), &pids))
		require.Len(t, pids, 2)
		require.NoError(t, f.Close())
		for _, pid := range pids {
			assert.Eventually(t, func() bool {
				stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
				return err != nil || strings.Contains(string(stat), ") Z ") // killed, and not yet reaped by who adopted it
			}, 30*time.Second, time.Millisecond, "process %d still runs", pid)
		}
	})
}

func TestMissedDeadlineIsOneErrorAndTheNextEventIsAnswered(t *testing.T) {
	place := source(t, "faults/core.cljs", "; stuck here")
	cases := map[string]struct{ message, trace, line string }{
		"loop":  {"It was busy in faults.core/spin (" + place, "faults.core/handler", "(loop [] (recur))) ; stuck here     ^"},
		"hang":  {"It was not busy but waiting: its promise was not settled, and what was to come yet was 1 timer.", "[]", "[]"},
		"block": {"It could not be asked where it was: it was in native code", "[]", "[]"},
	}
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, fixture("faults"), "faults.core/handler", func(c *emulator.Config) { c.Timeout = 4 * time.Second })
		for do, want := range cases {
			var got fault
			// Where the machine has no time for it the question is not answered; that it never is, is an error.
			for range 5 {
				got = f.fault(t, fmt.Sprintf(`{"do":%q}`, do))
				require.Equal(t, "Runtime.Timedout", got.ErrorType, do)
				assert.Equal(t, `{"alive":1}`, f.answer(t, `{"n":1}`), "after %s", do)
				if strings.Contains(got.ErrorMessage, want.message) {
					break
				}
			}
			assert.Contains(t, got.ErrorMessage, want.message, do)
			assert.Contains(t, fmt.Sprint(got.StackTrace), want.trace, do)
			assert.Contains(t, fmt.Sprint(got.ErrorSource), want.line, do)
		}
		log := f.closedLog(t)
		assert.Contains(t, log, "It was busy in faults.core/spin")
		assert.NotContains(t, log, "Debugger", "the inspector's own lines")
	})
}

func TestFunctionThatCannotBeLoadedSaysWhy(t *testing.T) {
	cases := map[string]struct {
		handler   string
		errorType string
		message   []string
	}{
		"no such file": {"fualts.core/handler", "Runtime.ImportModuleError",
			[]string{"fualts.core", "fualts/core.cljs", "/var/task", "did you mean faults.core?"}},
		"no such var": {"faults.core/handlr", "Runtime.HandlerNotFound",
			[]string{"faults.core", "handlr", "did you mean handler?"}},
		"no namespace": {"handler", "Runtime.MalformedHandlerName",
			[]string{`"handler"`, "my-app.core/handler"}},
		"no function": {"faults.value/handler", "Runtime.HandlerNotFound",
			[]string{"faults.value/handler", "42"}},
		"unclosed": {"faults.unclosed/handler", "Runtime.UserCodeSyntaxError",
			[]string{source(t, "faults/unclosed.cljs", `{:answer (inc (get event "n")})`)}},
		"unreadable": {"faults.unreadable/handler", "Runtime.UserCodeSyntaxError",
			[]string{source(t, "faults/unreadable.cljs", "; a key without a value")}},
		"missing library": {"faults.missing/handler", "Runtime.UserCodeSyntaxError",
			[]string{"no.such-library", "src/faults/missing.cljs"}},
	}
	onBoth(t, func(t *testing.T, l lambda) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				f := l.start(t, fixture("faults"), c.handler, nil)
				for range 2 { // Lambda tries again with the next event
					got := f.fault(t, `{}`)
					assert.Equal(t, c.errorType, got.ErrorType)
					for _, part := range c.message {
						assert.Contains(t, got.ErrorMessage, part)
					}
				}
			})
		}
	})
}

func TestCompilersWarningsAreLoggedAtInitWithTheirLine(t *testing.T) {
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, fixture("faults"), "faults.warns/handler", nil)
		assert.Equal(t, `"fine"`, f.answer(t, `{}`))
		assert.Equal(t, "TypeError", f.fault(t, `{"call":true}`).ErrorType)
		log := strings.ReplaceAll(f.closedLog(t), "\r", "\n")
		assert.Contains(t, log, "\t-\tWARN\t"+source(t, "faults/warns.cljs", "; warned of")+"6: Use of undeclared Var faults.warns/undeclared\n"+
			"      (undeclared 1) ; warned of\n       ^\n")
	})
}

func TestFunctionThatThrowsAtLoadSaysWhere(t *testing.T) {
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, fixture("faults"), "faults.throws/handler", nil)
		got := f.fault(t, `{}`)
		assert.Equal(t, "ExceptionInfo", got.ErrorType)
		assert.Equal(t, "TABLE is not set", got.ErrorMessage)
		assert.Equal(t, `{:variable "TABLE"}`, got.ErrorData)
		assert.Contains(t, fmt.Sprint(got.StackTrace), source(t, "faults/throws.cljs", "; thrown here"))
	})
}
