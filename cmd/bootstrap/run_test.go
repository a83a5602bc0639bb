package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/runtimeapi/runtimeapitest"
)

func TestLumoGetsEventContextHandlerAndFolder(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	b := start(t, "ready", "LAMBDA_TASK_ROOT="+dir)
	b.answers("args", "--lambda my-app.core/handler")
	b.answers("cwd", dir)
	b.answers("event", "event")
	o := b.invoke(runtimeapitest.Event{RequestID: "id-1", Body: []byte("context"), Header: http.Header{
		"Lambda-Runtime-Deadline-Ms":          {"4102444800000"},
		"Lambda-Runtime-Invoked-Function-Arn": {"arn:x"},
		"Lambda-Runtime-Trace-Id":             {"Root=1-2-3"},
		"Lambda-Runtime-Client-Context":       {`{"custom":{"k":"é"}}`},
		"Lambda-Runtime-Cognito-Identity":     {`{"cognitoIdentityId":"c"}`},
		"Lambda-Runtime-Aws-Tenant-Id":        {"t"},
	}})
	assert.JSONEq(t, `{"awsRequestId":"id-1","deadlineMs":4102444800000,"invokedFunctionArn":"arn:x","traceId":"Root=1-2-3",
		"clientContext":"{\"custom\":{\"k\":\"é\"}}","cognitoIdentity":"{\"cognitoIdentityId\":\"c\"}","tenantId":"t"}`, string(o.Body))
	o = b.invoke(runtimeapitest.Event{RequestID: "id-2", Body: []byte("context"), Header: http.Header{
		"Lambda-Runtime-Deadline-Ms": {""}, "Lambda-Runtime-Invoked-Function-Arn": {""}}})
	assert.JSONEq(t, `{"awsRequestId":"id-2"}`, string(o.Body), "what is absent is left out")
}

func TestLumoIsFoundBesideBootstrapThroughLinks(t *testing.T) {
	layer, elsewhere := t.TempDir(), t.TempDir()
	for to, from := range map[string]string{
		filepath.Join(layer, "bootstrap"):     filepath.Join(built, "bootstrap"),
		filepath.Join(layer, "lumo"):          os.Args[0],
		filepath.Join(elsewhere, "bootstrap"): "",
	} {
		if from == "" {
			require.NoError(t, os.Symlink(filepath.Join(layer, "bootstrap"), to))
			continue
		}
		program, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(to, program, 0o700))
	}
	b := startProgram(t, filepath.Join(elsewhere, "bootstrap"), "ready", "LUMO_BIN")
	b.answers("answer found", "found")
}

func TestLumosEnvironment(t *testing.T) {
	b := start(t, "ready", "MINE=x", "_LAMBDA_TELEMETRY_LOG_FD=62", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512",
		"NODE_OPTIONS=--enable-source-maps", "LUMO_NODE_OPTIONS=stale")
	b.answers("env MINE", "true x")
	b.answers("env _LAMBDA_TELEMETRY_LOG_FD", "false ")
	b.answers("env NODE_OPTIONS", "true --max-old-space-size=352 --max-semi-space-size=16 "+inspectorOptions+" --enable-source-maps")
	b.answers("env LUMO_NODE_OPTIONS", "true --enable-source-maps")
	b.answers("env _HANDLER", "true my-app.core/handler")
}

func TestLargeEventComesBackByteForByte(t *testing.T) {
	b := start(t, "ready")
	event := append([]byte("event\n"), bytes.Repeat([]byte("þ😀"), 5_900_000/6)...)
	o := b.invoke(runtimeapitest.Event{Body: event})
	require.Equal(t, "response", o.Call)
	assert.True(t, bytes.Equal(event, o.Body), "the answer of %d bytes is not the event of %d", len(o.Body), len(event))
}

func TestHandlersErrorPassesAsItIs(t *testing.T) {
	b := start(t, "ready")
	body := `{"errorMessage":"no","errorType":"cljs.core/ExceptionInfo","stackTrace":["a"],"extra":1}`
	o := b.ask("fault cljs.core/ExceptionInfo " + body)
	assert.Equal(t, body, string(o.Body))
	assert.Equal(t, "Function.ExceptionInfo", errorIn(t, o).header)
	assert.NotContains(t, b.log(), "ERROR", "lumo logs its own errors")
}

func TestLumoKilledDuringAnInvocationIsOneErrorAndTheNextIsAnswered(t *testing.T) {
	b := start(t, "ready")
	e := b.fails("err last words; kill 9")
	assert.Equal(t, "Runtime.ExitError", e.Type)
	assert.Equal(t, e.Type, e.header)
	assert.Contains(t, e.Message, "Lumo was killed by signal 9 (SIGKILL) during the invocation.")
	assert.Equal(t, []string{"last words"}, e.Stack)
	assert.Contains(t, b.log(), "ERROR\tRuntime.ExitError: Lumo was killed by signal 9")
	b.answers("answer again", "again")
}

func TestOutOfMemoryIsSaid(t *testing.T) {
	b := start(t, "ready", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128")
	e := b.fails("err FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory; kill 6")
	assert.Equal(t, "Runtime.OutOfMemory", e.header)
	assert.Contains(t, e.Message, "(52 MB)")
	b.answers("answer again", "again")
}

func TestGarbageOnTheProtocolIsAnErrorAndTheNextIsAnswered(t *testing.T) {
	b := start(t, "ready")
	assert.Equal(t, "Runtime.ProtocolError", b.fails("out hello; hang").header)
	b.answers("answer again", "again")
}

func TestDeadlineIsAnErrorBeforeLambdasAndTheNextIsAnswered(t *testing.T) {
	b := start(t, "ready")
	began := time.Now()
	e := errorIn(t, b.invoke(runtimeapitest.Event{Body: []byte("err stuck; hang"), Timeout: time.Second}))
	assert.Equal(t, "Runtime.Timedout", e.header)
	assert.Contains(t, e.Message, "shortly before the function's time-out")
	assert.Equal(t, []string{"stuck"}, e.Stack)
	assert.GreaterOrEqual(t, time.Since(began), 900*time.Millisecond)
	b.answers("answer again", "again")
}

func TestDeadlineOfABusyHandlerSaysWhereItIs(t *testing.T) {
	b := start(t, "ready")
	var e lambdaError
	for range 5 { // a machine that has no time for it does not get to the answer
		e = errorIn(t, b.invoke(runtimeapitest.Event{Body: []byte(`inspector {"stack":["f (a.cljs:1:2)"],"source":[]}; hang`), Timeout: 3 * time.Second}))
		if strings.Contains(e.Message, "It was busy") {
			break
		}
	}
	assert.Contains(t, e.Message, "It was busy in f (a.cljs:1:2).")
	assert.Equal(t, []string{"f (a.cljs:1:2)"}, e.Stack)
	assert.NotContains(t, b.log(), "Debugger")
	b.answers("answer again", "again")
}

func TestDeadlineThatMakesNoSenseIsLeftToLambda(t *testing.T) {
	b := start(t, "ready")
	for _, ms := range []string{"0", "1", "-5", "99999999999999"} {
		o := b.invoke(runtimeapitest.Event{Body: []byte("answer ok"), Header: http.Header{"Lambda-Runtime-Deadline-Ms": {ms}}})
		assert.Equal(t, "response", o.Call, "%s: %s", ms, o.Body)
	}
}

func TestLogIsWrittenBeforeTheAnswer(t *testing.T) {
	b := start(t, "ready")
	for i := range 50 {
		text := fmt.Sprintf("line %d;", i)
		o := b.ask("err " + text + "; log 4 framed " + text + "; answer 1")
		require.Contains(t, b.log(), o.RequestID+"\tINFO\t"+text+"\n")
		require.Contains(t, b.log(), o.RequestID+"\tWARN\tframed "+text+"\n")
	}
}

func TestInitFaultIsReportedOnceAndEndsBootstrap(t *testing.T) {
	body := `{"errorMessage":"no such file","errorType":"Runtime.HandlerNotFound","stackTrace":["looked in a","looked in b"]}`
	b := start(t, "fault Runtime.HandlerNotFound "+body)
	assert.Equal(t, exitInit, b.wait())
	calls := b.api.Calls()
	require.Len(t, calls, 1)
	assert.Equal(t, "init/error", calls[0].Name)
	assert.Equal(t, "Runtime.HandlerNotFound", calls[0].Header.Get("Lambda-Runtime-Function-Error-Type"))
	assert.Equal(t, body, string(calls[0].Body))
	assert.Contains(t, b.log(), "-\tERROR\tRuntime.HandlerNotFound: no such file\r    at looked in a\r    at looked in b\n")
}

func TestInitFailures(t *testing.T) {
	file := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, []byte(content), mode))
		return path
	}
	for name, c := range map[string]struct {
		script, env, errorType, message string
	}{
		"exit":           {"err cannot load; exit 3", "", "Runtime.ExitError", "Lumo exited with status 3 while it was starting."},
		"killed":         {"kill 9", "", "Runtime.ExitError", "Lumo was killed by signal 9 (SIGKILL) while it was starting."},
		"missing":        {"", "LUMO_BIN=/no/such/lumo", "Runtime.InvalidEntrypoint", "There is no lumo at /no/such/lumo, named by LUMO_BIN."},
		"not executable": {"", "LUMO_BIN=" + file("lumo", "x", 0o600), "Runtime.InvalidEntrypoint", "is not executable"},
		"no program":     {"", "LUMO_BIN=" + file("lumo", "\x7fELF", 0o700), "Runtime.InvalidEntrypoint", "is not a program for this machine"},
		"no folder":      {"ready", "LAMBDA_TASK_ROOT=/no/such/folder", "Runtime.InvalidWorkingDir", "/no/such/folder (LAMBDA_TASK_ROOT) cannot be entered"},
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, c.script, c.env)
			assert.Equal(t, exitInit, b.wait())
			calls := b.api.Calls()
			require.Len(t, calls, 1)
			assert.Equal(t, "init/error", calls[0].Name)
			assert.Equal(t, c.errorType, calls[0].Header.Get("Lambda-Runtime-Function-Error-Type"))
			assert.Contains(t, string(calls[0].Body), c.message)
			assert.Contains(t, b.log(), c.message)
		})
	}
}

func TestEnvironmentThatMakesNoSense(t *testing.T) {
	for env, want := range map[string]string{
		"_HANDLER":                        "_HANDLER is not set",
		"AWS_LAMBDA_RUNTIME_API":          "AWS_LAMBDA_RUNTIME_API is not set",
		"AWS_LAMBDA_RUNTIME_API=nonsense": "not host:port",
	} {
		b := start(t, "err started; ready", env)
		assert.Equal(t, exitUsage, b.wait(), env)
		assert.Contains(t, b.log(), want)
		assert.Equal(t, 1, strings.Count(b.log(), "\n"), "one line, and no lumo: %q", b.log())
	}
}

func TestSignalEndsBootstrapAndLumo(t *testing.T) {
	for _, script := range []string{"answer 1", "err up; hang"} {
		b := start(t, "ready")
		lumo := string(b.ask("pid").Body)
		outcome := b.api.Queue(runtimeapitest.Event{Body: []byte(script)})
		if script == "answer 1" {
			<-outcome
		} else {
			require.Eventually(t, func() bool { return strings.Contains(b.log(), "up") }, 30*time.Second, time.Millisecond)
		}
		require.NoError(t, b.cmd.Process.Signal(syscall.SIGTERM))
		assert.Equal(t, exitOK, b.wait(), script)
		assert.NoFileExists(t, "/proc/"+lumo+"/stat", "lumo is left")
	}
}

func TestLumoDiesWithBootstrap(t *testing.T) {
	b := start(t, "ready")
	lumo, err := strconv.Atoi(string(b.ask("pid").Body))
	require.NoError(t, err)
	b.api.Queue(runtimeapitest.Event{Body: []byte("err up; hang")})
	require.Eventually(t, func() bool { return strings.Contains(b.log(), "up") }, 30*time.Second, time.Millisecond)
	require.NoError(t, b.cmd.Process.Kill())
	b.wait()
	require.Eventually(t, func() bool { // its end is for init to see, not for us
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", lumo))
		return err != nil || strings.Contains(string(stat), ") Z ")
	}, 30*time.Second, time.Millisecond)
}

func TestRuntimeAPIThatFailsEndsBootstrap(t *testing.T) {
	t.Run("500 to an answer", func(t *testing.T) {
		b := start(t, "ready")
		b.api.Refuse("response", 500, 1)
		b.api.Queue(runtimeapitest.Event{Body: []byte("answer 1")})
		assert.Equal(t, exitRuntimeAPI, b.wait())
		assert.Contains(t, b.log(), "response: the runtime API answered 500")
	})
	t.Run("gone", func(t *testing.T) {
		b := start(t, "ready")
		b.answers("answer 1", "1")
		b.api.Close()
		assert.Equal(t, exitRuntimeAPI, b.wait())
	})
	t.Run("never there", func(t *testing.T) {
		b := start(t, "ready", "AWS_LAMBDA_RUNTIME_API=127.0.0.1:1")
		assert.Equal(t, exitRuntimeAPI, b.wait())
		assert.Contains(t, b.log(), "connect to the runtime API")
	})
}

func TestStaleAnswerAndTooLargeAnswerDoNotEndBootstrap(t *testing.T) {
	b := start(t, "ready")
	b.api.Refuse("response", 410, 1)
	b.api.Queue(runtimeapitest.Event{Body: []byte("answer 1")})
	require.Eventually(t, func() bool { return strings.Contains(b.log(), "410") }, 30*time.Second, time.Millisecond)
	b.answers("answer 1", "1")
	o := b.invoke(runtimeapitest.Event{Body: append([]byte("event\n"), make([]byte, runtimeapitest.MaxResponse)...)})
	assert.Equal(t, "too large", o.Call)
	b.answers("answer 2", "2")
}

func TestJSONLog(t *testing.T) {
	b := start(t, "ready", "AWS_LAMBDA_LOG_FORMAT=json", "AWS_LAMBDA_LOG_LEVEL=warn")
	o := b.ask(`log 3 hidden; log 4 say "hi"; answer 1`)
	assert.Regexp(t, `^{"level":"WARN","timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","message":"say \\"hi\\"","requestId":"`+o.RequestID+`"}\n$`, b.log())
}

func TestTenantIsInTheJSONLog(t *testing.T) {
	b := start(t, "ready", "AWS_LAMBDA_LOG_FORMAT=JSON")
	o := b.invoke(runtimeapitest.Event{Body: []byte("log 4 framed; err raw; answer 1"), Header: http.Header{"Lambda-Runtime-Aws-Tenant-Id": {"t-1"}}})
	assert.Equal(t, 2, strings.Count(b.log(), `"requestId":"`+o.RequestID+`","tenantId":"t-1"}`), b.log())
}

func TestMetricsOfTheStartAreOneLineOnDemand(t *testing.T) {
	b := start(t, "ready", "LUMO_METRICS=1", "AWS_LAMBDA_FUNCTION_NAME=f")
	b.answers("answer 1", "1")
	assert.Regexp(t, `^{"_aws":{"Timestamp":\d{13},"CloudWatchMetrics":\[{"Namespace":"Lumo".*"FirstNext":[0-9.]+}\n$`, b.log())
	b = start(t, "ready")
	b.answers("answer 1", "1")
	assert.Empty(t, b.log())
}

// BenchmarkStart measures from exec to the first request for an event, with a lumo that is ready at once: one that does not
// listen for the end of the sandbox, and one that does. The two take turns, so that a busy moment hits both.
func BenchmarkStart(b *testing.B) {
	info, err := os.Stat(filepath.Join(built, "bootstrap"))
	require.NoError(b, err)
	took := map[string][]float64{}
	scripts := map[string]string{"plain": "ready", "listening": "listen bye; ready"}
	for b.Loop() {
		for name, script := range scripts {
			api, err := runtimeapitest.Start()
			require.NoError(b, err)
			api.End(410)
			cmd := command(api, script)
			began := time.Now()
			_ = cmd.Run() // ends with status 3 at the 410
			took[name] = append(took[name], float64(time.Since(began).Microseconds())/1000)
			api.Close()
		}
	}
	for name, times := range took {
		slices.Sort(times)
		b.ReportMetric(times[len(times)/2], name+"-ms")
		b.ReportMetric(times[0], name+"-min-ms")
	}
	b.ReportMetric(float64(info.Size())/1e6, "MB")
}

// BenchmarkInvoke measures a warm round trip through everything but lumo itself.
func BenchmarkInvoke(b *testing.B) {
	api, err := runtimeapitest.Start()
	require.NoError(b, err)
	cmd := command(api, "ready")
	require.NoError(b, cmd.Start())
	event := runtimeapitest.Event{Body: append([]byte("event\n"), make([]byte, 200)...)}
	for b.Loop() {
		if o, err := api.Invoke(b.Context(), event); err != nil || o.Call != "response" {
			b.Fatal(o.Call, err)
		}
	}
	api.Close()
	_ = cmd.Wait() // ends with status 3, the API being gone
}
