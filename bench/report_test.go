package bench

import (
	"flag"
	"slices"
	"testing"
	"time"
)

var rounds = flag.Int("rounds", 20, "how often each subject is measured")

// inTurns calls measure for every subject in each round; each round begins with another of them.
func inTurns(rounds, subjects int, measure func(subject int)) {
	for round := range rounds {
		for i := range subjects {
			measure((round + i) % subjects)
		}
	}
}

// quantile gives the value below which a share of the samples lies: 0 the least, 0.5 the median.
func quantile(samples []float64, share float64) float64 {
	sorted := slices.Clone(samples)
	slices.Sort(sorted)
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}

func inMS(samples []time.Duration) []float64 { return in(time.Millisecond, samples) }

func inµS(samples []time.Duration) []float64 { return in(time.Microsecond, samples) }

func in(unit time.Duration, samples []time.Duration) []float64 {
	all := make([]float64, len(samples))
	for i, d := range samples {
		all[i] = float64(d) / float64(unit)
	}
	return all
}

// spread gives the figures of one quantity: the median under its plain name, the least, and the quartiles.
func spread(name, unit string, samples []float64) map[string]float64 {
	return map[string]float64{
		name + "-" + unit:     quantile(samples, 0.5),
		name + "-min-" + unit: quantile(samples, 0),
		name + "-p25-" + unit: quantile(samples, 0.25),
		name + "-p75-" + unit: quantile(samples, 0.75),
	}
}

// metrics prints one line of figures that are measured already.
func metrics(b *testing.B, name string, figures ...map[string]float64) {
	b.Run(name, func(b *testing.B) {
		b.ReportMetric(0, "ns/op") // of the reporting itself: not shown
		for _, quantity := range figures {
			for unit, value := range quantity {
				b.ReportMetric(value, unit)
			}
		}
	})
}
