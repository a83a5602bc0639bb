package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
)

// jsFuzzer is the one that is not Go's.
const jsFuzzer = "lumo/js/frame.fuzz.test.js"

// fuzzer is one run of one fuzzer.
type fuzzer struct {
	name string
	argv []string
}

// fuzzTarget runs every fuzzer of the tree for FUZZTIME (a minute), two at a time. The output of each comes when it is over.
func fuzzTarget(ctx context.Context, t *tree, _ host.Arch, stdout io.Writer) error {
	length := os.Getenv("FUZZTIME")
	if length == "" {
		length = "1m"
	}
	native, err := host.Native()
	if err != nil {
		return err
	}
	engine, err := t.engine(ctx, native)
	if err != nil {
		return err
	}
	all := []fuzzer{{jsFuzzer, []string{engine, "--test", jsFuzzer}}}
	goFuzzers, err := t.goFuzzers(ctx, length)
	if err != nil {
		return err
	}
	if len(goFuzzers) == 0 {
		return errors.New("there is no Go fuzzer to run")
	}
	return t.fuzzAll(ctx, append(all, goFuzzers...), length, stdout)
}

var goFuzzerPattern = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(f \*testing\.F\)`)

// goFuzzers finds the fuzzers in the test files of the tree's packages.
func (t *tree) goFuzzers(ctx context.Context, length string) (all []fuzzer, err error) {
	const files = `{{range .TestGoFiles}}{{.}} {{end}}{{range .XTestGoFiles}}{{.}} {{end}}`
	list := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}} "+files, "./...")
	list.Dir, list.Stderr = t.root, t.out
	packages, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("list the packages: %w", err)
	}
	for line := range strings.Lines(string(packages)) {
		words := strings.Fields(line)
		found, err := fuzzersOf(words[0], words[1:], length)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// fuzzersOf finds those in some files of a folder.
func fuzzersOf(folder string, files []string, length string) (all []fuzzer, err error) {
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			return nil, fmt.Errorf("look for fuzzers: %w", err)
		}
		for _, found := range goFuzzerPattern.FindAllSubmatch(text, -1) {
			name := string(found[1])
			all = append(all, fuzzer{name, []string{"go", "test", "-run", "^$", "-fuzz", "^" + name + "$", "-fuzztime", length,
				"-fuzzminimizetime", "1s", "-parallel", fmt.Sprint(max(1, runtime.GOMAXPROCS(0)/2)), folder}})
		}
	}
	return all, nil
}

func (t *tree) fuzzAll(ctx context.Context, all []fuzzer, length string, stdout io.Writer) error {
	var mu sync.Mutex // of what is printed, and of failed
	var failed error
	turns := make(chan struct{}, 2)
	var running sync.WaitGroup
	for _, f := range all {
		turns <- struct{}{}
		running.Go(func() {
			defer func() { <-turns }()
			cmd := exec.CommandContext(ctx, f.argv[0], f.argv[1:]...)
			cmd.Dir, cmd.Env = t.root, append(os.Environ(), "FUZZTIME="+length)
			out, err := cmd.CombinedOutput()
			mu.Lock()
			defer mu.Unlock()
			fmt.Fprintf(stdout, "%s\n%s", f.name, out)
			switch {
			case err != nil && endedLate(out):
				fmt.Fprintf(stdout, "%s found nothing; Go took the end of its time for a failure\n", f.name)
			case err != nil:
				failed = errors.Join(failed, fmt.Errorf("%s: %w", f.name, err))
			}
		})
	}
	running.Wait()
	return failed
}

// endedLate knows a mistake of Go's before 1.27 (golang/go#75804): on a busy machine the end of the time is reported as a failure
// of the fuzzer. What a fuzzer finds is an input, or a panic, and says so.
func endedLate(out []byte) bool {
	return bytes.Contains(out, []byte("\n    context deadline exceeded\n")) &&
		!bytes.Contains(out, []byte("Failing input written to")) && !bytes.Contains(out, []byte("panic:"))
}
