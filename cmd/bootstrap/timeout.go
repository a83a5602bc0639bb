package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
)

// where is the expression that lumo answers with whereabouts.
const where = "$lumo.where()"

// whereabouts is what lumo says of a handler that missed its deadline (lumo.impl.lambda.where).
type whereabouts struct {
	Stack   []string `json:"stack"`   // of ClojureScript names and places, innermost first; none where nothing runs
	Source  []string `json:"source"`  // the place, the line of the source and a caret, of the innermost function of the program
	Waiting []string `json:"waiting"` // what is to come yet: "2 timers"
}

// timeoutReport says of a missed deadline what the handler was doing, or why that is not known.
func timeoutReport(e *lumoproc.TimeoutError) *report {
	const errorType = "Runtime.Timedout"
	after := e.Elapsed.Round(time.Millisecond)
	if !e.Started {
		return &report{errorType: errorType, cause: e, tail: lines(e.Tail), message: fmt.Sprintf("The invocation timed out "+
			"after %v: lumo, which was starting anew, was not ready in time.", after)}
	}
	if e.Shared {
		return &report{errorType: errorType, cause: e, message: fmt.Sprintf("The handler gave no answer within %v, shortly before "+
			"the function's time-out. Lumo goes on with the other invocations that it has.", after)}
	}
	r := &report{errorType: errorType, cause: e}
	var at whereabouts
	doing := ""
	switch {
	case e.WhereErr != nil || json.Unmarshal([]byte(e.Where), &at) != nil:
		doing = "It could not be asked where it was: it was in native code, had too little of the processor, or " +
			"listens for SIGUSR1 itself."
		r.tail = lines(e.Tail)
	case len(at.Stack) > 0:
		doing = fmt.Sprintf("It was busy in %s.", at.Stack[0])
		r.stack, r.source = at.Stack, at.Source
	case len(at.Waiting) > 0:
		doing = fmt.Sprintf("It was not busy but waiting: its promise was not settled, and what was to come yet was %s.",
			strings.Join(at.Waiting, ", "))
	default:
		doing = "It was not busy but waiting: its promise was not settled, and nothing was to come that could settle it."
	}
	r.message = fmt.Sprintf("The handler gave no answer within %v, shortly before the function's time-out. %s Lumo was ended and "+
		"is started anew.", after, doing)
	return r
}
