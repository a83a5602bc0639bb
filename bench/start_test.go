package bench

import (
	"testing"
	"time"
)

// BenchmarkStart measures the first event of a runtime that has just been started: the greeting of examples/hello.
func BenchmarkStart(b *testing.B) {
	a := needArtefacts(b)
	subjects := a.runtimes("hello")
	next := make([][]time.Duration, len(subjects))
	answer := make([][]time.Duration, len(subjects))
	pss := make([][]float64, len(subjects))
	inTurns(len(subjects), func(i int) {
		s, err := measureStart(b.Context(), subjects[i])
		if err != nil {
			b.Fatalf("%s: %v", subjects[i].name, err)
		}
		next[i] = append(next[i], s.next)
		answer[i] = append(answer[i], s.answer)
		pss[i] = append(pss[i], s.pss)
	})
	for i, s := range subjects {
		metrics(b, s.name, map[string]float64{
			"next-ms":       ms(quantile(next[i], 0.5)),
			"next-min-ms":   ms(quantile(next[i], 0)),
			"answer-ms":     ms(quantile(answer[i], 0.5)),
			"answer-min-ms": ms(quantile(answer[i], 0)),
			"pss-MiB":       quantile(pss[i], 0.5),
		})
	}
}
