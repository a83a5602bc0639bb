package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFuzzersOfTheTreeAreFound(t *testing.T) {
	tree, err := findTree(t.Output())
	require.NoError(t, err)
	found, err := tree.goFuzzers(t.Context(), "1s")
	require.NoError(t, err)
	var names []string
	for _, f := range found {
		names = append(names, f.name)
	}
	assert.Subset(t, names, []string{"FuzzDecode", "FuzzReadResponse", "FuzzReport", "FuzzError"})
	assert.FileExists(t, tree.path(jsFuzzer))
}

func TestEndOfAFuzzersTimeIsNotWhatItFinds(t *testing.T) {
	const late = "fuzz: elapsed: 10s, execs: 16229 (0/sec), new interesting: 2 (total: 50)\n--- FAIL: FuzzX (10.02s)\n" +
		"    context deadline exceeded\nFAIL\n"
	assert.True(t, endedLate([]byte(late)))
	assert.False(t, endedLate([]byte(late+"    Failing input written to testdata/fuzz/FuzzX/1\n")))
	assert.False(t, endedLate([]byte(late+"panic: x\n")))
	assert.False(t, endedLate([]byte("--- FAIL: FuzzX (0.02s)\n    fuzz_test.go:1: read: context deadline exceeded\n")))
}
