// Package faults gives a runtime a series of invocations that go wrong in every way, and judges what became of each: one terminal
// post that the API accepts, none lost, none doubled, no answer, error or log line that belongs to another.
//
// # A series
//
// A series is made of a seed: case n has a random generator of its own, made of the seed and n, which draws the kind of
// fault and its particulars. So the same seed gives the same events, and a failure names the seed and the case. What
// cannot be the same again is where exactly a signal from outside hits.
//
// A [Kind] says how its event looks, which the child under the runtime has to understand, and how it may end. Each event
// carries the case's mark; a child puts it into its answer and its log lines, which is how they are told apart.
package faults

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/lumo-lambda/lumo-lambda/runtimeapi/runtimeapitest"
)

// Kind is one way to go wrong.
type Kind struct {
	Name   string
	Weight int // how often it is drawn, beside the weights of the others

	// Event makes a case's event. mark is to come back in the answer and in each line that the case logs.
	Event func(r *rand.Rand, mark string) string

	// How it may end: with an answer that is the mark, or with one of these error types.
	Answer bool
	Errors []string

	Says    bool          // it logs at least one line before it ends
	Timeout time.Duration // of the function; 0: a minute

	// Outside sends this signal to the children at a random moment of up to Within after the event was given.
	Outside syscall.Signal
	Within  time.Duration

	// API makes the Runtime API misbehave for this case.
	API func(api *runtimeapitest.Server)
}

// Case is one invocation of a series.
type Case struct {
	N     int
	Kind  *Kind
	Mark  string
	Event string
	After time.Duration // when the signal from outside is sent
}

// makeCase makes case n of a series.
func makeCase(kinds []Kind, seed uint64, n int) Case {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	total := 0
	for _, k := range kinds {
		total += k.Weight
	}
	draw := r.IntN(total)
	for i := range kinds {
		if draw -= kinds[i].Weight; draw >= 0 {
			continue
		}
		k := &kinds[i]
		c := Case{N: n, Kind: k, Mark: mark(n)}
		c.Event = k.Event(r, c.Mark)
		if k.Within > 0 {
			c.After = time.Duration(r.Int64N(int64(k.Within)))
		}
		return c
	}
	panic("bug: a draw beyond the weights")
}

// mark is what tells a case's output from that of all others: no mark is a part of another.
func mark(n int) string { return fmt.Sprintf("<case-%d>", n) }

// requestID is Lambda's form of a case's number.
func requestID(n int) string { return fmt.Sprintf("fa017000-0000-4000-8000-%012d", n) }
