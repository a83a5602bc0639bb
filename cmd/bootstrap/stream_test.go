package main

import (
	"encoding/base64"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/runtimeapi/runtimeapitest"
)

const (
	errorTrailer = "Lambda-Runtime-Function-Error-Type"
	bodyTrailer  = "Lambda-Runtime-Function-Error-Body"
)

func TestAnswerIsStreamed(t *testing.T) {
	b := start(t, "ready")
	o := b.ask("begin text/plain; chunk one; chunk  two; end")
	assert.Equal(t, "response", o.Call)
	assert.Equal(t, "one two", string(o.Body))
	assert.Equal(t, "text/plain", o.Header.Get("Content-Type"))
	assert.Equal(t, "streaming", o.Header.Get("Lambda-Runtime-Function-Response-Mode"))
	assert.Empty(t, o.Trailer.Get(errorTrailer))
}

func TestWhatBreaksDuringAStreamIsInItsTrailers(t *testing.T) {
	b := start(t, "ready")
	for script, want := range map[string]string{
		`begin x; chunk one; fault my/Oops {"errorMessage":"no"}`: "Function.Oops",
		"begin x; chunk one; kill 9":                              "Runtime.ExitError",
		"begin x; chunk one; out garbage; hang":                   "Runtime.ProtocolError",
		"begin x; chunk one; hang":                                "Runtime.Timedout",
	} {
		e := runtimeapitest.Event{Body: []byte(script)}
		if want == "Runtime.Timedout" {
			e.Timeout = time.Second
		}
		o := b.invoke(e)
		require.Equal(t, "response", o.Call, "%s: %s", script, o.Body)
		assert.Equal(t, "one", string(o.Body), script)
		assert.Equal(t, want, o.Trailer.Get(errorTrailer), script)
		text, err := base64.StdEncoding.DecodeString(o.Trailer.Get(bodyTrailer))
		require.NoError(t, err)
		assert.Contains(t, string(text), "errorMessage", script)
		b.answers("answer again", "again")
	}
	assert.Equal(t, "Function.Oops", b.fails(`fault my/Oops {"errorMessage":"no"}`).header, "before the first byte")
}

func TestReaderThatGoesAwayCostsItsOwnStreamAlone(t *testing.T) {
	b := start(t, "ready")
	pid := string(b.ask("pid").Body)
	o := b.invoke(runtimeapitest.Event{Body: []byte("begin x; flow 30000000; end"), Read: func(r io.Reader) error {
		_, _ = io.ReadFull(r, make([]byte, 1<<20))
		return errors.New("enough")
	}})
	assert.Equal(t, "Runtime.ResponseRejected", errorIn(t, o).header)
	b.answers("pid", pid)
	assert.Contains(t, b.log(), "cancelled")
}

func TestStreamThatIsTooLongForItsCallerIsLambdasToReport(t *testing.T) {
	b := start(t, "ready")
	b.api.Refuse("response", 413, 1)
	b.api.Queue(runtimeapitest.Event{Body: []byte("begin x; flow 7000000; end")})
	require.Eventually(t, func() bool { return strings.Contains(b.log(), "413") }, 30*time.Second, time.Millisecond)
}

func TestReaderThatIsStuckEndsWithTheDeadline(t *testing.T) {
	b := start(t, "ready")
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	o := b.invoke(runtimeapitest.Event{Body: []byte("begin x; flow 100000000; end"), Timeout: time.Second,
		Read: func(io.Reader) error { <-done; return os.ErrClosed }})
	assert.Equal(t, "Runtime.Timedout", errorIn(t, o).header)
	b.answers("answer again", "again")
	last := 0
	for _, line := range strings.Split(b.log(), "\n") {
		if _, n, found := strings.Cut(line, "stalled "); found {
			last = len(n)
		}
	}
	assert.LessOrEqual(t, last, len("9999999"), "what the child could write before it was stalled for good")
}
