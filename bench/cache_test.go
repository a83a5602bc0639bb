package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkCache measures what a namespace of 100 functions costs a program, compiled and from the compile cache: start to exit,
// less that of the same program without it. times is how often the second goes into the first.
func BenchmarkCache(b *testing.B) {
	a := needArtefacts(b)
	folder := b.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "functions.cljs"), []byte(manyFunctions(100)), 0o600); err != nil {
		b.Fatal(err)
	}
	kept := filepath.Join(folder, "kept")
	load := []string{"-c", folder, "-e", "(require 'functions)"}
	subjects := [][]string{
		{a.lumo, "-e", "nil"},
		append([]string{a.lumo}, load...),
		append([]string{a.lumo, "-k", kept}, load...),
	}
	run := func(argv []string) time.Duration {
		begin := time.Now()
		if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
			b.Fatalf("%v: %v\n%s", argv, err, out)
		}
		return time.Since(begin)
	}
	run(subjects[2]) // fills the cache
	took := make([][]float64, len(subjects))
	inTurns(*rounds, len(subjects), func(i int) { took[i] = append(took[i], float64(run(subjects[i]).Microseconds())/1000) })
	nothing := quantile(took[0], 0.5)
	compiled, cached := quantile(took[1], 0.5)-nothing, max(quantile(took[2], 0.5)-nothing, 0.001)
	metrics(b, "compiled", map[string]float64{"load-ms": compiled})
	metrics(b, "cached", map[string]float64{"load-ms": cached, "times": compiled / cached})
}
