package main

import (
	"context"
	"errors"
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
		return errors.New("there is no lumo/js/*.test.js to run")
	}
	return t.command(ctx, stdout, argv...)
}

// testCLJSTarget runs the ClojureScript tests inside the finished lumo: every namespace of lumo/test whose file is called
// *_test.cljs.
func testCLJSTarget(ctx context.Context, t *tree, _ host.Arch, stdout io.Writer) error {
	native, err := host.Native()
	if err != nil {
		return err
	}
	lumo := t.path("dist", string(native), "lumo")
	if _, err := os.Stat(lumo); err != nil {
		return fmt.Errorf("no dist/%s/lumo to test: run `make layer` first", native)
	}
	files, err := step.ListFiles(t.path("lumo", "test"), ".")
	if err != nil {
		return err
	}
	names := testNamespaces(files)
	if len(names) == 0 {
		return errors.New("there is no lumo/test/**/*_test.cljs to run")
	}
	return t.command(ctx, stdout, lumo, "-c", filepath.Join("lumo", "test"), "-e", runTests(names))
}

// testNamespaces are the namespaces of the test files, after the rule that ClojureScript has for file names.
func testNamespaces(files []string) []string {
	var names []string
	for _, file := range files {
		if base, ok := strings.CutSuffix(file, "_test.cljs"); ok {
			names = append(names, strings.NewReplacer("/", ".", "_", "-").Replace(base)+"-test")
		}
	}
	return names
}

// runTests is a program that runs the tests of some namespaces. It exits with 1 unless they have come to their end, at
// least one was run and none has failed.
func runTests(names []string) string {
	quoted := "'" + strings.Join(names, " '")
	return `(set! (.-exitCode js/process) 1)
(require 'cljs.test ` + quoted + `)
(defmethod cljs.test/report [:cljs.test/default :end-run-tests] [result]
  (when (and (cljs.test/successful? result) (pos? (:test result)))
    (set! (.-exitCode js/process) 0)))
(cljs.test/run-tests ` + quoted + `)`
}
