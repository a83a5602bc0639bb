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
//	AWS_LAMBDA_MAX_CONCURRENCY       on Lambda Managed Instances: how many invocations are handled at a time; the log is
//	                                 JSON then, and the memory is shared out among the lumos. Default: one, not concurrent
//	LUMO_CHILDREN                    how many lumos they are spread over, at most one for each; default: as many as vCPUs
//	NODE_OPTIONS                     options for lumo; a heap limit in it wins
//	NODE_PATH                        folders of npm modules, separated by colons
//	LUMO_OPT                         where the layers lie; default: /opt
//	AWS_LAMBDA_LOG_FORMAT            JSON, in any case, for a JSON object a line; anything else for text
//	AWS_LAMBDA_LOG_LEVEL             TRACE, DEBUG, INFO, WARN, ERROR or FATAL, in any case: what is below it is not
//	                                 logged; default: everything is
//	AWS_LAMBDA_EXEC_WRAPPER          a program that is run in place of bootstrap, with bootstrap's command line as its
//	                                 arguments; it ends with exec "$@", as on the managed runtimes
//	LUMO_EXEC_WRAPPED                the wrapper that has run; set by bootstrap for itself
//	AWS_LAMBDA_INITIALIZATION_TYPE   snap-start: the sandbox is snapshot after init, and the calls of a restore are made
//	_LAMBDA_TELEMETRY_LOG_FD         a descriptor of the platform's, which is kept from lumo
//	LUMO_START                       source, packaged or snapshot: how a packaged function starts; by default the fastest way
//	                                 that its package has and that fits (packaged.go)
//	LUMO_METRICS                     1 for one line of metrics about the start, in CloudWatch's embedded metric format
//
// Lumo gets all of the environment, except what begins with _LAMBDA_ (descriptors and sockets of the platform) and
// LUMO_EXEC_WRAPPED, and with
//
//	NODE_OPTIONS                     --max-old-space-size=… --max-semi-space-size=… --inspect-port=127.0.0.1:0
//	                                 --inspect-publish-uid=stderr in front of the user's value
//	LUMO_NODE_OPTIONS                the user's value, unset where there was none; lumo puts it back for the function
//	LUMO_SNAPSHOT                    the snapshot to start from, of a packaged function; the user's own is not passed on
//	NODE_PATH                        the layers' nodejs/node_modules and node_modules behind the user's value
//
// # The end of the sandbox
//
// Where lumo says in its Ready that the function has something to do then (it listens for SIGTERM, or has a shutdown hook),
// bootstrap registers as an internal extension before it asks for the first event; only then does Lambda send SIGTERM. Lumo
// is told to stop, and has the time that Lambda gives, at most shutdownGrace.
//
// # Log
//
// Lines go to stderr: the time, the request id ("-" for none), the level and the message, separated by tabs, with line
// ends inside a message as carriage returns; or, as JSON, an object of timestamp, level, requestId, tenantId where there is
// one, and message, or what lumo gave as an object in its place. A line that begins with {"_aws": is written as it is.
//
// # Exit status
//
//	0   asked to end by SIGTERM or SIGINT
//	1   lumo or the handler could not be started; reported to /init/error where that was possible
//	2   AWS_LAMBDA_RUNTIME_API or _HANDLER is missing or makes no sense; nothing was started
//	3   the Runtime API cannot be spoken to any more
//	64  the environment could not be snapshot (SnapStart); reported to /init/error
//	65  lumo did not survive the restore (SnapStart); reported to /restore/error
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
	wrapErr := wrap(env, environ)
	keepDescriptors(env)
	api, err := runtimeapi.New(cfg.api, log.warn)
	if err != nil {
		log.error("", err.Error())
		return exitUsage
	}
	defer api.Close()
	if wrapErr != nil {
		return failInit(ctx, api, log, reportOf(cfg, wrapErr))
	}

	var why string
	if cfg.snapshot, why = chooseStart(cfg, env); why != "" {
		log.warn("", why)
	}
	child := cfg.child(environ)
	child.Log = log.lines
	began := time.Now()
	lumo := lumoproc.StartPool(child, cfg.children) // before the connection is made: lumo's start is most of the init time
	grace := stopGrace
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		lumo.Close(ctx)
	}()
	if err := api.Connect(ctx); err != nil && ctx.Err() == nil {
		log.error("", err.Error())
		return exitRuntimeAPI
	}

	info, err := lumo.Ready(ctx)
	switch {
	case ctx.Err() != nil:
		return exitOK
	case err != nil:
		return failInit(ctx, api, log, reportOf(cfg, err)) // lumo logs nothing while it starts: its error is in the report
	}
	if info.Shutdown {
		grace = shutdownGrace
		ctx, cancel := context.WithCancel(ctx)
		wait := noticeOfTheEnd(ctx, api, log)
		defer wait()
		defer cancel()
	}
	if env["AWS_LAMBDA_INITIALIZATION_TYPE"] == "snap-start" {
		if status := restored(ctx, cfg, api, lumo, log); status != exitOK || ctx.Err() != nil {
			return status
		}
	}

	if env["LUMO_METRICS"] == "1" {
		log.metrics(startMetrics(env["AWS_LAMBDA_FUNCTION_NAME"], info, time.Now(), began))
	}
	h := &handler{cfg, lumo, log}
	if cfg.concurrency > 0 {
		err = runtimeapi.RunConcurrent(ctx, api, h, cfg.concurrency)
	} else {
		err = runtimeapi.Run(ctx, api, h)
	}
	if ctx.Err() != nil {
		return exitOK
	}
	log.error("", err.Error())
	return exitRuntimeAPI
}

// failInit reports that the handler could not be started.
func failInit(ctx context.Context, api *runtimeapi.Client, log *logger, cause *report) int {
	log.report("", cause)
	if err := api.InitError(ctx, cause); err != nil {
		log.error("", err.Error())
	}
	return exitInit
}
