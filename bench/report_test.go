package bench

import (
	"flag"
	"slices"
	"testing"
	"time"
)

var rounds = flag.Int("rounds", 20, "how often each subject is measured")

// inTurns calls measure for every subject in each round; each round begins with another of them.
func inTurns(subjects int, measure func(subject int)) {
	for round := range *rounds {
		for i := range subjects {
			measure((round + i) % subjects)
		}
	}
}

// quantile gives the value below which a share of the samples lies: 0 the least, 0.5 the median.
func quantile[T int64 | float64 | time.Duration](samples []T, share float64) T {
	sorted := slices.Clone(samples)
	slices.Sort(sorted)
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}

func ms(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

func µs(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

// metrics prints one line of figures that are measured already.
func metrics(b *testing.B, name string, figures map[string]float64) {
	b.Run(name, func(b *testing.B) {
		b.ReportMetric(0, "ns/op") // of the reporting itself: not shown
		for unit, value := range figures {
			b.ReportMetric(value, unit)
		}
	})
}
