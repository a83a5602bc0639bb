package test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// An emulator has no caller that reads a stream: it takes the answer whole, in the size that any other may have, and an error
// in the trailers is nothing to it.
func TestStreamedAnswersOnTheEmulators(t *testing.T) {
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, fixture("streams"), "streams.core/handler", nil)
		for _, form := range []string{"string", "seq", "async", "writer"} {
			assert.Equal(t, "one two", f.answer(t, `"`+form+`"`), form)
		}
		assert.Equal(t, `{"statusCode":201,"headers":{"content-type":"text/html"},"cookies":["a=b"]}`+"\x00\x00\x00\x00\x00\x00\x00\x00one two",
			f.answer(t, `"http"`))
		assert.Equal(t, "ExceptionInfo", f.fault(t, `"early"`).ErrorType)
		assert.Equal(t, "one ", f.answer(t, `"late"`))
		assert.Equal(t, "one ", f.answer(t, `"die"`))
		assert.Equal(t, "one two", f.answer(t, `"seq"`))
	})
}

func TestStreamOverTheLimitOfABufferedAnswerIsLambdasError(t *testing.T) {
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, fixture("streams"), "streams.core/handler", nil)
		pid := f.answer(t, `"pid"`)
		assert.Equal(t, "Function.ResponseSizeTooLarge", f.fault(t, `"over"`).ErrorType)
		assert.Equal(t, pid, f.answer(t, `"pid"`), "lumo has ended the stream, not itself")
		assert.Contains(t, f.closedLog(t), "Lambda has closed the invocation by itself: response: the runtime API answered 413")
	})
}

// The connection of a streamed answer breaks in the middle. The API takes nothing from this runtime any more, so that the end
// of bootstrap is the one way to an answer, and to the next event.
func TestStreamWhoseConnectionBreaksEndsBootstrapAndTheNextEventIsAnswered(t *testing.T) {
	onBoth(t, func(t *testing.T, l lambda) {
		c := startCutter(t)
		t.Cleanup(c.close)
		f := l.start(t, fixture("streams"), "streams.core/handler", func(cfg *emulator.Config) {
			c.config(cfg)
		})
		c.log = f.log
		require.Equal(t, "one two", f.answer(t, `"seq"`))
		assert.Equal(t, "Runtime.ExitError", f.fault(t, `"endless"`).ErrorType)
		assert.Equal(t, "one two", f.answer(t, `"seq"`))
		text := f.closedLog(t)
		assert.Contains(t, text, "The streamed answer was not taken to its end")
		assert.Contains(t, text, "next: the runtime API answered 403")
	})
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	require.NoError(t, err)
	return abs
}
