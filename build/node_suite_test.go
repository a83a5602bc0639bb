package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const sampleTAP = `TAP version 13
1..4
ok 1 parallel/test-a
  ---
  duration_ms: 1.5
  ...
not ok 2 parallel/test-b
  ---
  severity: fail
  stack: |-
    AssertionError: one is not two
  ...
ok 3 parallel/test-c # skip no npm
not ok 4 sequential/test-d # TODO : Fix flaky test
  ---
  ...
`

func TestNodeSuiteTellsKnownFailuresFromOthers(t *testing.T) {
	var got suiteResult
	require.NoError(t, got.readTAP(strings.NewReader(sampleTAP)))
	judge := func(known map[string]string) (string, error) {
		var out bytes.Buffer
		err := got.judge(known, &out)
		return out.String(), err
	}

	text, err := judge(map[string]string{"parallel/test-b": "no dlopen", "sequential/test-d": "no dlopen"})
	require.NoError(t, err)
	assert.Equal(t, "no dlopen:\n  parallel/test-b\n  sequential/test-d\n"+
		"1 tests passed, 1 skipped themselves, 2 failed for a known reason, 0 for none\n", text)

	text, err = judge(map[string]string{"sequential/test-d": "no dlopen"})
	require.ErrorContains(t, err, "failures.txt does not say why: parallel/test-b")
	assert.Contains(t, text, "FAILED parallel/test-b")
	assert.Contains(t, text, "one is not two")

	_, err = judge(map[string]string{"parallel/test-b": "x", "sequential/test-d": "x", "parallel/test-gone": "x"})
	assert.ErrorContains(t, err, "not run: parallel/test-gone")
}

func TestNodeSuiteCutShortIsAnError(t *testing.T) {
	var got suiteResult
	cut := sampleTAP[:strings.Index(sampleTAP, "not ok 4")]
	assert.ErrorContains(t, got.readTAP(strings.NewReader(cut)), "planned 4 tests and told of 3")
}

func TestEachKnownFailureHasAReason(t *testing.T) {
	file := filepath.Join(t.TempDir(), "failures.txt")
	require.NoError(t, os.WriteFile(file, []byte("# a comment\nno dlopen\n  parallel/test-a\n\nthe host\n  parallel/test-b\n"), 0o644))
	known, err := readFailures(file)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"parallel/test-a": "no dlopen", "parallel/test-b": "the host"}, known)

	require.NoError(t, os.WriteFile(file, []byte("  parallel/test-a\n"), 0o644))
	_, err = readFailures(file)
	assert.ErrorContains(t, err, "has no reason")
}
