package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
)

// treeWith is a tree of one recipe, called thing.
func treeWith(t *testing.T, text string) *tree {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, "build", "recipes", "thing")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "recipe"), []byte(text), 0o644))
	return openTree(root, io.Discard)
}

func TestInterruptedRecipeGoesOnWhereItStopped(t *testing.T) {
	// The first run leaves its mark in the scratch folder; the last works only once the file of the test is there.
	gate := filepath.Join(t.TempDir(), "gate")
	tr := treeWith(t, `version 1
run first in there
  sh
  -c
  echo once >>count
run last
  sh
  -c
  test -e `+gate+` && cp there/count ${out}/count
`)
	s, err := tr.recipeStep("thing")
	require.NoError(t, err)
	_, err = tr.steps.Make(t.Context(), s)
	require.ErrorContains(t, err, "run last")
	require.NoError(t, os.WriteFile(gate, nil, 0o644))
	dir, err := tr.steps.Make(t.Context(), s)
	require.NoError(t, err)
	count, err := os.ReadFile(filepath.Join(dir, "count"))
	require.NoError(t, err)
	assert.Equal(t, "once\n", string(count), "the first program ran once")
}

func TestRunForEachFileSeesItAndItsStem(t *testing.T) {
	tr := treeWith(t, `run sources
  sh
  -c
  touch a.c b.c
run compile each *.c
  sh
  -c
  echo ${each} ${stem} >>${out}/list
`)
	s, err := tr.recipeStep("thing")
	require.NoError(t, err)
	dir, err := tr.steps.Make(t.Context(), s)
	require.NoError(t, err)
	list, err := os.ReadFile(filepath.Join(dir, "list"))
	require.NoError(t, err)
	assert.Equal(t, "a.c a\nb.c b\n", string(list))
}

func TestTargetRecipeIsMadeForEachArchitecture(t *testing.T) {
	keys := map[string]bool{}
	for _, arch := range host.Arches {
		s, err := thisTree(t).recipeStepFor("zlib", arch)
		require.NoError(t, err)
		assert.Equal(t, "zlib-"+string(arch), s.Name)
		keys[s.Key] = true
	}
	assert.Len(t, keys, len(host.Arches), "each has a key of its own")
}
