package inspector_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/lumoproc/inspector"
	"github.com/lumo-lambda/lumo-lambda/lumoproc/inspector/inspectortest"
)

// evaluate asks a fake inspector.
func evaluate(t *testing.T, expression string, answer func(string) []inspectortest.Message) (string, error) {
	t.Helper()
	l, line, err := inspectortest.Listen()
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- inspectortest.Serve(l, answer) }()
	defer func() {
		require.NoError(t, l.Close())
		if err := <-served; err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
			t.Logf("the fake inspector: %v", err) // the client may go in the middle of an answer
		}
	}()
	_, address, found := inspector.Notice(line)
	require.True(t, found)
	return inspector.Evaluate(t.Context(), address, expression)
}

func TestValueOfAnExpression(t *testing.T) {
	for _, size := range []int{0, 5, 60, 200, 70_000, 1 << 20} {
		for _, fragments := range []int{1, 3} {
			expression := strings.Repeat("é", size/2)
			got, err := evaluate(t, expression, func(e string) []inspectortest.Message {
				answer := inspectortest.Value(e + "!")
				answer.Fragments = fragments
				return []inspectortest.Message{{Text: `{"method":"Runtime.event"}`}, {Op: 9, Text: "ping"}, {Op: 10}, answer}
			})
			require.NoError(t, err)
			assert.Equal(t, expression+"!", got)
		}
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		`{"id":1,"error":{"message":"no such method"}}`:                                                  "refused: no such method",
		`{"id":1,"result":{"exceptionDetails":{"text":"Uncaught","exception":{"description":"Oh: x"}}}}`: "the expression threw: Uncaught Oh: x",
		`{"id":1,"result":{"result":{"type":"undefined"}}}`:                                              "the expression is a undefined, not a string",
		`{"id":1,"result":{"result":{"type":"string","value":5}}}`:                                       "read answer",
		`no JSON`: "read answer",
	} {
		_, err := evaluate(t, "x", func(string) []inspectortest.Message { return []inspectortest.Message{{Text: text}} })
		assert.ErrorContains(t, err, want)
	}
	_, err := evaluate(t, "x", func(string) []inspectortest.Message { return []inspectortest.Message{{Op: 8}} })
	assert.ErrorContains(t, err, "closed the connection")
	_, err = evaluate(t, "x", func(string) []inspectortest.Message {
		return []inspectortest.Message{{Text: strings.Repeat("x", 4<<20+1)}}
	})
	assert.ErrorContains(t, err, "more than 4194304 bytes")
}

func TestSilenceEndsWithTheContext(t *testing.T) {
	l, line, err := inspectortest.Listen() // nobody accepts
	require.NoError(t, err)
	defer l.Close()
	_, address, _ := inspector.Notice(line)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err = inspector.Evaluate(ctx, address, "x")
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestPathProvesThatTheLineWasRead(t *testing.T) {
	l, line, err := inspectortest.Listen()
	require.NoError(t, err)
	defer l.Close()
	served := make(chan error, 1)
	go func() { served <- inspectortest.Serve(l, nil) }()
	_, address, _ := inspector.Notice(strings.TrimSuffix(line, inspectortest.Path) + "/guessed")
	_, err = inspector.Evaluate(t.Context(), address, "x")
	assert.ErrorContains(t, err, "400")
	require.NoError(t, <-served)
}

func TestNotices(t *testing.T) {
	for line, want := range map[string]struct {
		rest      string
		addressed bool
		found     bool
	}{
		"Debugger listening on ws://127.0.0.1:9229/a-b":              {"", true, true},
		"printed without an endDebugger listening on ws://[::1]:1/x": {"printed without an end", true, true},
		"Debugger listening on ws://10.0.0.1:9229/a-b":               {"", false, true},
		"Debugger listening on ws://example.com:80/":                 {"", false, true},
		"Debugger listening on ws://127.0.0.1:9229/a b":              {"", false, true},
		"For help, see: https://nodejs.org/learn/x":                  {"", false, true},
		"Debugger attached.":                                         {"", false, true},
		"a line of the program's":                                    {"a line of the program's", false, false},
		"":                                                           {"", false, false},
	} {
		rest, address, found := inspector.Notice(line)
		assert.Equal(t, want.found, found, line)
		assert.Equal(t, want.rest, rest, line)
		assert.Equal(t, want.addressed, address != inspector.Address{}, line)
	}
	_, err := inspector.Evaluate(t.Context(), inspector.Address{}, "x")
	assert.ErrorContains(t, err, "no address")
}
