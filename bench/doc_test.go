// Package bench measures the same work on this project's artefacts and on what else does it, in one run: the subjects
// take turns, and each round begins with another of them, so that a busy moment of the machine hits all. It prints Go's
// benchmark format, for benchstat.
//
//	make bench
//
// BenchmarkStart starts a runtime under a Runtime API on loopback with one event waiting, and measures from exec to the
// first request for an event and to the first complete answer, and the memory then; BenchmarkStartWithSDK does so with the AWS
// SDK loaded. BenchmarkRoundTrip and BenchmarkMegabyte measure an event handed out to the answer read, on runtimes that are
// warm. BenchmarkExit measures programs from start to exit, BenchmarkCompute work for the processor, BenchmarkLayer the zip.
//
// The subjects (subjects_test.go) are the layer in dist/, with a function from source, packaged and with a snapshot of its own;
// AWS's runtime client for Node.js on the Node.js of its project, with a handler in JavaScript, on nbb, and in compiled
// ClojureScript; a JavaScript handler on this project's engine under the loop in testdata/loop.js; and a program of
// aws-lambda-go (goecho). `go run ./build bench-deps` brings what is not ours. The functions are in functions/ and testdata/.
//
// Metrics are medians (next-ms), the least of all samples (next-min-ms), the quartiles (next-p25-ms, next-p75-ms), the 99th
// percentile (trip-p99-µs), and the proportional set size of the runtime with all its descendants (pss-MiB). bench/page makes
// docs/bench/results.md of them.
package bench
