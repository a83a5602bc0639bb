// Command lumo-lambda is the developer's command: it runs ClojureScript functions
// on this machine as AWS Lambda would run them.
//
//	lumo-lambda invoke examples/hello -e '{"name":"Lisp"}'
//
// `lumo-lambda help` lists the commands. The function's answer goes to standard output;
// its log, and what this command has to say, to standard error. With --json the answer is
// one JSON object, and so is an error. Text is coloured on terminals alone, and not where
// NO_COLOR is set or TERM is dumb.
//
// # Exit status
//
//	0    done; the function answered
//	1    the function answered with an error, which is on standard output; a test failed; doctor found something wrong
//	2    the command line, the event, or the function's settings are wrong
//	3    something that is needed here is missing or does not work
//	4    AWS answered with an error
//	130  interrupted
//
// # Environment
//
//	LUMO_LAYER       the layer with bootstrap and lumo, a folder or a zip; by default the one
//	                 beside this program: x86_64/ or lumo-lambda-x86_64.zip (or arm64)
//	LUMO_RIE         the genuine runtime interface emulator's binary; by default the one
//	                 in the cache, fetched once with pip
//	XDG_CACHE_HOME   where the cache lumo-lambda/ is; by default ~/.cache
//	AWS_REGION, AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
//	AWS_SESSION_TOKEN  passed on to the function; nothing else is
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

func main() {
	emulator.Inside()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}
