// Build makes everything that is not plain Go: the engine, the compiled ClojureScript bundle, lumo, the layer.
//
//	go run ./build TARGET [ARCH] [--engine=static|dynamic]
//
//	engine [ARCH]   unpack the static Node.js executable, or compile it where the recipes have changed; prints its path
//	engine-from-source [ARCH] compile it and pack it into build/prebuilt
//	reproduce [ARCH] compile it again in another folder and compare byte for byte
//	node-suite [ARCH] run Node's own tests on the engine; every failure must have its reason in build/recipes/node
//	recipe NAME [ARCH] make one recipe and what it needs; prints its folder
//	bundle          compile lumo/ into build/prebuilt/bundle.tar.xz, unless it is compiled already
//	lumo [ARCH]     join engine and bundle into one executable; prints its path
//	layer [ARCH]    write dist/: the layer's zip, its two executables, the developer's command
//	deps            fetch or check what the tests and the linters need
//	bench-deps      fetch and make the peers of `make bench` (npm, cmake, g++, make)
//	lint            check the form of Go, JavaScript and ClojureScript
//	fmt             rewrite them in that form
//	test-js         run the JavaScript tests on the engine
//	test-cljs       run the ClojureScript tests inside dist/x86_64/lumo
//	fuzz            run every fuzzer for FUZZTIME (1m), two at a time
//	notices         rewrite THIRD_PARTY_NOTICES.md
//	clean           remove dist/ and .cache/
//
// ARCH is x86_64 (the default) or arm64. With --engine=dynamic, `engine`, `lumo` and `layer` are of the flavour that loads
// native addons (flavour.go). Of the environment it reads LUMO_SOURCES: a folder of source files that stands in for the
// registries, except for what tests use and a lock file pins (deps_aws.go).
//
// # Caches
//
// Every result is kept under .cache, in a folder named by the digest of what it was made from; package step has the
// layout. Two results that cost a toolchain are kept in the tree as well, under build/prebuilt, each with the digest of
// its inputs: the engines and the bundle. So a clone builds with Go alone.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n", err)
		os.Exit(1)
	}
}

// targets take the tree and the architecture.
var targets = map[string]func(context.Context, *tree, host.Arch, io.Writer) error{
	"engine":             engineTarget,
	"engine-from-source": engineFromSourceTarget,
	"reproduce":          reproduceTarget,
	"node-suite":         nodeSuiteTarget,
	"recipe":             recipeTarget,
	"bundle":             bundleTarget,
	"lumo":               lumoTarget,
	"layer":              layerTarget,
	"deps":               depsTarget,
	"bench-deps":         benchDepsTarget,
	"lint":               lintTarget,
	"fmt":                fmtTarget,
	"test-js":            testJSTarget,
	"test-cljs":          testCLJSTarget,
	"fuzz":               fuzzTarget,
	"notices":            noticesTarget,
	"clean":              cleanTarget,
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	args, engine, err := takeFlavour(args)
	if err != nil {
		return err
	}
	var only string // the recipe to make, of the target `recipe`
	if len(args) >= 2 && args[0] == "recipe" {
		only = args[1]
		args = append([]string{"recipe"}, args[2:]...)
	}
	if len(args) == 0 || len(args) > 2 {
		return errors.New("usage: go run ./build TARGET [ARCH] [--engine=static|dynamic]; `go doc ./build` lists the targets")
	}
	target, ok := targets[args[0]]
	if !ok {
		return fmt.Errorf("no target %q; `go doc ./build` lists them", args[0])
	}
	arch := host.X8664
	if len(args) == 2 {
		if arch, err = host.ParseArch(args[1]); err != nil {
			return err
		}
	}
	t, err := findTree(stderr)
	if err != nil {
		return err
	}
	t.only, t.flavour = only, engine
	return target(ctx, t, arch, stdout)
}
