// Package emulator is a local Lambda for one function: it lays the function
// and its layers out as Lambda does, starts the function's bootstrap under a
// Runtime API, and passes it one event at a time.
//
// There are two emulators behind one interface. The genuine one (RIE) is the
// runtime interface emulator that AWS ships, an executable of its own; the
// built-in one is in this package, for machines where the genuine one cannot
// be had. What a caller sees of the two is the same, and one table of tests
// runs over both. It runs on Linux, as functions do.
//
// # Lifecycle
//
// A program that uses this package calls Inside first thing in main, because
// the emulator starts the program again to set the function's file system up.
// Start makes everything ready, but does not start the bootstrap: like Lambda's
// own emulator, both start it when the first event arrives. Invoke may be
// called from several goroutines; events are passed one at a time, or, on a managed instance (Config.Concurrency), as many
// as that. Close ends
// the bootstrap and every process that came from it, removes what Start made,
// and returns when all of the function's log has been written.
//
// A bootstrap that registered an internal extension gets SIGTERM before it is
// killed, at Close and after a time-out; any other is killed without notice.
//
// An Invoke whose context ends before the answer closes the emulator: the
// genuine one does not survive a caller that goes away.
//
// # File system
//
// The function's folder is /var/task and the layers, merged in order, are /opt.
// Both may be zip files; an unpacked layer is kept in the cache, named by the
// hash of its zip. Where Linux allows it (for root, and for everybody where
// user namespaces are on) this is really so: the bootstrap runs in a mount
// namespace whose /opt and /var/task are those folders, whose /tmp is an empty
// one of 512 MiB, and where nothing else can be written, as in Lambda. Where it is not
// allowed, LAMBDA_TASK_ROOT and LUMO_OPT name the folders where they are, and
// Config.Notice is told why.
//
// # Environment
//
// The bootstrap sees the variables that Lambda sets, the AWS credentials and
// region of this process, and Config.Env, which wins over both; nothing else of
// this process's environment. LUMO_LAMBDA_RUN is ours: Close finds the processes by it.
//
// # Results
//
// A Result is what Lambda's Invoke would return: the payload, and whether it is
// an error of the function. The genuine emulator answers with the same status
// for both, so with it a payload counts as an error when it is a JSON object
// whose errorType and errorMessage are both strings. An error of this package
// (the second result of Invoke) means that there is no answer.
package emulator
