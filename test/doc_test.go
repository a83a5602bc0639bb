// Package test runs the shipped files from outside, as a user or as Lambda would:
// the layer in dist/ under AWS's own runtime interface emulator and under the
// built-in one, and the commands lumo and lumo-lambda from scripts.
//
// `make layer` makes dist/, and `go run ./build deps` fetches what the functions of
// the tests depend on into .cache/testdeps and .cache/aws. Without dist/ all of it fails.
// What cannot be had on a laptop (the genuine emulator, the dependencies, namespaces) is
// skipped there, and fails in CI.
//
// Tests that need a network have one of their own: isolated runs such a test again in
// a process that has nothing but loopback, where names, ports and files of the system
// are what the test makes them.
//
// Functions are in testdata/functions, scripts in testdata/script.
package test
