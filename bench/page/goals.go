package main

import (
	"fmt"
	"strings"
)

// goal compares a figure of ours with a peer's, or with a number where there is no peer.
type goal struct {
	what       string
	ours, peer string // benchmark/subject
	unit       string
	most       float64 // the highest ratio, or figure, that reaches the goal
}

var goals = []goal{
	{"cold to first /next, source", "Start/lumo", "Start/ric-nbb", "next-ms", 0.4},
	{"cold to first /next, packaged", "Start/lumo-packaged", "Start/ric-javascript", "next-ms", 0.9},
	{"cold with client-s3, snapshot", "StartWithSDK/lumo-snapshot", "StartWithSDK/ric-javascript", "next-ms", 0.45},
	{"warm, 200 bytes, p50", "RoundTrip/lumo", "RoundTrip/ric-javascript", "trip-µs", 0.9},
	{"warm, 200 bytes, p99", "RoundTrip/lumo", "RoundTrip/ric-javascript", "trip-p99-µs", 0.9},
	{"warm, 1 MB", "Megabyte/lumo", "Megabyte/ric-javascript", "trip-µs", 1},
	{"memory after the first answer, packaged", "Start/lumo-packaged", "Start/ric-javascript", "pss-MiB", 1},
	{"the engine, -e 0", "Exit/engine-bare", "Exit/node-bare", "exit-ms", 0.9},
	{"-e '(+ 1 2)'", "Exit/lumo-expression", "Exit/nbb-expression", "exit-ms", 0.4},
	{"compute: fib, against nbb", "Compute/lumo", "Compute/nbb", "fib-ms", 0.6},
	{"compute: loop, against nbb", "Compute/lumo", "Compute/nbb", "loop-ms", 0.6},
	{"compute: walk, against nbb", "Compute/lumo", "Compute/nbb", "walk-ms", 0.6},
	{"compute: maps, against nbb", "Compute/lumo", "Compute/nbb", "maps-ms", 0.6},
	{"compute: fib, against :advanced", "Compute/lumo", "Compute/advanced", "fib-ms", 1.1},
	{"compute: loop, against :advanced", "Compute/lumo", "Compute/advanced", "loop-ms", 1.1},
	{"compute: walk, against :advanced", "Compute/lumo", "Compute/advanced", "walk-ms", 1.1},
	{"compute: maps, against :advanced", "Compute/lumo", "Compute/advanced", "maps-ms", 1.1},
	{"the layer's zip", "Layer/zip", "", "zip-MB", 36},
}

// goalsTable is a row a goal, in Markdown.
func goalsTable(r *results) string {
	var b strings.Builder
	b.WriteString("| goal | ours | the peer's | ratio | at most | |\n|---|---|---|---|---|---|\n")
	for _, g := range goals {
		at := strings.LastIndex(g.unit, "-")
		unit := g.unit[at+1:]
		ours, found := r.get(g.ours, g.unit)
		if !found {
			fmt.Fprintf(&b, "| %s | – | – | – | %s | not measured |\n", g.what, number(g.most))
			continue
		}
		if g.peer == "" {
			fmt.Fprintf(&b, "| %s | %s %s | – | – | %s %s | %s |\n", g.what, ours, unit, number(g.most), unit, verdict(ours.median, g.most))
			continue
		}
		peer, found := r.get(g.peer, g.unit)
		if !found {
			fmt.Fprintf(&b, "| %s | %s %s | – | – | %s | not measured |\n", g.what, ours, unit, number(g.most))
			continue
		}
		ratio := ours.median / peer.median
		fmt.Fprintf(&b, "| %s | %s %s | %s %s | %.2f | %s | %s |\n", g.what, ours, unit, peer, unit, ratio, number(g.most), verdict(ratio, g.most))
	}
	return b.String()
}

func verdict(got, most float64) string {
	if got <= most {
		return "reached"
	}
	return "**not reached**"
}
