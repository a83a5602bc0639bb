package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

// testJSTarget runs lumo/js/*.test.js on the engine that will run the code under test.
func testJSTarget(ctx context.Context, t *tree, _ host.Arch, stdout io.Writer) error {
	native, err := host.Native()
	if err != nil {
		return err
	}
	engine, err := t.engine(ctx, native)
	if err != nil {
		return err
	}
	all, err := step.ListFiles(t.root, "lumo/js")
	if err != nil {
		return err
	}
	argv := []string{engine, "--test"}
	for _, file := range all {
		if strings.HasSuffix(file, ".test.js") {
			argv = append(argv, file)
		}
	}
	if len(argv) == 2 {
		return fmt.Errorf("there is no lumo/js/*.test.js to run")
	}
	return t.command(ctx, stdout, argv...)
}

// testCLJSTarget runs the ClojureScript tests inside the finished lumo: lumo/test/lumo/run_tests.cljs decides what they
// are and exits with their result.
func testCLJSTarget(ctx context.Context, t *tree, _ host.Arch, stdout io.Writer) error {
	native, err := host.Native()
	if err != nil {
		return err
	}
	lumo := t.path("dist", string(native), "lumo")
	if _, err := os.Stat(lumo); err != nil {
		return fmt.Errorf("no dist/%s/lumo to test: run `make layer` first", native)
	}
	return t.command(ctx, stdout, lumo, "-c", filepath.Join("lumo", "test"), "-m", "lumo.run-tests")
}
