package lumoproc_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
)

// passed is a context whose end is a deadline's.
type passed struct{ context.Context }

func (p passed) Err() error {
	if p.Context.Err() != nil {
		return context.DeadlineExceeded
	}
	return nil
}

// missDeadline has a child miss the deadline of a request, and gives what is said of it and the log.
func missDeadline(t *testing.T, script string, patience time.Duration) (*lumoproc.TimeoutError, *journal) {
	t.Helper()
	j := newJournal()
	cfg := config("ready", j.add)
	cfg.Where = "$where()"
	k := lumoproc.Start(cfg)
	t.Cleanup(func() { k.Close(t.Context()) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		j.await(t, "up")
		cancel()
	}()
	_, err := k.Invoke(passed{ctx}, lumoproc.Invoke{Event: []byte(script + "; err up; hang"), Label: "id", Inspect: patience})
	timeout := (*lumoproc.TimeoutError)(nil)
	require.ErrorAs(t, err, &timeout)
	answer, err := k.Invoke(t.Context(), lumoproc.Invoke{Event: []byte("answer next"), Label: "next"})
	require.NoError(t, err)
	assert.Equal(t, "next", string(answer))
	return timeout, j
}

func TestChildThatMissesADeadlineTellsWhereItIs(t *testing.T) {
	timeout, j := missDeadline(t, "inspector value of EXPRESSION; err said", time.Minute)
	require.NoError(t, timeout.WhereErr)
	assert.Equal(t, "value of $where()", timeout.Where)
	assert.Equal(t, []string{"said", "up"}, j.texts("id"), "the inspector's own lines are not logged")
	assert.Equal(t, "said\nup", timeout.Tail)
}

func TestChildThatDoesNotTellIsEndedAllTheSame(t *testing.T) {
	for script, want := range map[string]string{
		"silent":         "deadline", // it is told by a signal, and says nothing
		"inspector mute": "deadline", // it opens a port, and says nothing there
		"inspector die":  "inspector",
		"inspector exit": "ended",
	} {
		patience := time.Minute
		if want == "deadline" {
			patience = 20 * time.Millisecond
		}
		timeout, _ := missDeadline(t, script, patience)
		assert.ErrorContains(t, timeout.WhereErr, want, script)
		assert.Empty(t, timeout.Where, script)
	}
}

func TestChildIsNotAskedWhereNobodyWantsToKnow(t *testing.T) {
	timeout, _ := missDeadline(t, "inspector value of EXPRESSION", 0)
	assert.ErrorContains(t, timeout.WhereErr, "not asked")
}
