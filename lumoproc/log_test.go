package lumoproc_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
)

func TestLogFramesCarryTheirRequestAndLevel(t *testing.T) {
	r := start(t, "log 2 loading; ready")
	r.answers("log 5 oh no; answer 1", "1")
	loading, oh := r.log.await(t, "loading"), r.log.await(t, "oh no")
	assert.Equal(t, lumoproc.Line{Level: lumoproc.LevelDebug, Text: "loading"}, loading)
	assert.Equal(t, lumoproc.Line{Label: "log 5 oh no; answer 1", Request: 1, Level: lumoproc.LevelError, Text: "oh no"}, oh)
}

// Each invocation writes and answers at once: the lines must be there when Invoke returns, every time.
func TestStderrIsLoggedBeforeInvokeReturns(t *testing.T) {
	r := start(t, "ready")
	for i := range 300 {
		script := fmt.Sprintf("err one; err %d; errpart no end; answer %d", i, i)
		_, err := r.ask(script)
		require.NoError(t, err)
		require.Equal(t, []string{"one", fmt.Sprint(i), "no end"}, r.log.texts(script))
	}
}

func TestStderrIsLoggedBeforeAnErrorIsReturned(t *testing.T) {
	r := start(t, "ready")
	for i, end := range []string{"exit 1", "kill 9", "out garbage", "fault T {}"} {
		script := fmt.Sprintf("err a%d; errpart b; %s", i, end)
		_, err := r.ask(script)
		require.Error(t, err)
		assert.Equal(t, []string{fmt.Sprintf("a%d", i), "b"}, r.log.texts(script), end)
	}
}

func TestOutputAfterTheAnswerIsNotTheNextRequests(t *testing.T) {
	r := start(t, "ready")
	for i := range 100 {
		r.answers(fmt.Sprintf("later late %d; answer 1", i), "1")
		r.log.await(t, fmt.Sprintf("late %d", i))
		next := fmt.Sprintf("answer %d", i)
		r.answers(next, fmt.Sprint(i))
		require.Empty(t, r.log.texts(next))
	}
}

func TestLateLogFrameKeepsItsRequest(t *testing.T) {
	r := start(t, "ready")
	r.answers("answer 1; frame 4c4d01840000000100000005036c617465", "1") // Log of request 1: "late"
	r.answers("answer 2", "2")
	assert.Equal(t, []string{"late"}, r.log.texts("answer 1; frame 4c4d01840000000100000005036c617465"))
}

func TestMegabytesOnStderrAreAllLogged(t *testing.T) {
	r := start(t, "ready")
	r.answers("errbytes 5000000; answer ok", "ok")
	lines := r.log.texts("errbytes 5000000; answer ok")
	assert.Len(t, lines, 50_000)
	for _, l := range lines {
		require.Len(t, l, 99)
	}
}

func TestWriterThatNeverStopsDoesNotHoldTheDeadline(t *testing.T) {
	r := start(t, "ready")
	ctx := expiring{t.Context(), make(chan struct{})}
	failed := make(chan error, 1)
	go func() {
		_, err := r.Invoke(ctx, lumoproc.Invoke{Event: []byte("errflood")})
		failed <- err
	}()
	r.log.await(t, "flood")
	close(ctx.passed)
	var timeout *lumoproc.TimeoutError
	require.ErrorAs(t, <-failed, &timeout)
	assert.Contains(t, timeout.Tail, "flood")
	r.answers("answer again", "again")
}

func TestTailIsOfThisRequestAndBounded(t *testing.T) {
	r := start(t, "ready")
	r.answers("err secret of the first; answer 1", "1")
	_, err := r.ask("err second; exit 1")
	var exit *lumoproc.ExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, "second", exit.Tail)

	_, err = r.ask("errbytes 100000; err the end; exit 1")
	require.ErrorAs(t, err, &exit)
	assert.LessOrEqual(t, len(exit.Tail), 8<<10)
	assert.True(t, strings.HasSuffix(exit.Tail, "\nthe end"), "%.100q", exit.Tail)
	assert.True(t, strings.HasPrefix(exit.Tail, strings.Repeat("x", 99)+"\n"), "it begins with a whole line")
}

func TestBytesBeforeTheFirstFrameAreLogLines(t *testing.T) {
	for name, c := range map[string]struct {
		output string // for printf
		want   []string
	}{
		"lines":                     {`one\ntwo\n`, []string{"one", "two"}},
		"a line without end":        {`one\ntw`, []string{"one", "tw"}},
		"what looks like a magic":   {`LM\nLLMLM\001\nLM\001\202\0\0\0\0\nL`, []string{"LM", "LLMLM\x01", "LM\x01\x82\x00\x00\x00\x00", "L"}},
		"a frame about a request":   {`LM\001\201\0\0\0\001\0\0\0\002{}\n`, []string{"LM\x01\x81\x00\x00\x00\x01\x00\x00\x00\x02{}"}},
		"a length over the maximum": {`LM\001\201\0\0\0\0\377\0\0\0\n`, []string{"LM\x01\x81\x00\x00\x00\x00\xff\x00\x00\x00"}},
		"windows lines":             {`one\r\n\r\n`, []string{"one", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, "ready", func(cfg *lumoproc.Config) {
				cfg.Path = "/bin/sh"
				cfg.Args = []string{"-c", fmt.Sprintf(`printf '%s'; exec %q`, c.output, os.Args[0])}
			})
			r.ready()
			assert.Equal(t, c.want, r.log.texts(""))
			r.answers("answer ok", "ok")
		})
	}
}

func TestOutputOfAProgramThatNeverSendsAFrame(t *testing.T) {
	r := start(t, "", func(cfg *lumoproc.Config) {
		cfg.Path, cfg.Args = "/bin/sh", []string{"-c", `printf 'one\ntwo LM\001'; exit 0`}
	})
	_, err := r.Ready(t.Context())
	require.Error(t, err)
	assert.Equal(t, []string{"one", "two LM\x01"}, r.log.texts("")[:2])
}

func TestLongLineIsContinuedAndWhole(t *testing.T) {
	long := "x" + strings.Repeat("þ", lumoproc.MaxLine) // two bytes each, so that a cut would fall inside one
	r := start(t, "ready", func(cfg *lumoproc.Config) {
		cfg.Path = "/bin/sh"
		cfg.Args = []string{"-c", fmt.Sprintf(`printf x >&2; yes þ | head -n %d | tr -d '\n' >&2; echo >&2; exec %q`, lumoproc.MaxLine, os.Args[0])}
	})
	r.answers("answer ok", "ok")
	lines := r.log.texts("")
	assert.Len(t, lines, 3)
	assert.Equal(t, long, strings.Join(lines, ""))
	for _, l := range lines {
		assert.LessOrEqual(t, len(l), lumoproc.MaxLine)
		assert.True(t, utf8.ValidString(l), "a character was cut in two")
	}
}
