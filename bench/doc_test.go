// Package bench measures the same work on this project's artefacts and on what else does it, in one run: the subjects
// take turns, and each round begins with another of them, so that a busy moment of the machine hits all. It prints Go's
// benchmark format, for benchstat.
//
//	make bench
//
// BenchmarkStart starts a runtime under a Runtime API on loopback with one event waiting, and measures from exec to the
// first request for an event and to the first complete answer, and the memory then. BenchmarkRoundTrip measures an event
// handed out to the answer read, on runtimes that are warm. BenchmarkExit measures programs from start to exit.
//
// The subjects are the layer in dist/ (bootstrap and lumo), a JavaScript handler on the same engine under the loop in
// testdata/loop.js, and a program of aws-lambda-go (goecho). The engine is the one that `go run ./build engine` unpacks.
//
// Metrics are medians (…-ms, …-µs), the least of all samples (…-min-ms), the 99th percentile (p99-µs), and the
// proportional set size of the runtime with all its descendants (pss-MiB, the median).
package bench
