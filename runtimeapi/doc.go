// Package runtimeapi is the client of the Lambda Runtime API, version 2018-06-01, and the loop over it. It knows nothing of
// what handles the events.
//
// # Lifecycle
//
// [New] makes a [Client], [Client.Connect] may open its first connection before it is needed. A program that cannot
// start its handler calls [Client.InitError] once and exits; otherwise it calls [Run] or, on Lambda Managed Instances,
// [RunConcurrent], which asks for invocations and posts what becomes of them until its context or the API ends it. Then the
// program exits. Before Run, a program that wants to
// be told of its end calls [Client.RegisterExtension], one whose environment is snapshot [Client.AwaitRestore].
//
// # One terminal post
//
// Asking for the next invocation without having answered the last makes the API deliver the last again, at once and for
// ever. So each invocation ends in one accepted post, or Run returns an error and the process must exit. In detail:
//
//	call               status      what follows
//	next               200         the invocation; an odd or missing header is at worst that invocation's error
//	                   other       Run returns a *StatusError
//	response           2xx         next
//	                   403, 410    the platform has closed the invocation (second post, time-out): logged, next
//	                   413         the platform has answered the caller with Function.ResponseSizeTooLarge: logged, next
//	                   5xx         the container is lost: Run returns a *StatusError
//	                   other, none the invocation may be open: an error is posted for it
//	error              2xx         next
//	                   403, 410    as above
//	                   5xx         as above
//	                   other, none once more without the X-Ray header, then with a minimal body, then Run returns the error
//	init/error         2xx, 403    done (403: another worker of the environment was first)
//	                   other, none the same chain
//	restore/next       200         the environment was restored
//	                   other, none the caller's to report and to exit
//	restore/error      as init/error
//	extension/register 200         the environment's end will be told by SIGTERM
//	                   other, none an error; the runtime works without
//
// "None" is a connection that broke, or an answer that is not HTTP.
//
// A streamed answer ([Invocation.Stream]) is one such post. What goes wrong before it is an error post; afterwards it is in the
// trailers, at most 2 KiB of it. Where the connection breaks, or the API refuses, or a reader does not read until the
// invocation's time is over, the stream is broken off and an error is posted, as for any other answer that is not taken.
//
// # Connections
//
// HTTP/1.1 over TCP, spoken here and not by net/http, which would be most of what bootstrap loads and sets up at each cold
// start (testdata/packages.golden of cmd/bootstrap keeps it out). Never through a proxy, without any time-out: a sandbox is
// frozen while it waits. Connections are kept. A request goes out a second time only if it went out on a kept
// connection that the server closed without a byte of answer; a kept connection that the server has closed before is
// found out and not used.
//
// # Concurrency
//
// [RunConcurrent] runs a loop for each invocation that may be in flight. There an error that is not taken ends nothing, since
// the exit would fail the others, and /next is asked for again, five times in all, 100 ms apart and twice that each time.
//
// A Client may be used by many goroutines; each request has a connection of its own.
package runtimeapi
