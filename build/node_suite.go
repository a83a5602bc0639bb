package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/build/internal/fetch"
	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

// nodeSuites are the folders of Node's tests that are for the executable alone. The others want what is not there (addons
// a compiler, doctool and npm their modules), or more than this machine (internet), or measure (benchmark, pummel).
var nodeSuites = []string{"abort", "async-hooks", "es-module", "message", "module-hooks", "parallel", "pseudo-tty", "report",
	"sea", "sequential", "sqlite", "test-runner", "wasi", "wasm-allocation"}

// nodeSuiteGroups is in how many steps they run, so that an interrupted run goes on.
const nodeSuiteGroups = 20

// nodeSuiteTarget runs Node's own tests on the engine, and compares what fails with build/recipes/node/failures.txt, which
// has a reason for each. A failure that is not there is an error; so is a reason for a test that no longer exists.
func nodeSuiteTarget(ctx context.Context, t *tree, arch host.Arch, stdout io.Writer) error {
	known, err := readFailures(t.path("build", "recipes", engineRecipe, "failures.txt"))
	if err != nil {
		return err
	}
	engine, err := t.engine(ctx, arch)
	if err != nil {
		return err
	}
	groups, err := t.nodeSuiteSteps(arch, engine)
	if err != nil {
		return err
	}
	if _, err := t.steps.Make(ctx, groups...); err != nil {
		return err
	}
	var all suiteResult
	for _, s := range groups {
		dir, err := t.steps.Make(ctx, s) // made above: this finds its folder
		if err != nil {
			return err
		}
		text, err := os.Open(filepath.Join(dir, tapFile))
		if err != nil {
			return fmt.Errorf("read what a group of tests gave: %w", err)
		}
		err = all.readTAP(text)
		text.Close()
		if err != nil {
			return err
		}
	}
	return all.judge(known, stdout)
}

const tapFile = "tap"

// nodeSuiteSteps are the groups of tests, each a step that follows from the engine and the tests.
func (t *tree) nodeSuiteSteps(arch host.Arch, engine string) ([]*step.Step, error) {
	r, err := t.recipe(engineRecipe)
	if err != nil {
		return nil, err
	}
	sources := r.Sources[:1] // Node's; the second is Debian's patches
	brought := t.fetchStep(engineRecipe+"-suite", sources)
	unpacked := &step.Step{Name: "node-suite-source", Key: brought.Key, Needs: []*step.Step{brought},
		Make: func(_ context.Context, job *step.Job) error {
			return fetch.UnpackTop(filepath.Join(job.Dir(brought), sources[0].File), filepath.Join(job.Out, "node"))
		}}
	digest, err := step.FileDigest(engine)
	if err != nil {
		return nil, err
	}
	var groups []*step.Step
	for n := range nodeSuiteGroups {
		name := fmt.Sprintf("node-suite-%s-%02d", arch, n)
		k := step.NewKey(name)
		k.Text("engine", digest)
		k.Text("tests", unpacked.Key)
		k.Text("suites", strings.Join(nodeSuites, " "))
		groups = append(groups, &step.Step{Name: name, Key: k.Sum(), Needs: []*step.Step{unpacked},
			Make: func(ctx context.Context, job *step.Job) error {
				return runNodeSuite(ctx, job, filepath.Join(job.Dir(unpacked), "node"), engine, n)
			}})
	}
	return groups, nil
}

// runNodeSuite runs one group with Node's own runner, which writes the Test Anything Protocol.
func runNodeSuite(ctx context.Context, job *step.Job, source, engine string, n int) error {
	python, err := host.Find("python3", "runs Node's tests")
	if err != nil {
		return err
	}
	// A path of a socket that lies in it must be short.
	temp, err := os.MkdirTemp("", "node-")
	if err != nil {
		return fmt.Errorf("make a folder for the tests: %w", err)
	}
	defer os.RemoveAll(temp)
	argv := []string{python, "tools/test.py", "--shell=" + engine, "--progress=tap", "--logfile=" + filepath.Join(job.Out, tapFile),
		"--temp-dir=" + temp, fmt.Sprintf("--run=%d,%d", n, nodeSuiteGroups), "--timeout=240", "-j", strconv.Itoa(runtime.NumCPU())}
	// Its own certificates would be added to those that the tests count.
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "NODE_EXTRA_CA_CERTS=") })
	if err := job.Run(ctx, source, env, append(argv, nodeSuites...)...); err != nil {
		fmt.Fprintf(job.Log, "the runner: %v\n", err) // it fails when a test does; the file tells of each
	}
	return ctx.Err()
}

// suiteResult is what came of each test.
type suiteResult struct {
	passed, skipped int
	failed          map[string]string // the test's name, and what it printed
	seen            map[string]bool
}

// readTAP adds the results that a file has.
func (s *suiteResult) readTAP(r io.Reader) error {
	if s.failed == nil {
		s.failed, s.seen = map[string]string{}, map[string]bool{}
	}
	failing := ""
	planned, got := -1, 0
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "1..") {
			if _, err := fmt.Sscanf(line, "1..%d", &planned); err != nil {
				return fmt.Errorf("read a plan of tests: %w", err)
			}
			continue
		}
		rest, ok := strings.CutPrefix(line, "ok ")
		notOK := false
		if !ok {
			rest, notOK = strings.CutPrefix(line, "not ok ")
		}
		if !ok && !notOK {
			if failing != "" {
				s.failed[failing] += line + "\n"
			}
			continue
		}
		got++
		_, rest, _ = strings.Cut(rest, " ")
		name, remark, _ := strings.Cut(rest, " # ")
		s.seen[name] = true
		failing = ""
		switch {
		case notOK:
			failing = name
			s.failed[name] = ""
		case strings.Contains(strings.ToLower(remark), "skip"):
			s.skipped++
		default:
			s.passed++
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the results of tests: %w", err)
	}
	if planned != got {
		return fmt.Errorf("a group planned %d tests and told of %d", planned, got)
	}
	return nil
}

// judge prints the sums, and the failures with their reasons.
func (s *suiteResult) judge(known map[string]string, out io.Writer) error {
	byReason := map[string][]string{}
	var unknown, gone []string
	for name := range s.failed {
		if reason, ok := known[name]; ok {
			byReason[reason] = append(byReason[reason], name)
		} else {
			unknown = append(unknown, name)
		}
	}
	for name := range known {
		if !s.seen[name] {
			gone = append(gone, name)
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		slices.Sort(byReason[reason])
		fmt.Fprintf(out, "%s:\n  %s\n", reason, strings.Join(byReason[reason], "\n  "))
	}
	slices.Sort(unknown)
	slices.Sort(gone)
	for _, name := range unknown {
		fmt.Fprintf(out, "FAILED %s\n%s", name, s.failed[name])
	}
	fmt.Fprintf(out, "%d tests passed, %d skipped themselves, %d failed for a known reason, %d for none\n",
		s.passed, s.skipped, len(s.failed)-len(unknown), len(unknown))
	if len(unknown) > 0 {
		return fmt.Errorf("these tests of Node's fail, and build/recipes/node/failures.txt does not say why: %s", strings.Join(unknown, " "))
	}
	if len(gone) > 0 {
		return fmt.Errorf("build/recipes/node/failures.txt names tests that were not run: %s", strings.Join(gone, " "))
	}
	return nil
}

// readFailures reads what may fail: a reason on a line of its own, and the tests' names on indented lines below it.
func readFailures(file string) (map[string]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the known failures: %w", err)
	}
	known := map[string]string{}
	reason := ""
	for n, line := range strings.Split(string(text), "\n") {
		switch name := strings.TrimSpace(line); {
		case name == "" || strings.HasPrefix(name, "#"):
		case name == line:
			reason = line
		case reason == "":
			return nil, fmt.Errorf("%s:%d: %s has no reason above it", file, n+1, name)
		default:
			known[name] = reason
		}
	}
	return known, nil
}
