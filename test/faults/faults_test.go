package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/runtimeapi"
	"github.com/lumo-lambda/lumo-lambda/runtimeapi/runtimeapitest"
)

// kinds are of a runtime that does as its event says: "answer MARK", "fail TYPE MARK".
var kinds = []Kind{
	{Name: "answer", Weight: 2, Answer: true, Says: true, Event: func(r *rand.Rand, mark string) string { return "answer " + mark }},
	{Name: "fail", Weight: 1, Errors: []string{"Function.X"}, Event: func(r *rand.Rand, mark string) string {
		return fmt.Sprintf("fail Function.X %s %d", mark, r.IntN(1000))
	}},
}

type handler func(event string) (string, error)

func (h handler) Invoke(_ context.Context, inv *runtimeapi.Invocation) ([]byte, error) {
	answer, err := h(string(inv.Event))
	return []byte(answer), err
}

func honest(event string) (string, error) {
	words := strings.Fields(event)
	if words[0] == "fail" {
		return "", runtimeapi.NewReport(words[1], words[2])
	}
	return words[1], nil
}

// series runs ten cases with a runtime of one handler.
func series(t *testing.T, h handler) *Series {
	t.Helper()
	api, err := runtimeapitest.Start()
	require.NoError(t, err)
	c, err := runtimeapi.New(api.Addr(), func(string, string) {})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- runtimeapi.Run(ctx, c, h) }()
	s, err := Run(t.Context(), Config{Seed: 7, N: 10, Kinds: kinds, API: api,
		Replay: func(seed uint64, n int) string { return fmt.Sprintf("seed %d, %d cases", seed, n) }})
	cancel()
	<-ended
	c.Close()
	api.Close()
	require.NoError(t, err)
	return s
}

// logged judges a log of what each case says, changed as a test likes.
func logged(t *testing.T, s *Series, change func(n int, request, text string) string) {
	t.Helper()
	var log strings.Builder
	for _, c := range s.cases {
		log.WriteString(change(c.N, requestID(c.N), "line of "+c.Mark))
	}
	require.NoError(t, s.JudgeLog(strings.NewReader("START of the platform's\n"+log.String())))
}

func line(_ int, request, text string) string { return "time\t" + request + "\tINFO\t" + text + "\n" }

func TestHonestRuntimeHasNoProblems(t *testing.T) {
	s := series(t, honest)
	logged(t, s, line)
	assert.Empty(t, s.Problems())
	var table strings.Builder
	s.Print(&table)
	assert.Contains(t, table.String(), "10 invocations, seed 7: 0 problems")
	assert.Contains(t, table.String(), "again: seed 7, 10 cases")
}

func TestProblemsAreSeen(t *testing.T) {
	for name, c := range map[string]struct {
		handler handler
		log     func(n int, request, text string) string
		want    string
	}{
		"another's answer":    {func(string) (string, error) { return mark(3), nil }, line, "it holds <case-3>, which is another's"},
		"an answer of nobody": {func(string) (string, error) { return "x", nil }, line, "it was answered with"},
		"another error":       {func(string) (string, error) { return "", runtimeapi.NewReport("Function.Y", "why") }, line, "it failed with"},
		"a line lost": {honest, func(n int, request, text string) string {
			if n == 0 {
				return ""
			}
			return line(n, request, text)
		}, "what it said is not in the log"},
		"a line under another": {honest, func(n int, request, text string) string {
			return line(n, request, text) + line(n, requestID((n+1)%10), text)
		}, "is under request"},
	} {
		t.Run(name, func(t *testing.T) {
			s := series(t, c.handler)
			logged(t, s, c.log)
			assert.Contains(t, strings.Join(s.Problems(), "\n"), c.want)
		})
	}
}

func TestPostThatIsDoubledOrLostIsSeen(t *testing.T) {
	s := series(t, honest)
	s.cfg.API.Forget() // of what was delivered and closed nothing is left
	s.judgeCalls()
	assert.Contains(t, strings.Join(s.Problems(), "\n"), "it was delivered 0 times and closed 0 times")
}

func TestSeedIsTheSeries(t *testing.T) {
	different := false
	for n := range 100 {
		a, b := makeCase(kinds, 1, n), makeCase(kinds, 1, n)
		assert.Equal(t, a.Event, b.Event)
		different = different || a.Event != makeCase(kinds, 2, n).Event
	}
	assert.True(t, different, "another seed is another series")
}
