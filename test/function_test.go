package test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// lambda is one emulator kind to start functions on.
type lambda struct{ kind emulator.Kind }

// onBoth runs the test on the genuine emulator and on the built-in one.
func onBoth(t *testing.T, test func(t *testing.T, l lambda)) {
	for _, kind := range []emulator.Kind{emulator.RIE, emulator.BuiltIn} {
		t.Run(string(kind), func(t *testing.T) { test(t, lambda{kind}) })
	}
}

// started is a function on an emulator, with its log.
type started struct {
	emulator.Emulator
	log *log
}

// log collects what a function and the platform print.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// fixture is the folder of a function of the tests.
func fixture(name string) string {
	return filepath.Join("testdata", "functions", name)
}

// start starts the function in the folder, on the shipped layer. A test that fails prints its log.
func (l lambda) start(t *testing.T, folder, handler string, change func(*emulator.Config)) *started {
	t.Helper()
	s := &started{log: &log{}}
	cfg := emulator.Config{
		Function: folder,
		Layers:   []string{layerDir},
		Handler:  handler,
		Emulator: l.kind,
		Log:      s.log,
		Notice:   func(text string) { t.Log(text) },
	}
	if change != nil {
		change(&cfg)
	}
	e, err := emulator.Start(t.Context(), cfg)
	if err != nil && l.kind == emulator.RIE && strings.HasPrefix(err.Error(), "get the runtime interface emulator") {
		unavailable(t, "%v", err)
	}
	require.NoError(t, err)
	s.Emulator = e
	t.Cleanup(func() {
		assert.NoError(t, e.Close())
		if t.Failed() {
			t.Logf("the function's log:\n%s", shorten(s.log.String()))
		}
	})
	return s
}

func shorten(text string) string {
	const most = 8 << 10
	if len(text) <= most {
		return text
	}
	return text[:most/2] + "\n…\n" + text[len(text)-most/2:]
}

// invoke passes an event and returns the result.
func (s *started) invoke(t *testing.T, event string) emulator.Result {
	t.Helper()
	result, err := s.Invoke(context.WithoutCancel(t.Context()), []byte(event), emulator.Options{})
	require.NoError(t, err)
	return result
}

// answer passes an event that must be answered without an error.
func (s *started) answer(t *testing.T, event string) string {
	t.Helper()
	result := s.invoke(t, event)
	require.False(t, result.FunctionError, "%s", result.Payload)
	return string(result.Payload)
}

// fault is Lambda's error object, and what lumo adds to it.
type fault struct {
	ErrorType    string   `json:"errorType"`
	ErrorMessage string   `json:"errorMessage"`
	StackTrace   []string `json:"stackTrace"`
	ErrorSource  []string `json:"errorSource"`
	ErrorData    string   `json:"errorData"`
	Cause        *fault   `json:"cause"`
}

// fault passes an event that must be answered with an error.
func (s *started) fault(t *testing.T, event string) fault {
	t.Helper()
	result := s.invoke(t, event)
	require.True(t, result.FunctionError, "answered, not failed: %s", result.Payload)
	var f fault
	require.NoError(t, json.Unmarshal(result.Payload, &f), "%s", result.Payload)
	return f
}

// closedLog ends the function and returns its whole log.
func (s *started) closedLog(t *testing.T) string {
	t.Helper()
	require.NoError(t, s.Close())
	return s.log.String()
}

// lineOf returns the number, from 1, of the line of the file that holds the text.
func lineOf(t *testing.T, file, text string) int {
	t.Helper()
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	for i, line := range strings.Split(string(source), "\n") {
		if strings.Contains(line, text) {
			return i + 1
		}
	}
	t.Fatalf("no line of %s holds %q", file, text)
	return 0
}
