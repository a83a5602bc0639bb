package bench

import (
	"testing"
	"time"
)

// BenchmarkStart measures the first event of a runtime that has just been started: a greeting.
func BenchmarkStart(b *testing.B) {
	subjects, err := needArtefacts(b).runtimes("hello")
	measureStarts(b, subjects, err)
}

// BenchmarkStartWithSDK measures the same in functions that have @aws-sdk/client-s3 loaded and a client made.
func BenchmarkStartWithSDK(b *testing.B) {
	subjects, err := needArtefacts(b).runtimesWithSDK()
	measureStarts(b, subjects, err)
}

func measureStarts(b *testing.B, subjects []lambdaRuntime, err error) {
	if err != nil {
		b.Fatal(err)
	}
	next := make([][]time.Duration, len(subjects))
	answer := make([][]time.Duration, len(subjects))
	pss := make([][]float64, len(subjects))
	inTurns(*rounds, len(subjects), func(i int) {
		s, err := measureStart(b.Context(), subjects[i])
		if err != nil {
			b.Fatalf("%s: %v", subjects[i].name, err)
		}
		next[i] = append(next[i], s.next)
		answer[i] = append(answer[i], s.answer)
		pss[i] = append(pss[i], s.pss)
	})
	for i, s := range subjects {
		metrics(b, s.name, spread("next", "ms", inMS(next[i])), spread("answer", "ms", inMS(answer[i])), spread("pss", "MiB", pss[i]))
	}
}
