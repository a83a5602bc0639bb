package test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/runtimeapi/runtimeapitest"
)

// direct is the shipped bootstrap and lumo at a fake Runtime API, which can say what no emulator says.
type direct struct {
	t      *testing.T
	api    *runtimeapitest.Server
	cmd    *exec.Cmd
	stderr string
	exited chan struct{}
}

func startDirect(t *testing.T, function, handler string, env ...string) *direct {
	t.Helper()
	api, err := runtimeapitest.Start()
	require.NoError(t, err)
	t.Cleanup(api.Close)
	stderr, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	require.NoError(t, err)
	defer stderr.Close()
	folder, err := filepath.Abs(fixture(function))
	require.NoError(t, err)
	d := &direct{t: t, api: api, stderr: stderr.Name(), exited: make(chan struct{})}
	d.cmd = exec.Command(filepath.Join(layerDir, "bootstrap"))
	d.cmd.Dir = folder
	d.cmd.Stderr = stderr
	d.cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "LANG=en_US.UTF-8", "TZ=:UTC",
		"AWS_LAMBDA_RUNTIME_API=" + api.Addr(), "_HANDLER=" + handler, "LAMBDA_TASK_ROOT=" + folder,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512", "LUMO_OPT=" + t.TempDir(),
	}, env...)
	require.NoError(t, d.cmd.Start())
	go func() {
		defer close(d.exited)
		_ = d.cmd.Wait() // the status is in ProcessState
	}()
	t.Cleanup(func() {
		d.end()
		if t.Failed() {
			t.Logf("log of bootstrap:\n%s", shorten(d.log()))
		}
	})
	return d
}

// end asks bootstrap to end and gives its exit status.
func (d *direct) end() int {
	_ = d.cmd.Process.Signal(syscall.SIGTERM) // it may be over
	select {
	case <-d.exited:
	case <-time.After(30 * time.Second): // a watchdog, not a wait
		_ = d.cmd.Process.Kill()
		<-d.exited
		d.t.Error("bootstrap did not end")
	}
	return d.cmd.ProcessState.ExitCode()
}

func (d *direct) log() string {
	text, err := os.ReadFile(d.stderr)
	require.NoError(d.t, err)
	return string(text)
}

func (d *direct) invoke(event string, header http.Header) runtimeapitest.Outcome {
	d.t.Helper()
	return d.do(runtimeapitest.Event{Body: []byte(event), Header: header})
}

func (d *direct) do(event runtimeapitest.Event) runtimeapitest.Outcome {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute) // a watchdog
	defer cancel()
	o, err := d.api.Invoke(ctx, event)
	require.NoError(d.t, err)
	return o
}

func (d *direct) answer(event string, header http.Header) string {
	d.t.Helper()
	o := d.invoke(event, header)
	require.Equal(d.t, "response", o.Call, "%s", o.Body)
	return string(o.Body)
}

func TestTraceIDIsTheRequestsAndNoOthers(t *testing.T) {
	d := startDirect(t, "api", "api.core/handler")
	for _, id := range []string{"Root=1-a;Parent=b;Sampled=1", "", "Root=1-c;Sampled=0", ""} {
		want := `{"first":"` + id + `","second":"` + id + `","context":"` + id + `"}`
		if id == "" {
			want = `{"first":null,"second":null,"context":null}`
		}
		assert.JSONEq(t, want, d.answer(`{"do":"trace"}`, http.Header{"Lambda-Runtime-Trace-Id": {id}}))
	}
}

func TestHeadersOfARequestReachTheHandler(t *testing.T) {
	d := startDirect(t, "api", "api.core/handler")
	assert.JSONEq(t, `{"identity":{"cognitoIdentityId":"i","cognitoIdentityPoolId":"p"},"tenant-id":"t é","deadline-ms":4102444800000,
		"client-context":{"custom":{"n":1,"deep":[true,null]},"env":{"é":"ž"}}}`,
		d.answer(`{"do":"about"}`, http.Header{
			"Lambda-Runtime-Cognito-Identity": {`{"CognitoIdentityID":"i","cognitoIdentityPoolId":"p"}`},
			"Lambda-Runtime-Client-Context":   {`{"custom":{"n":1,"deep":[true,null]},"env":{"é":"ž"}}`},
			"Lambda-Runtime-Aws-Tenant-Id":    {"t é"},
			"Lambda-Runtime-Deadline-Ms":      {"4102444800000"},
		}))
	assert.JSONEq(t, `{"identity":null,"tenant-id":null,"deadline-ms":null,"client-context":null}`,
		d.answer(`{"do":"about"}`, http.Header{
			"Lambda-Runtime-Cognito-Identity": {"no JSON"},
			"Lambda-Runtime-Client-Context":   {"{"},
			"Lambda-Runtime-Deadline-Ms":      {""},
		}), "what is absent or cannot be read costs nothing")
}

func TestEventThatIsNotJSONIsAnErrorAndTheNextIsAnswered(t *testing.T) {
	d := startDirect(t, "api", "api.core/handler")
	for _, event := range []string{"{", "\x00\xff", `{"a":}`, "not json"} {
		o := d.invoke(event, nil)
		assert.Equal(t, "error", o.Call, event)
		assert.Equal(t, "Runtime.UnmarshalError", o.Header.Get("Lambda-Runtime-Function-Error-Type"), event)
	}
	assert.Equal(t, `{"event":null}`, d.answer("", nil), "an empty event is none")
	assert.Equal(t, `{"event":[1]}`, d.answer("[1]", nil))
}

func TestWhatARequestLeavesBehindIsNotTheNextOnes(t *testing.T) {
	d := startDirect(t, "api", "api.core/handler")
	left := d.invoke(`{"do":"leave"}`, nil)
	assert.Equal(t, `{"left":"`+left.RequestID+`"}`, string(left.Body), "an interval that is left does not hold the answer up")
	waited := d.invoke(`{"do":"wait"}`, nil)
	assert.Equal(t, `{"waited":"`+waited.RequestID+`"}`, string(waited.Body))
	assert.Contains(t, d.log(), left.RequestID+"\tINFO\tlate line of "+left.RequestID)
	assert.Contains(t, d.log(), waited.RequestID+"\tINFO\tline of "+waited.RequestID)
}

func TestFunctionRunsInUTCAsLambdaSays(t *testing.T) {
	d := startDirect(t, "api", "api.core/handler")
	assert.Equal(t, `{"offset":0,"lang":"en_US.UTF-8"}`, d.answer(`{"do":"utc"}`, nil))
}

// Lambda's LD_LIBRARY_PATH has the function's lib in it: what lies there must not be taken for lumo's own.
func TestLibrariesOfTheFunctionCannotBreakLumo(t *testing.T) {
	lib := t.TempDir()
	for _, name := range []string{"libstdc++.so.6", "libc.so.6", "libc.musl-x86_64.so.1", "libm.so.6", "preload.so"} {
		require.NoError(t, os.WriteFile(filepath.Join(lib, name), []byte("not a library"), 0o755))
	}
	d := startDirect(t, "api", "api.core/handler", "LD_LIBRARY_PATH="+lib, "LD_PRELOAD="+filepath.Join(lib, "preload.so"))
	assert.Equal(t, `{"event":1}`, d.answer("1", nil))
	assert.Empty(t, d.log())
}

func TestErrorOfTheHandlerHasItsXRayCause(t *testing.T) {
	d := startDirect(t, "faults", "faults.core/handler")
	o := d.invoke(`{"do":"throw"}`, nil)
	assert.Equal(t, "error", o.Call)
	cause := o.Header.Get("Lambda-Runtime-Function-Xray-Error-Cause")
	assert.Contains(t, cause, `"type":"ExceptionInfo","message":"no such order"`)
	assert.Contains(t, cause, `"path":"src/faults/core.cljs"`)
	assert.Contains(t, cause, `"label":"faults.core/deeper"`)
	assert.Contains(t, cause, `"type":"TypeError","message":"the inner reason"`)
}

func TestSIGTERMListenersOfTheFunctionRunAtTheEnd(t *testing.T) {
	d := startDirect(t, "api", "api.shutdown/handler")
	assert.Equal(t, `"open"`, d.answer("{}", nil))
	assert.Equal(t, "extension/register", d.api.Calls()[0].Name)
	assert.Equal(t, 0, d.end())
	asked, closed := strings.Index(d.log(), "asked to end by SIGTERM"), strings.Index(d.log(), "closed the books")
	assert.True(t, 0 <= asked && asked < closed, "both lines, in order")
}

// A listener of the function's own takes SIGUSR1 from Node, which opens its inspector at it otherwise.
func TestFunctionThatListensForSIGUSR1HasItsSignalAndAPlainTimeout(t *testing.T) {
	d := startDirect(t, "faults", "faults.core/handler")
	require.Equal(t, `{"alive":1}`, d.answer(`{"n":1}`, nil), "lumo is up")
	const said = "a signal of the function's own"
	for range 5 { // a machine that has no time for the listener does not get to it before the end
		o := d.do(runtimeapitest.Event{Body: []byte(`{"do":"listen"}`), Timeout: 2 * time.Second})
		assert.Equal(t, "Runtime.Timedout", o.Header.Get("Lambda-Runtime-Function-Error-Type"))
		assert.Contains(t, string(o.Body), "It could not be asked where it was")
		assert.Equal(t, `{"alive":2}`, d.answer(`{"n":2}`, nil))
		if strings.Contains(d.log(), said) {
			break
		}
	}
	assert.Contains(t, d.log(), said)
}
