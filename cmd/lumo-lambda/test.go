package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// testGrace is how long lumo gets to end after an interrupt before it is killed.
const testGrace = 5 * time.Second

// testReport is what the tests' program writes into the file that reportVariable names; and what --json prints.
type testReport struct {
	Tests      int `json:"test"`
	Assertions int `json:"pass"`
	Failures   int `json:"fail"`
	Errors     int `json:"error"`
}

const reportVariable = "LUMO_LAMBDA_TEST_REPORT"

func runTest(ctx context.Context, s streams, args []string) error {
	flags := newFlags("test")
	lumoLayer := lumoLayerFlag(flags)
	asJSON := jsonFlag(flags)
	var only []string
	flags.Func("ns", "run this `NAMESPACE` alone; may be given again", func(v string) error {
		only = append(only, v)
		return nil
	})
	folder, err := parseFolder(flags, args, s.out)
	if err != nil {
		return err
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return usagef("%s is not a function's folder", folder)
	}
	f, err := openFunction(folder)
	if err != nil {
		return err
	}
	defer f.close()
	set, err := f.settings()
	if err != nil {
		return err
	}
	namespaces, err := f.testNamespaces()
	if err != nil {
		return err
	}
	for _, ns := range only {
		if !slices.Contains(namespaces, ns) {
			return usagef("there is no namespace %s in %s; there are %s", ns, filepath.Join(folder, "test"), strings.Join(namespaces, ", "))
		}
	}
	if only != nil {
		namespaces = only
	}
	paths, err := classPath(ctx, folder, set.layerPaths(folder), "test")
	if err != nil {
		return err
	}
	lumo, err := lumoOf(ctx, *lumoLayer)
	if err != nil {
		return err
	}
	out := s.out
	if *asJSON {
		out = s.err
	}
	report, err := runTests(ctx, lumo, folder, paths, namespaces, set.Environment, out, s.err)
	if err != nil {
		return err
	}
	if *asJSON {
		if err := printJSON(s.out, report); err != nil {
			return err
		}
	}
	if report.Failures+report.Errors > 0 {
		return errFunction
	}
	return nil
}

// testNamespaces are those of the folder test/ whose names end in -test, or that are there at all where none does.
func (f *function) testNamespaces() ([]string, error) {
	var tests []string
	err := fs.WalkDir(f.files, "test", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if extension := path.Ext(name); extension == ".cljs" || extension == ".cljc" {
			if ns := namespaceOf(strings.TrimPrefix(name, "test/")); strings.HasSuffix(ns, "-test") {
				tests = append(tests, ns)
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("the tests cannot be searched: %v", err)
	}
	if len(tests) == 0 {
		return nil, usagef("%s has no tests: a file such as test/my_app/core_test.cljs with the namespace my-app.core-test", f.path)
	}
	slices.Sort(tests)
	return slices.Compact(tests), nil
}

// testProgram requires the namespaces and runs their tests. It counts as failed until the tests, which may be asynchronous, say
// how they ended.
func testProgram(namespaces []string) string {
	var quoted strings.Builder
	for _, ns := range namespaces {
		quoted.WriteString(" '" + ns)
	}
	return `(require '[cljs.test :as t]` + quoted.String() + `)
(defmethod t/report [:cljs.test/default :end-run-tests] [m]
  (.writeFileSync (js/require "fs") (unchecked-get (.-env js/process) "` + reportVariable + `")
    (js/JSON.stringify (clj->js (select-keys m [:test :pass :fail :error])))))
(t/run-tests` + quoted.String() + `)
`
}

func runTests(ctx context.Context, lumo, folder string, paths, namespaces []string, env map[string]string, out, trouble io.Writer) (report testReport, err error) {
	work, err := os.MkdirTemp("", "lumo-lambda-test-")
	if err != nil {
		return report, fmt.Errorf("make a working folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	program, result := filepath.Join(work, "tests.cljs"), filepath.Join(work, "report.json")
	if err := os.WriteFile(program, []byte(testProgram(namespaces)), 0o600); err != nil {
		return report, fmt.Errorf("write the tests' program: %w", err)
	}
	for i, p := range paths {
		if paths[i], err = filepath.Abs(p); err != nil {
			return report, fmt.Errorf("find the class path: %w", err)
		}
	}
	cmd := exec.CommandContext(ctx, lumo, "-c", strings.Join(paths, ":"), program)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), reportVariable+"="+result)
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stdout, cmd.Stderr = out, trouble
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = testGrace
	ran := cmd.Run()
	if ctx.Err() != nil {
		return report, ctx.Err()
	}
	if exit := (*exec.ExitError)(nil); ran != nil && !errors.As(ran, &exit) {
		return report, fmt.Errorf("run lumo: %w", ran)
	}
	text, err := os.ReadFile(result)
	if err != nil { // lumo has said why, or nothing is left that could end an asynchronous test
		fmt.Fprintln(trouble, "lumo-lambda: the tests did not come to their end; an asynchronous one has to call its `done`")
		report.Errors = 1
		return report, nil
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return report, fmt.Errorf("read the tests' report: %w", err)
	}
	if ran != nil { // such as process.exit of the code under test
		report.Errors++
		fmt.Fprintln(trouble, "lumo-lambda: lumo ended with an error after the tests:", ran)
	}
	return report, nil
}
