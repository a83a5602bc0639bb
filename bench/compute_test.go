package bench

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// tasks are those of bench/functions/src/work/compute.cljs.
var tasks = []string{"fib", "loop", "walk", "maps"}

// BenchmarkCompute measures work for the processor alone, each task by the program itself. The compiled program runs on the
// engine that lumo is made of.
func BenchmarkCompute(b *testing.B) {
	a := needArtefacts(b)
	source := filepath.Join(a.root, "bench", "functions", "src", "work", "compute.cljs")
	subjects := []struct {
		name string
		argv []string
	}{
		{"lumo", []string{a.lumo, "-s", source}},
		{"nbb", []string{a.node, filepath.Join(a.peers, "node_modules", "nbb", "cli.js"), source}},
		{"advanced", []string{a.engine, filepath.Join(a.advanced, "compute.js")}},
	}
	took := make([]map[string][]float64, len(subjects))
	inTurns(max(*rounds/4, 1), len(subjects), func(i int) {
		out, err := exec.Command(subjects[i].argv[0], subjects[i].argv[1:]...).Output()
		if err != nil {
			b.Fatalf("%s: %v", subjects[i].name, err)
		}
		if took[i] == nil {
			took[i] = map[string][]float64{}
		}
		if err := readTasks(string(out), took[i]); err != nil {
			b.Fatalf("%s: %v", subjects[i].name, err)
		}
	})
	for i, s := range subjects {
		var figures []map[string]float64
		for _, task := range tasks {
			figures = append(figures, spread(task, "ms", took[i][task]))
		}
		metrics(b, s.name, figures...)
	}
}

// readTasks adds what a program has printed, a task and its milliseconds a line.
func readTasks(out string, took map[string][]float64) error {
	seen := 0
	for line := range strings.Lines(out) {
		task, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		ms, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("it printed %q", line)
		}
		took[task] = append(took[task], ms)
		seen++
	}
	if seen != len(tasks) {
		return fmt.Errorf("it printed %d lines for %d tasks", seen, len(tasks))
	}
	return nil
}
