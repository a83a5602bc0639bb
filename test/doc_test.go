// Package test runs the shipped files from outside, as a user or as Lambda would:
// the layer in dist/ under AWS's own runtime interface emulator and under the
// built-in one, and the commands lumo and lumo-lambda from scripts.
//
// `make layer` makes dist/, and `go run ./build deps` fetches what the functions of
// the tests depend on into .cache/testdeps. Without dist/ all of it fails. What cannot
// be had on a laptop (the genuine emulator, the dependencies) is skipped there, and
// fails in CI.
//
// Functions are in testdata/functions, scripts in testdata/script.
package test
