package main

import (
	"context"
	"time"

	"github.com/lumo-lambda/lumo-lambda/runtimeapi"
)

const (
	// stopGrace is how long lumo may take to end by itself where nothing in the function waits for the end.
	stopGrace = 100 * time.Millisecond
	// shutdownGrace is the same where the function listens for SIGTERM. Lambda gives a runtime 30 % of 500 ms where only
	// internal extensions are registered, 30 % of 2 s where there is an external one; then it kills, and lumo with us.
	shutdownGrace = 600 * time.Millisecond

	extensionName = "lumo-shutdown"
)

// noticeOfTheEnd has Lambda send us SIGTERM before it ends the sandbox, which it does for extensions only. A function that
// does not listen for SIGTERM has no use for it and does not pay for it: it costs a request during init, and makes the
// sandbox's end a phase of its own. A refusal is logged: the function works without.
func noticeOfTheEnd(ctx context.Context, api *runtimeapi.Client, log *logger) (wait func()) {
	wait, err := api.RegisterExtension(ctx, extensionName)
	if err != nil {
		if ctx.Err() == nil {
			log.warn("", "The end of the sandbox will come without notice, the function's SIGTERM listeners will not run: "+err.Error())
		}
		return func() {}
	}
	return wait
}
