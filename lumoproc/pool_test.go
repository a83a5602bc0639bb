package lumoproc_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
)

// startPool runs a pool of fake children. At the end of the test it is closed, and must have left nothing.
func startPool(t *testing.T, script string, n int) (*lumoproc.Pool, *journal) {
	t.Helper()
	checkLeaks(t)
	log := newJournal()
	p := lumoproc.StartPool(config(script, log.add), n)
	t.Cleanup(func() { p.Close(context.Background()) })
	return p, log
}

// give gives the pool a script, and returns once mark is in the log.
func give(t *testing.T, p *lumoproc.Pool, log *journal, script, mark string) <-chan asked {
	t.Helper()
	done := make(chan asked, 1)
	go func() {
		answer, err := p.Invoke(t.Context(), lumoproc.Invoke{Event: []byte(script), Label: mark})
		done <- asked{string(answer), err}
	}()
	log.await(t, mark)
	return done
}

func poolPID(t *testing.T, p *lumoproc.Pool) string {
	t.Helper()
	answer, err := p.Invoke(t.Context(), lumoproc.Invoke{Event: []byte("pid")})
	require.NoError(t, err)
	return string(answer)
}

func TestRequestGoesToTheChildWithTheLeastToDo(t *testing.T) {
	p, log := startPool(t, "ready", 3)
	_, err := p.Ready(t.Context())
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, mark := range []string{"one", "two", "three"} {
		seen[poolPID(t, p)] = true
		give(t, p, log, "err "+mark+"; park", mark)
	}
	assert.Len(t, seen, 3, "each of them was asked when the others were busy")
	p.Close(context.Background())
}

func TestDeathOfAChildIsThatOfItsOwnRequestsAlone(t *testing.T) {
	p, log := startPool(t, "ready", 2)
	_, err := p.Ready(t.Context())
	require.NoError(t, err)
	a1 := give(t, p, log, "err a1; park", "a1") // to the first
	b1 := give(t, p, log, "err b1; park", "b1") // to the second
	a2 := give(t, p, log, "err a2; park", "a2") // to the first
	b2 := give(t, p, log, "err b2; kill 9", "b2")
	for name, lost := range map[string]<-chan asked{"b1": b1, "b2": b2} {
		got := <-lost
		require.ErrorAs(t, got.err, new(*lumoproc.ExitError), name)
	}
	_, err = p.Ready(t.Context()) // of the replacement, which has the least to do
	require.NoError(t, err)
	give(t, p, log, "err c1; park", "c1")
	give(t, p, log, "err c2; park", "c2")
	answer, err := p.Invoke(t.Context(), lumoproc.Invoke{Event: []byte("result 1 x; result 2 y; answer z")})
	require.NoError(t, err, "two in each: the first of them is asked")
	assert.Equal(t, "z", string(answer))
	assert.Equal(t, asked{answer: "x"}, <-a1)
	assert.Equal(t, asked{answer: "y"}, <-a2)
	p.Close(context.Background())
}

func TestPoolThatCannotStartSaysSoOnce(t *testing.T) {
	p, _ := startPool(t, "fault Runtime.HandlerNotFound {}", 3)
	_, err := p.Ready(t.Context())
	var fault *lumoproc.FaultError
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, "Runtime.HandlerNotFound", fault.ErrorType)
}
