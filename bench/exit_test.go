package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkExit measures programs that do one small thing, from start to exit, and the most memory that each had resident.
func BenchmarkExit(b *testing.B) {
	a := needArtefacts(b)
	functions := filepath.Join(scratch, "functions.cljs")
	if err := os.WriteFile(functions, []byte(manyFunctions(100)), 0o600); err != nil {
		b.Fatal(err)
	}
	subjects := []struct {
		name string
		argv []string
	}{
		{"engine-bare", []string{a.engine, "-e", "0"}},
		{"node-bare", []string{a.node, "-e", "0"}},
		{"lumo-version", []string{a.lumo, "-V"}}, // restores the snapshot, compiles nothing
		{"lumo-expression", []string{a.lumo, "-e", "(+ 1 2)"}},
		{"nbb-expression", []string{a.node, filepath.Join(a.peers, "node_modules", "nbb", "cli.js"), "-e", "(+ 1 2)"}},
		{"lumo-100-functions", []string{a.lumo, functions}},
	}
	took := make([][]time.Duration, len(subjects))
	rss := make([][]float64, len(subjects))
	inTurns(*rounds, len(subjects), func(i int) {
		cmd := exec.Command(subjects[i].argv[0], subjects[i].argv[1:]...)
		begin := time.Now()
		if err := cmd.Run(); err != nil {
			b.Fatalf("%s: %v", subjects[i].name, err)
		}
		took[i] = append(took[i], time.Since(begin))
		// Linux counts in KiB.
		rss[i] = append(rss[i], float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)/1024)
	})
	for i, s := range subjects {
		metrics(b, s.name, spread("exit", "ms", inMS(took[i])), map[string]float64{"max-rss-MiB": quantile(rss[i], 0.5)})
	}
}

// manyFunctions is a source with n functions of the kind that programs are made of.
func manyFunctions(n int) string {
	var s strings.Builder
	s.WriteString("(ns functions (:require [clojure.string :as string]))\n")
	for i := range n {
		fmt.Fprintf(&s, `(defn f%d
  "Counts the words of each line."
  [{:keys [lines limit] :or {limit %d}}]
  (let [words (mapcat #(string/split %% #"\s+") lines)]
    (when (seq words)
      (->> (frequencies words)
           (sort-by val >)
           (take limit)
           (into {})))))
`, i, i)
	}
	return s.String()
}
