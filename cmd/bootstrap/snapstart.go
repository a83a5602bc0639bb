package main

import (
	"context"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
	"github.com/lumo-lambda/lumo-lambda/runtimeapi"
)

// The statuses with which a runtime tells Lambda on which side of a snapshot it failed.
const (
	exitBeforeSnapshot = 64
	exitAfterRestore   = 65
)

// restored has Lambda take its snapshot of the sandbox, and returns when that runs again: with 0, or with the status to exit
// with. What can be wrong then is that lumo did not survive.
func restored(ctx context.Context, cfg *config, api *runtimeapi.Client, lumo *lumoproc.Pool, log *logger) int {
	if err := api.AwaitRestore(ctx); err != nil {
		if ctx.Err() != nil {
			return exitOK
		}
		log.error("", err.Error())
		if err := api.InitError(ctx, runtimeapi.NewReport("Runtime.BeforeSnapshotError", err.Error())); err != nil {
			log.error("", err.Error())
		}
		return exitBeforeSnapshot
	}
	if _, err := lumo.Ready(ctx); err != nil {
		if ctx.Err() != nil {
			return exitOK
		}
		report := reportOf(cfg, err)
		log.error("", report.Error())
		if err := api.RestoreError(ctx, runtimeapi.NewReport("Runtime.AfterRestoreError", report.Error())); err != nil {
			log.error("", err.Error())
		}
		return exitAfterRestore
	}
	return exitOK
}
