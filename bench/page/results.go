package main

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// results are the figures of a run: of a benchmark and its subject, "Start/lumo", the figures by unit.
type results struct {
	figures map[string]map[string]float64
	about   map[string]string // goos, goarch, cpu and the like
}

// cores is the number of processors that Go puts behind a benchmark's name.
var cores = regexp.MustCompile(`-\d+$`)

func parse(in io.Reader) (*results, error) {
	r := &results{figures: map[string]map[string]float64{}, about: map[string]string{}}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := lines.Text()
		if name, ok := strings.CutPrefix(line, "Benchmark"); ok {
			if err := r.add(name); err != nil {
				return nil, err
			}
		} else if key, value, ok := strings.Cut(line, ": "); ok {
			r.about[key] = strings.TrimSpace(value)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the results: %w", err)
	}
	return r, nil
}

// add takes a line of figures: the name, the number of runs, then values and units in turn. A line without figures, which
// only names a benchmark, has nothing to take.
func (r *results) add(line string) error {
	fields := strings.Fields(line)
	if len(fields) < 4 {
		return nil
	}
	name := fields[0]
	if at := cores.FindStringIndex(name); at != nil {
		r.about["processors"] = name[at[0]+1:]
		name = name[:at[0]]
	}
	of := map[string]float64{}
	for i := 2; i+1 < len(fields); i += 2 {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return fmt.Errorf("a figure of %s: %w", name, err)
		}
		of[fields[i+1]] = value
	}
	r.figures[name] = of
	return nil
}

func (r *results) machine() string {
	return fmt.Sprintf("%s processors, %s, %s/%s", r.about["processors"], r.about["cpu"], r.about["goos"], r.about["goarch"])
}

// quantity is a figure with its spread; low and high are its quartiles, where they were measured.
type quantity struct{ median, low, high float64 }

// get finds a quantity, of the unit's form quantity-unit: next-ms has its quartiles in next-p25-ms and next-p75-ms.
func (r *results) get(subject, unit string) (quantity, bool) {
	of := r.figures[subject]
	median, ok := of[unit]
	at := strings.LastIndex(unit, "-")
	if !ok || at < 0 {
		return quantity{median, median, median}, ok
	}
	q := quantity{median, median, median}
	if low, ok := of[unit[:at]+"-p25"+unit[at:]]; ok {
		q.low, q.high = low, of[unit[:at]+"-p75"+unit[at:]]
	}
	return q, true
}

func (q quantity) String() string {
	if q.low == q.high {
		return number(q.median)
	}
	return fmt.Sprintf("%s [%s–%s]", number(q.median), number(q.low), number(q.high))
}

// number shows three digits that count.
func number(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}
