// Package dev is a function's development server: requests over HTTP become events of a function that runs on the local
// Lambda, and its answers become responses.
//
// # The front
//
// Every request is one to the function's URL, and becomes an event of payload version 2.0, which is also that of API
// Gateway's HTTP APIs. The answer is a response of that version, a value without statusCode (which is then the body), or a
// stream, whose bytes go out as they come. A function's error is status 502 with the error as JSON, which Lambda keeps to
// itself. One path is Lambda's own: POST /2015-03-31/functions/NAME/invocations takes any event, as the API does that
// `aws lambda invoke --endpoint-url` speaks.
//
// # Lifecycle
//
// A [Runner] owns the sandbox: it starts one, with lumo warm in it, and starts another where something changed that a running
// lumo cannot take in: the settings, a JAR, a layer, npm modules. Source is followed by lumo itself (LUMO_DEV=1,
// lumo.impl.lambda.dev). Invoke may be called from several goroutines; events go one at a time, as a sandbox takes them.
// Close ends the sandbox.
//
// A [History] keeps the events in a folder, numbered, the newest 100 of them, readable to their owner alone: they may hold
// what clients sent.
package dev
