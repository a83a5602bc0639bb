package bench

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// treePSS is the proportional set size, in MiB, of a process and all its descendants: what the kernel says in
// smaps_rollup, where a page that several processes share counts for each in proportion.
func treePSS(root int) (float64, error) {
	parents, err := parents()
	if err != nil {
		return 0, err
	}
	kib := 0
	for pid := range parents {
		if !descends(pid, root, parents) {
			continue
		}
		n, err := pss(pid)
		if err != nil {
			return 0, err
		}
		kib += n
	}
	return float64(kib) / 1024, nil
}

// parents gives each process's parent.
func parents() (map[int]int, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	all := map[int]int{}
	for _, name := range stats {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended meanwhile
		}
		// The name, in parentheses, may hold anything; behind it come the state and the parent.
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		pid, err1 := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		parent, err2 := strconv.Atoi(string(fields[1]))
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("%s holds no number where the parent is: %s", name, stat)
		}
		all[pid] = parent
	}
	return all, nil
}

func descends(pid, root int, parents map[int]int) bool {
	for pid != root {
		parent, found := parents[pid]
		if !found {
			return false
		}
		pid = parent
	}
	return true
}

// pss is in KiB, as the kernel prints it.
func pss(pid int) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, "Pss:"); found {
			return strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")))
		}
	}
	return 0, fmt.Errorf("no Pss in smaps_rollup of process %d", pid)
}
