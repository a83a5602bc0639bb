package bench

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"
)

// BenchmarkRoundTrip measures an event of 200 bytes that the handler returns, on warm runtimes, from the moment it is given
// to the Runtime API until its answer has arrived there.
func BenchmarkRoundTrip(b *testing.B) {
	measureRoundTrips(b, []byte(fmt.Sprintf(`{"items":[1,2,3,4.5,true,null],"nested":{"name":"Lisp","text":%q}}`,
		bytes.Repeat([]byte("x"), 134))), 200, 2000, 100)
}

// BenchmarkMegabyte measures the same of an event of 1 MB: 250 messages of a queue, each with a body of text.
func BenchmarkMegabyte(b *testing.B) {
	var event bytes.Buffer
	event.WriteString(`{"Records":[`)
	for i := range 250 {
		if i > 0 {
			event.WriteByte(',')
		}
		fmt.Fprintf(&event, `{"messageId":"%08d","eventSource":"aws:sqs","body":%q}`, i, bytes.Repeat([]byte("lumo\n"), 656))
	}
	event.WriteString(`]}`)
	measureRoundTrips(b, event.Bytes(), 1_000_000, 30, 2)
}

// measureRoundTrips measures an event of at least the given size. Before the first invocation that is measured there are
// some for V8, which compiles what is hot.
func measureRoundTrips(b *testing.B, event []byte, size, warmUp, perRound int) {
	if len(event) < size || len(event) > size+size/20 {
		b.Fatalf("bug: the event has %d bytes", len(event))
	}
	subjects, err := needArtefacts(b).runtimes("echo")
	if err != nil {
		b.Fatal(err)
	}
	running := make([]*started, len(subjects))
	for i, s := range subjects {
		r, err := s.start()
		if err != nil {
			b.Fatal(err)
		}
		defer r.end()
		running[i] = r
		for range warmUp {
			echo(b, r, event)
		}
	}
	took := make([][]time.Duration, len(subjects))
	inTurns(*rounds, len(subjects), func(i int) {
		for range perRound {
			took[i] = append(took[i], echo(b, running[i], event))
		}
	})
	for i, s := range subjects {
		pss, err := treePSS(running[i].cmd.Process.Pid)
		if err != nil {
			b.Fatal(err)
		}
		figures := spread("trip", "µs", inµS(took[i]))
		figures["trip-p99-µs"] = quantile(inµS(took[i]), 0.99)
		metrics(b, s.name, figures, map[string]float64{"pss-MiB": pss})
	}
}

// echo checks the answer's size alone where the runtime may write the JSON in another form than it was read.
func echo(b *testing.B, r *started, event []byte) time.Duration {
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	begin := time.Now()
	answer, err := r.invoke(ctx, event)
	took := time.Since(begin)
	if err != nil {
		b.Fatalf("%s: %v", r.name, err)
	}
	if !bytes.Equal(answer, event) && r.name != goSubject { // Go sorts the keys
		b.Fatalf("%s answered %.200s", r.name, answer)
	}
	if len(answer) != len(event) {
		b.Fatalf("%s answered %d bytes", r.name, len(answer))
	}
	return took
}
