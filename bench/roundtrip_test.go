package bench

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"
)

const (
	warmUp   = 2000 // invocations before the first that is measured: V8 compiles what is hot
	perRound = 100
)

// echoEvent is a JSON object of 200 bytes.
var echoEvent = []byte(fmt.Sprintf(`{"items":[1,2,3,4.5,true,null],"nested":{"name":"Lisp","text":%q}}`,
	bytes.Repeat([]byte("x"), 134)))

// BenchmarkRoundTrip measures an event of 200 bytes that the handler returns, on warm runtimes, from the moment it is given
// to the Runtime API until its answer has arrived there.
func BenchmarkRoundTrip(b *testing.B) {
	if len(echoEvent) != 200 {
		b.Fatalf("bug: the event has %d bytes", len(echoEvent))
	}
	a := needArtefacts(b)
	subjects := a.runtimes("echo")
	running := make([]*started, len(subjects))
	for i, s := range subjects {
		r, err := s.start()
		if err != nil {
			b.Fatal(err)
		}
		defer r.end()
		running[i] = r
		for range warmUp {
			echo(b, r)
		}
	}
	took := make([][]time.Duration, len(subjects))
	inTurns(len(subjects), func(i int) {
		for range perRound {
			took[i] = append(took[i], echo(b, running[i]))
		}
	})
	for i, s := range subjects {
		pss, err := treePSS(running[i].cmd.Process.Pid)
		if err != nil {
			b.Fatal(err)
		}
		metrics(b, s.name, map[string]float64{
			"p50-µs":  µs(quantile(took[i], 0.5)),
			"p99-µs":  µs(quantile(took[i], 0.99)),
			"min-µs":  µs(quantile(took[i], 0)),
			"pss-MiB": pss,
		})
	}
}

func echo(b *testing.B, r *started) time.Duration {
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	begin := time.Now()
	answer, err := r.invoke(ctx, echoEvent)
	took := time.Since(begin)
	if err != nil {
		b.Fatalf("%s: %v", r.name, err)
	}
	if !bytes.Equal(answer, echoEvent) {
		b.Fatalf("%s answered %s", r.name, answer)
	}
	return took
}
