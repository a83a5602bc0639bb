// Bootstrap is the entry point of the layer. It starts lumo beside itself, asks Lambda's Runtime API for invocations, gives
// each to lumo, and posts what becomes of it.
//
// It is started by Lambda, without arguments. It can be started by hand where something serves the Runtime API.
//
// # Environment
//
// It reads
//
//	AWS_LAMBDA_RUNTIME_API           host:port of the Runtime API; required
//	_HANDLER                         namespace/function of the handler, given to lumo; required
//	LAMBDA_TASK_ROOT                 folder of the function, lumo's working directory; default: the current directory
//	LUMO_BIN                         the program to run in place of the lumo beside bootstrap
//	AWS_LAMBDA_FUNCTION_MEMORY_SIZE  MB of the sandbox; lumo's heap limits follow from it; default: V8's own
//	NODE_OPTIONS                     options for lumo; a heap limit in it wins
//	NODE_PATH                        folders of npm modules, separated by colons
//	LUMO_OPT                         where the layers lie; default: /opt
//	AWS_LAMBDA_LOG_FORMAT            JSON, in any case, for a JSON object a line; anything else for text
//	AWS_LAMBDA_LOG_LEVEL             TRACE, DEBUG, INFO, WARN, ERROR or FATAL, in any case: what is below it is not
//	                                 logged; default: everything is
//
// Lumo gets all of the environment, except what begins with _LAMBDA_ (descriptors and sockets of the platform), and with
//
//	NODE_OPTIONS                     --max-old-space-size=… --max-semi-space-size=… in front of the user's value
//	LUMO_NODE_OPTIONS                the user's value, unset where there was none; lumo puts it back for the function
//	NODE_PATH                        the layers' nodejs/node_modules and node_modules behind the user's value
//
// # Log
//
// Lines go to stderr: the time, the request id ("-" for none), the level and the message, separated by tabs, with line
// ends inside a message as carriage returns; or the same four as JSON: timestamp, requestId, level, message.
//
// # Exit status
//
//	0   asked to end by SIGTERM or SIGINT
//	1   lumo or the handler could not be started; reported to /init/error where that was possible
//	2   AWS_LAMBDA_RUNTIME_API or _HANDLER is missing or makes no sense; nothing was started
//	3   the Runtime API cannot be spoken to any more
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/lumo-lambda/lumo-lambda/lumoproc"
	"github.com/lumo-lambda/lumo-lambda/runtimeapi"
)

// The exit statuses.
const (
	exitOK         = 0
	exitInit       = 1
	exitUsage      = 2
	exitRuntimeAPI = 3
)

// stopGrace is how long lumo may take to end by itself. Lambda gives a runtime 150 ms (30 % of 500) of notice where only
// internal extensions are registered.
const stopGrace = 100 * time.Millisecond

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	status := run(ctx, os.Environ(), os.Stderr)
	stop()
	os.Exit(status)
}

// run is the program: everything it starts is gone when it returns.
func run(ctx context.Context, environ []string, stderr io.Writer) int {
	env := parseEnviron(environ)
	log := newLogger(stderr, env)
	cfg, err := newConfig(env)
	if err != nil {
		log.error("", err.Error())
		return exitUsage
	}
	child := cfg.child(environ)
	child.Log = log.line
	keeper := lumoproc.Start(child) // first of all: lumo's start is most of the init time
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
		defer cancel()
		keeper.Close(ctx)
	}()

	api, err := runtimeapi.New(cfg.api, log.warn)
	if err != nil {
		log.error("", err.Error())
		return exitUsage
	}
	defer api.Close()
	if err := api.Connect(ctx); err != nil && ctx.Err() == nil {
		log.error("", err.Error())
		return exitRuntimeAPI
	}

	if _, err := keeper.Ready(ctx); err != nil {
		if ctx.Err() != nil {
			return exitOK
		}
		report := reportOf(cfg, err)
		log.error("", report.Error()) // lumo logs nothing while it starts: its error is in the report
		if err := api.InitError(ctx, report); err != nil {
			log.error("", err.Error())
		}
		return exitInit
	}

	err = runtimeapi.Run(ctx, api, &handler{cfg, keeper, log})
	if ctx.Err() != nil {
		return exitOK
	}
	log.error("", err.Error())
	return exitRuntimeAPI
}
