// Package soak is the record of a long run: what its processes held at points along it, whether that stayed level, and a
// picture of it.
package soak

import (
	"fmt"
	"io"
	"slices"
)

// Sample is what the processes held after a number of invocations.
type Sample struct {
	Invocations int

	BootstrapMiB, LumoMiB float64 // resident
	HeapMiB               float64 // what lumo's heap and buffers hold after a collection
	BootstrapFDs, LumoFDs int
	Threads, Children     int // of both; of bootstrap
}

// Series are the samples of a run, in order.
type Series []Sample

// level is one of the things that have to stay level.
type level struct {
	name  string
	of    func(Sample) float64
	limit float64 // of the growth over the run
}

// levels are the limits: the memory that a run may end with in addition, in MiB, and that nothing else may grow at all.
func levels(memory float64) []level {
	return []level{
		{"bootstrap, resident MiB", func(s Sample) float64 { return s.BootstrapMiB }, 2 * memory}, // it cannot be asked to collect
		{"lumo, heap MiB", func(s Sample) float64 { return s.HeapMiB }, memory},
		{"bootstrap, descriptors", func(s Sample) float64 { return float64(s.BootstrapFDs) }, 0.5},
		{"lumo, descriptors", func(s Sample) float64 { return float64(s.LumoFDs) }, 0.5},
		{"threads", func(s Sample) float64 { return float64(s.Threads) }, 2.5}, // Go and V8 start one when they need it
		{"children", func(s Sample) float64 { return float64(s.Children) }, 0.5},
	}
}

// Rising names what grew by more than it may: memory is the limit for that, in MiB. The first fifth of the run is left out, in
// which caches fill.
func (s Series) Rising(memory float64) (names []string) {
	settled := s[len(s)/5:]
	for _, l := range levels(memory) {
		if growth := settled.growth(l.of); growth > l.limit {
			names = append(names, fmt.Sprintf("%s grew by %.2f", l.name, growth))
		}
	}
	return names
}

// growth is the difference between the medians of the last and the first third, which single peaks do not move.
func (s Series) growth(of func(Sample) float64) float64 {
	third := max(len(s)/3, 1)
	return s[len(s)-third:].median(of) - s[:third].median(of)
}

func (s Series) median(of func(Sample) float64) float64 {
	values := make([]float64, len(s))
	for i, sample := range s {
		values[i] = of(sample)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// Print writes the series as a table of about twenty lines, and the growth of each level.
func (s Series) Print(w io.Writer) {
	fmt.Fprintf(w, "%12s %14s %10s %10s %14s %9s %8s %9s\n", "invocations", "bootstrap MiB", "lumo MiB", "heap MiB", "bootstrap fds", "lumo fds",
		"threads", "children")
	step := max(len(s)/20, 1)
	for i, x := range s {
		if i%step == 0 || i == len(s)-1 {
			fmt.Fprintf(w, "%12d %14.1f %10.1f %10.2f %14d %9d %8d %9d\n", x.Invocations, x.BootstrapMiB, x.LumoMiB, x.HeapMiB, x.BootstrapFDs, x.LumoFDs,
				x.Threads, x.Children)
		}
	}
	for _, l := range levels(0) {
		fmt.Fprintf(w, "growth after the first fifth: %s %+.2f\n", l.name, s[len(s)/5:].growth(l.of))
	}
}
