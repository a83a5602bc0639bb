package emulator

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// syncBuffer is a log that tests may read while it is written.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// lab starts emulators of one kind.
type lab struct {
	kind Kind
	log  *syncBuffer
}

// start starts an emulator on a function with one file and a layer that holds the fake bootstrap.
func (l *lab) start(t *testing.T, change func(*Config)) Emulator {
	t.Helper()
	cfg := Config{
		Function: folder(t, map[string]string{"task.txt": "the function's"}),
		Layers:   []string{bootstrapLayer(t)},
		Handler:  "my-app.core/handler",
		Emulator: l.kind,
		Log:      l.log,
		Notice:   func(text string) { t.Log(text) },
	}
	if change != nil {
		change(&cfg)
	}
	// Built with the race detector, the test binary would sleep a second at each exit.
	cfg.Env = maps.Clone(cfg.Env)
	if cfg.Env == nil {
		cfg.Env = map[string]string{}
	}
	cfg.Env["GORACE"] = raceOptions
	e, err := Start(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, e.Close()) })
	require.Equal(t, l.kind, e.Kind())
	return e
}

// onBoth runs the test on the genuine emulator and on the built-in one.
func onBoth(t *testing.T, test func(t *testing.T, lab *lab)) {
	t.Run("rie", func(t *testing.T) {
		if _, err := findRIE(t.Context(), func(text string) { t.Log(text) }); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("the genuine emulator is needed in CI: %v", err)
			}
			t.Skipf("the genuine emulator cannot be had: %v", err)
		}
		test(t, &lab{RIE, &syncBuffer{}})
	})
	t.Run("built-in", func(t *testing.T) { test(t, &lab{BuiltIn, &syncBuffer{}}) })
}

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

// bootstrapLayer is a layer whose bootstrap is this test binary.
func bootstrapLayer(t *testing.T) string {
	t.Helper()
	dir := folder(t, map[string]string{"layer.txt": "the layer's"})
	self, err := os.Executable()
	require.NoError(t, err)
	require.NoError(t, copyFile(self, filepath.Join(dir, "bootstrap")))
	return dir
}

func invoke(t *testing.T, e Emulator, event any) Result {
	t.Helper()
	text, ok := event.(string)
	if !ok {
		encoded, err := json.Marshal(event)
		require.NoError(t, err)
		text = string(encoded)
	}
	result, err := e.Invoke(t.Context(), []byte(text), Options{})
	require.NoError(t, err)
	return result
}

func decode[T any](t *testing.T, result Result) T {
	t.Helper()
	require.False(t, result.FunctionError, "%s", result.Payload)
	var v T
	require.NoError(t, json.Unmarshal(result.Payload, &v), "%s", result.Payload)
	return v
}

func assertError(t *testing.T, result Result, errorType, message string) {
	t.Helper()
	assert.True(t, result.FunctionError, "%s", result.Payload)
	var e struct{ ErrorType, ErrorMessage string }
	require.NoError(t, json.Unmarshal(result.Payload, &e), "%s", result.Payload)
	assert.Equal(t, errorType, e.ErrorType)
	assert.Contains(t, e.ErrorMessage, message)
}

func TestEventComesBackUnchanged(t *testing.T) {
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, nil)
		for _, event := range []string{`{"name":"Lisp"}`, `"λ→🐫"`, `  {"a" : [1, 2]}`, `null`, ``} {
			result := invoke(t, e, event)
			assert.Equal(t, event, string(result.Payload))
			assert.False(t, result.FunctionError)
		}
	})
}

func TestEventOfSixMegabytesPassesAndALargerOneIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, nil)
		event := []byte(`"` + strings.Repeat("é", (MaxEvent-2)/2) + `"`)
		require.Len(t, event, MaxEvent)
		result, err := e.Invoke(t.Context(), event, Options{})
		require.NoError(t, err)
		assert.True(t, bytes.Equal(event, result.Payload), "the event came back changed")
		_, err = e.Invoke(t.Context(), append(event, ' '), Options{})
		assert.ErrorIs(t, err, ErrEventTooLarge)
	})
}

func TestFunctionErrorIsMarked(t *testing.T) {
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, nil)
		assertError(t, invoke(t, e, order{Do: "fail"}), "Oops", "did not work")
		assert.Equal(t, "1", string(invoke(t, e, "1").Payload))
	})
}

func TestOneBootstrapServesManyEvents(t *testing.T) {
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, nil)
		type place struct{ Pid int }
		first := decode[place](t, invoke(t, e, order{Do: "where"}))
		second := decode[place](t, invoke(t, e, order{Do: "where"}))
		assert.Equal(t, first, second)
	})
}

func TestBootstrapThatEndsIsStartedAgain(t *testing.T) {
	cases := []struct {
		order     order
		errorType string
		message   string
	}{
		{order{Do: "exit", N: 7}, "Runtime.ExitError", "Error: Runtime exited with error: exit status 7"},
		{order{Do: "exit", N: 0}, "Runtime.ExitError", "Error: Runtime exited without providing a reason"},
		{order{Do: "die"}, "Runtime.ExitError", "Error: Runtime exited with error: signal: killed"},
		{order{Do: "fail-and-exit"}, "Oops", "did not work"},
		{order{Do: "bad-mode"}, "Runtime.ExitError", "Runtime exited"},
	}
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, nil)
		for _, c := range cases {
			assertError(t, invoke(t, e, c.order), c.errorType, c.message)
			assert.Equal(t, "2", string(invoke(t, e, "2").Payload), "after %+v", c.order)
		}
		require.NoError(t, e.Close())
		assert.Contains(t, lab.log.String(), "bad mode: 400 InvalidFunctionResponseMode")
	})
}

func TestExitBeforeTheNextRequestFailsTheInvocation(t *testing.T) {
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, nil)
		result := invoke(t, e, order{Do: "answer-and-exit"})
		assert.Equal(t, `"too early"`, string(result.Payload))
		assert.True(t, result.FunctionError)
		assert.Equal(t, "3", string(invoke(t, e, "3").Payload))
	})
}

func TestInitErrorIsTheAnswerEachTime(t *testing.T) {
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, func(c *Config) { c.Env = map[string]string{"INIT": "error"} })
		for range 2 {
			assertError(t, invoke(t, e, "1"), "Runtime.Init", "no such file")
		}
	})
}

func TestExitInInitIsAnError(t *testing.T) {
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, func(c *Config) { c.Env = map[string]string{"INIT": "exit"} })
		assertError(t, invoke(t, e, "1"), "Runtime.ExitError", "Runtime exited")
	})
}

func TestTimeoutIsAnErrorAndTheNextEventIsAnswered(t *testing.T) {
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, func(c *Config) { c.Timeout = 3 * time.Second })
		assertError(t, invoke(t, e, order{Do: "hang"}), "Sandbox.Timedout", "Task timed out after 3.00 seconds")
		assert.Equal(t, "4", string(invoke(t, e, "4").Payload))
	})
}

func TestTimeoutCoversInit(t *testing.T) {
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, func(c *Config) {
			c.Timeout = time.Second
			c.Env = map[string]string{"INIT": "sleep"}
		})
		assertError(t, invoke(t, e, "1"), "Sandbox.Timedout", "Task timed out after 1.00 seconds")
	})
}

func TestLargestAnswerPassesAndALargerOneIsAnError(t *testing.T) {
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, nil)
		result := invoke(t, e, order{Do: "large", N: maxResponse})
		assert.Len(t, result.Payload, maxResponse)
		assert.False(t, result.FunctionError)
		assertError(t, invoke(t, e, order{Do: "large", N: maxResponse + 1}), "Function.ResponseSizeTooLarge", "6291556")
		assert.Equal(t, "5", string(invoke(t, e, "5").Payload))
		require.NoError(t, e.Close())
		assert.Contains(t, lab.log.String(), "large: 413 RequestEntityTooLarge")
	})
}

func TestMisuseOfTheAPIIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, nil)
		assert.Equal(t, []post{
			{400, "InvalidRequestID"},
			{400, "InvalidRequestID"},
			{403, "InvalidStateTransition"},
			{405, ""},
			{404, ""},
			{200, ""}, // a second /next: the same event
		}, decode[[]post](t, invoke(t, e, order{Do: "misuse"})))
		assert.Equal(t, `"first"`, string(invoke(t, e, order{Do: "twice"}).Payload))
		require.NoError(t, e.Close())
		assert.Contains(t, lab.log.String(), "twice: 403 InvalidStateTransition 403 InvalidStateTransition")
	})
}

func TestClientContextAndTenantReachTheFunction(t *testing.T) {
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, func(c *Config) { c.Name = "greeter" })
		before := time.Now()
		result, err := e.Invoke(t.Context(), []byte(`{"do":"headers"}`), Options{ClientContext: `{"custom":{"a":1}}`, TenantID: "t-1"})
		require.NoError(t, err)
		header := decode[map[string][]string](t, result)
		assert.Equal(t, []string{`{"custom":{"a":1}}`}, header["Lambda-Runtime-Client-Context"])
		assert.Equal(t, []string{"t-1"}, header["Lambda-Runtime-Aws-Tenant-Id"])
		assert.Regexp(t, `^arn:aws:lambda:[a-z0-9-]+:012345678912:function:greeter$`, header["Lambda-Runtime-Invoked-Function-Arn"][0])
		assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, header["Lambda-Runtime-Aws-Request-Id"][0])
		deadline, err := strconv.ParseInt(header["Lambda-Runtime-Deadline-Ms"][0], 10, 64)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, deadline, before.Add(DefaultTimeout).Truncate(time.Second).UnixMilli())
	})
}

func TestEnvironmentIsLambdasAndNotTheDevelopers(t *testing.T) {
	t.Setenv("MY_SECRET", "of the developer")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_REGION", "eu-central-1")
	t.Setenv("AWS_PROFILE", "mine")
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, func(c *Config) {
			c.Name, c.Memory, c.Timeout = "greeter", 256, 5*time.Second
			c.Env = map[string]string{"TABLE": "users", "TZ": "Europe/Berlin"}
		})
		env := decode[map[string]string](t, invoke(t, e, order{Do: "environment"}))
		for name, want := range map[string]string{
			"_HANDLER":                        "my-app.core/handler",
			"AWS_LAMBDA_FUNCTION_NAME":        "greeter",
			"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
			"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
			"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
			"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/greeter",
			"LAMBDA_RUNTIME_DIR":              "/var/runtime",
			"AWS_REGION":                      "eu-central-1",
			"AWS_DEFAULT_REGION":              "eu-central-1",
			"AWS_ACCESS_KEY_ID":               "AKIDEXAMPLE",
			"LANG":                            "en_US.UTF-8",
			"TZ":                              "Europe/Berlin",
			"TABLE":                           "users",
		} {
			assert.Equal(t, want, env[name], name)
		}
		assert.Regexp(t, `^\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$`, env["AWS_LAMBDA_LOG_STREAM_NAME"])
		for _, name := range []string{"MY_SECRET", "AWS_PROFILE", "HOME", "AWS_EXECUTION_ENV", "_X_AMZN_TRACE_ID"} {
			assert.NotContains(t, env, name)
		}
	})
}

func TestLogHoldsTheFunctionsLinesBetweenThePlatforms(t *testing.T) {
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, nil)
		invoke(t, e, order{Do: "print", Text: "hello"})
		require.NoError(t, e.Close())
		assert.Regexp(t, `(?s)^START RequestId: (\S+) Version: \$LATEST\n.*out: hello\n.*END RequestId: \S+\nREPORT RequestId: .*Duration: \d.*Memory Size: 512 MB`, lab.log.String())
		assert.Contains(t, lab.log.String(), "err: hello\n")
	})
}

func TestInvocationsAreSerialised(t *testing.T) {
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, nil)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				event := []byte(strconv.Itoa(i))
				result, err := e.Invoke(t.Context(), event, Options{})
				assert.NoError(t, err)
				assert.Equal(t, string(event), string(result.Payload))
			})
		}
		wg.Wait()
	})
}

func TestCancelledInvocationClosesTheEmulator(t *testing.T) {
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, nil)
		invoke(t, e, "1")
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error)
		go func() {
			_, err := e.Invoke(ctx, []byte(`{"do":"hang"}`), Options{})
			failed <- err
		}()
		cancel()
		require.ErrorIs(t, <-failed, context.Canceled)
		// Cancelled before it began, the invocation has harmed nothing; otherwise the emulator is closed.
		if _, err := e.Invoke(t.Context(), []byte("2"), Options{}); err != nil {
			assert.ErrorIs(t, err, ErrClosed)
		}
	})
}

func TestCloseEndsTheInvocationInFlightAndTheBootstrap(t *testing.T) {
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, nil)
		pid := decode[struct{ Pid int }](t, invoke(t, e, order{Do: "where"})).Pid
		failed := make(chan error)
		go func() {
			_, err := e.Invoke(t.Context(), []byte(`{"do":"hang"}`), Options{})
			failed <- err
		}()
		require.NoError(t, e.Close())
		require.ErrorIs(t, <-failed, ErrClosed)
		assertGone(t, pid)
		_, err := e.Invoke(t.Context(), []byte("1"), Options{})
		require.ErrorIs(t, err, ErrClosed)
		require.NoError(t, e.Close())
	})
}

func TestCloseKillsWhatTheBootstrapLeftBehind(t *testing.T) {
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, nil)
		inGroup := decode[int](t, invoke(t, e, order{Do: "leave-child"}))
		apart := decode[int](t, invoke(t, e, order{Do: "leave-child", Text: "apart"}))
		invoke(t, e, order{Do: "die"}) // nobody is left who knows them
		invoke(t, e, "1")
		require.NoError(t, e.Close())
		assertGone(t, inGroup)
		assertGone(t, apart)
	})
}

// assertGone waits for the process, which is killed already, to be one no more: it is
// reaped by whoever adopted it.
func assertGone(t *testing.T, pid int) {
	t.Helper()
	assert.Eventually(t, func() bool {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		return err != nil || strings.Contains(string(stat), ") Z ") || syscall.Kill(pid, 0) != nil
	}, 30*time.Second, time.Millisecond, "process %d still runs", pid)
}
