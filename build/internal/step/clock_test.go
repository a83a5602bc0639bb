package step

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCountIsTheNewestOfTheProgramThatRuns(t *testing.T) {
	for name, c := range map[string]struct {
		log  string
		want *count
	}{
		"none":            {"$ [\"make\"]\ncc a.c\n", nil},
		"ninja":           {"$ [\"ninja\"]\n[1/9] CXX a\nwarning: b\n[2/9] CXX b\nnote [3/9] c\n", &count{2, 9}},
		"of one before":   {"$ [\"ninja\"]\n[9/9] LINK a\n$ [\"cp\"]\n", nil},
		"after a flood":   {"[1/9] a\n" + strings.Repeat("warning\n", countTail/8), nil},
		"before the last": {strings.Repeat("warning\n", countTail/8) + "[4/9] a\n", &count{4, 9}},
		"too large":       {"[99999999999999999999/9] a\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			log := filepath.Join(t.TempDir(), "log")
			require.NoError(t, os.WriteFile(log, []byte(c.log), 0o644))
			assert.Equal(t, c.want, lastCount(log))
		})
	}
	assert.Nil(t, lastCount(filepath.Join(t.TempDir(), "none")))
}

func TestClockSaysElapsedEstimateAndCount(t *testing.T) {
	start := time.Now()
	after := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }

	again := &clock{title: "[2/3] node", start: start, estimate: 20 * time.Minute}
	assert.Equal(t, "[2/3] node … 10s of about 20m0s", again.line(after(10), nil))
	assert.Equal(t, "[2/3] node … 20s of about 20m0s, 5 of 100", again.line(after(20), &count{5, 100}))

	first := &clock{title: "[2/3] node", start: start}
	assert.Equal(t, "[2/3] node … 10s", first.line(after(10), nil))
	assert.Equal(t, "[2/3] node … 20s, 50 of 100", first.line(after(20), &count{50, 100}), "an interrupted build that goes on")
	assert.Equal(t, "[2/3] node … 30s, 60 of 100, about 40s left", first.line(after(30), &count{60, 100}))
	assert.Equal(t, "[2/3] node … 40s, 1 of 7", first.line(after(40), &count{1, 7}), "another program counts anew")
}
