// Package bench measures the same work on this project's artefacts and on what else does it, in one run: the subjects
// take turns, so that a busy moment of the machine hits all of them. It prints Go's benchmark format, for benchstat.
//
//	make bench
package bench

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

var rounds = flag.Int("rounds", 20, "how often each subject is started")

// subject is a program that is started to do one small thing and exits.
type subject struct {
	name string
	argv []string
}

// subjects are this machine's: those whose program is not there are left out.
func subjects(b *testing.B) []subject {
	arch := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	lumo, err := filepath.Abs(filepath.Join("..", "dist", arch, "lumo"))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := os.Stat(lumo); err != nil {
		b.Fatalf("%v: run `make layer` first", err)
	}
	list := []subject{
		{"lumo-expression", []string{lumo, "-e", "(+ 1 2)"}},
		{"lumo-version", []string{lumo, "-V"}},
	}
	if engines, _ := filepath.Glob(filepath.Join("..", ".cache", "build", "engine-"+arch, "*", "node")); len(engines) == 1 {
		list = append(list, subject{"engine-bare", []string{engines[0], "-e", "0"}})
	}
	if node, err := exec.LookPath("node"); err == nil {
		list = append(list, subject{"node-on-path-bare", []string{node, "-e", "0"}})
	}
	return list
}

// sample is one start to exit.
type sample struct {
	took time.Duration
	rss  float64 // MiB at most
}

// BenchmarkStart is the time from start to exit, and the memory that it took.
func BenchmarkStart(b *testing.B) {
	list := subjects(b)
	samples := map[string][]sample{}
	for range *rounds {
		for _, s := range list {
			one, err := measure(s)
			if err != nil {
				b.Fatal(err)
			}
			samples[s.name] = append(samples[s.name], one)
		}
	}
	for _, s := range list {
		b.Run(s.name, func(b *testing.B) { report(b, samples[s.name]) })
	}
}

func measure(s subject) (sample, error) {
	cmd := exec.Command(s.argv[0], s.argv[1:]...)
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		return sample{}, errors.Join(errors.New(s.name), err)
	}
	took := time.Since(begin)
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return sample{took, float64(usage.Maxrss) / 1024}, nil // Linux counts in KiB
}

// report prints the least and the middle of the samples; the least is the steadier figure on a busy machine.
func report(b *testing.B, all []sample) {
	ms := func(s sample) float64 { return float64(s.took.Microseconds()) / 1000 }
	slices.SortFunc(all, func(x, y sample) int { return int(x.took - y.took) })
	rss := 0.0
	for _, s := range all {
		rss = max(rss, s.rss)
	}
	b.ReportMetric(0, "ns/op") // of the reporting itself: nothing
	b.ReportMetric(ms(all[0]), "min-ms")
	b.ReportMetric(ms(all[len(all)/2]), "median-ms")
	b.ReportMetric(rss, "max-rss-MiB")
}
