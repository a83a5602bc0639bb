package test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/runtimeapi/runtimeapitest"
)

// startStreams is bootstrap with the streaming function, whose streams the test reads, in the memory that is tight for it.
func startStreams(t *testing.T, handler string, env ...string) *direct {
	t.Helper()
	return startDirect(t, "streams", handler, append([]string{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256"}, env...)...)
}

// ask has the handler answer in the form that the event names.
func (d *direct) ask(form string) runtimeapitest.Outcome {
	d.t.Helper()
	return d.do(runtimeapitest.Event{Body: []byte(strconv.Quote(form))})
}

func TestWhatAStreamingHandlerMayReturn(t *testing.T) {
	for _, handler := range []string{"handler", "one-map"} {
		d := startStreams(t, "streams.core/"+handler)
		for _, form := range []string{"string", "bytes", "seq", "vector", "readable", "web", "async", "promise", "source", "writer",
			"both", "pipe"} {
			o := d.ask(form)
			require.Equal(t, "response", o.Call, "%s: %s", form, o.Body)
			assert.Equal(t, "one two", string(o.Body), form)
			assert.Equal(t, "application/octet-stream", o.Header.Get("Content-Type"), form)
			assert.Equal(t, "streaming", o.Header.Get("Lambda-Runtime-Function-Response-Mode"), form)
			assert.Empty(t, o.Trailer.Get("Lambda-Runtime-Function-Error-Type"), form)
		}
		o := d.ask("http")
		assert.Equal(t, "application/vnd.awslambda.http-integration-response", o.Header.Get("Content-Type"))
		assert.Equal(t, `{"statusCode":201,"headers":{"content-type":"text/html"},"cookies":["a=b"]}`+"\x00\x00\x00\x00\x00\x00\x00\x00one two",
			string(o.Body))
	}
}

func TestErrorsOfAStreamingHandler(t *testing.T) {
	d := startStreams(t, "streams.core/handler")
	for event, errorType := range map[string]string{
		"early": "Function.ExceptionInfo", "map": "Runtime.MarshalError", "number": "Runtime.MarshalError",
	} {
		o := d.ask(event)
		assert.Equal(t, "error", o.Call, event)
		assert.Equal(t, errorType, o.Header.Get("Lambda-Runtime-Function-Error-Type"), event)
	}
	for event, errorType := range map[string]string{"late": "Function.ExceptionInfo", "die": "Runtime.ExitError"} {
		o := d.ask(event)
		require.Equal(t, "response", o.Call, event)
		assert.Equal(t, "one ", string(o.Body), event)
		assert.Equal(t, errorType, o.Trailer.Get("Lambda-Runtime-Function-Error-Type"), event)
		text, err := base64.StdEncoding.DecodeString(o.Trailer.Get("Lambda-Runtime-Function-Error-Body"))
		require.NoError(t, err)
		assert.Contains(t, string(text), "errorMessage", event)
		assert.Equal(t, "one two", string(d.ask("seq").Body), "after %s", event)
	}
}

func TestReaderThatGoesAwayEndsTheStreamAndLumoLives(t *testing.T) {
	d := startStreams(t, "streams.core/handler")
	pid := string(d.ask("pid").Body)
	o := d.do(runtimeapitest.Event{Body: []byte(`"endless"`), Read: func(r io.Reader) error {
		_, _ = io.ReadFull(r, make([]byte, 1<<20))
		return errors.New("enough")
	}})
	assert.Equal(t, "error", o.Call)
	assert.Equal(t, pid, string(d.ask("pid").Body))
}

// memory gives a line of /proc/PID/status in bytes.
func memory(t *testing.T, pid, name string) int {
	t.Helper()
	status, err := os.ReadFile("/proc/" + pid + "/status")
	require.NoError(t, err)
	match := regexp.MustCompile(name + `:\s+(\d+) kB`).FindSubmatch(status)
	require.NotNil(t, match, "%s", status)
	kB, err := strconv.Atoi(string(match[1]))
	require.NoError(t, err)
	return kB << 10
}

func TestTwoHundredMegabytesAreStreamedInFlatMemory(t *testing.T) {
	const size = 3200 * 64 << 10
	d := startStreams(t, "streams.core/handler")
	lumo := string(d.ask("pid").Body)
	read := func(r io.Reader) error {
		n, err := io.Copy(io.Discard, r)
		assert.EqualValues(t, size, n)
		return err
	}
	event := runtimeapitest.Event{Body: []byte(`"large"`), Read: read}
	require.Equal(t, "response", d.do(event).Call)
	limits := map[string]int{lumo: 48 << 20, fmt.Sprint(d.cmd.Process.Pid): 16 << 20}
	base := map[string]int{}
	for pid := range limits {
		base[pid] = memory(t, pid, "VmRSS")
		require.NoError(t, os.WriteFile("/proc/"+pid+"/clear_refs", []byte("5"), 0)) // VmHWM begins anew
	}
	o := d.do(event)
	require.Equal(t, "response", o.Call, "%s", o.Body)
	for pid, limit := range limits {
		grown := memory(t, pid, "VmHWM") - base[pid]
		t.Logf("process %s: %d MiB above %d", pid, grown>>20, base[pid]>>20)
		assert.Less(t, grown, limit, "process %s", pid)
	}
}

func TestAnswerThatNobodyReadsStallsItsHandlerUntilTheDeadline(t *testing.T) {
	d := startStreams(t, "streams.core/handler")
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	o := d.do(runtimeapitest.Event{Body: []byte(`"endless"`), Timeout: 2 * time.Second, Read: func(io.Reader) error {
		<-done
		return errors.New("never read")
	}})
	assert.Equal(t, "error", o.Call)
	assert.Contains(t, string(o.Body), "Runtime.Timedout")
	assert.Equal(t, "one two", string(d.ask("seq").Body))
}

func TestRequestsOverlapInOneLumo(t *testing.T) {
	d := startStreams(t, "streams.core/handler", "AWS_LAMBDA_MAX_CONCURRENCY=4", "LUMO_CHILDREN=1")
	d.api.Concurrent()
	gate := make(chan struct{})
	var outcomes []<-chan runtimeapitest.Outcome
	for range 3 { // none of these ends before all of them have begun
		begun := make(chan struct{})
		outcomes = append(outcomes, d.api.Queue(runtimeapitest.Event{Body: []byte(`"long"`), Read: func(r io.Reader) error {
			_, err := r.Read(make([]byte, 1))
			close(begun)
			<-gate
			_, _ = io.Copy(io.Discard, r)
			return err
		}}))
		<-begun
	}
	assert.Equal(t, "one two", string(d.ask("seq").Body), "one that passes the three that are stalled")
	close(gate)
	for _, o := range outcomes {
		assert.Equal(t, "response", (<-o).Call)
	}
}
