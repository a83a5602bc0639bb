package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

// thisTree is the project's folder, on whose caches the tests build too.
func thisTree(t *testing.T) *tree {
	t.Helper()
	tr, err := findTree(io.Discard)
	require.NoError(t, err)
	return tr
}

func TestKeptBundleFitsTheTree(t *testing.T) {
	tr := thisTree(t)
	have, err := tr.prebuiltBundle()
	require.NoError(t, err)
	require.NotNil(t, have, "there is no build/prebuilt/bundle.json: run `make bundle` and commit what it writes")
	compile, err := tr.recipeStep("bundle")
	require.NoError(t, err)
	assert.Equal(t, compile.Key, have.Inputs,
		"lumo/ or its recipes have changed since build/prebuilt/bundle.tar.xz was made: run `make bundle` and commit what it writes")
	digest, err := step.FileDigest(tr.path(bundleArchive))
	require.NoError(t, err)
	assert.Equal(t, have.SHA256, digest)
}

func TestKeptBundleHoldsTheFilesItLists(t *testing.T) {
	tr := thisTree(t)
	have, err := tr.prebuiltBundle()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, tr.unpackBundle(have, dir))
	var listed []string
	for _, f := range have.Files {
		listed = append(listed, f.Path)
		digest, err := step.FileDigest(filepath.Join(dir, f.Path))
		require.NoError(t, err)
		assert.Equal(t, f.SHA256, digest, f.Path)
	}
	found, err := step.ListFiles(dir, ".")
	require.NoError(t, err)
	assert.Equal(t, listed, found)
}

func TestKeptEnginesAreWhatEngineJSONSays(t *testing.T) {
	tr := thisTree(t)
	all, err := tr.engines()
	require.NoError(t, err)
	for _, arch := range host.Arches {
		e := all.Engines[arch]
		info, err := os.Stat(tr.path("build", "prebuilt", e.File))
		require.NoError(t, err)
		assert.Equal(t, e.FileBytes, info.Size())
		digest, err := step.FileDigest(tr.path("build", "prebuilt", e.File))
		require.NoError(t, err)
		assert.Equal(t, e.FileSHA256, digest)

		exe, err := tr.engine(t.Context(), arch)
		require.NoError(t, err)
		info, err = os.Stat(exe)
		require.NoError(t, err)
		assert.Equal(t, e.Bytes, info.Size())
	}
}

// copyOfRecipes is the root of another tree with the same recipes, and nothing prebuilt.
func copyOfRecipes(t *testing.T, tr *tree) string {
	t.Helper()
	root := t.TempDir()
	for _, folder := range []string{"recipes", "tools"} {
		require.NoError(t, os.CopyFS(filepath.Join(root, "build", folder), os.DirFS(tr.path("build", folder))))
	}
	require.NoError(t, os.MkdirAll(filepath.Join(root, "build", "prebuilt"), 0o755))
	return root
}

func TestKeptEngineFitsItsRecipes(t *testing.T) {
	tr := thisTree(t)
	all, err := tr.engines()
	require.NoError(t, err)
	for _, arch := range host.Arches {
		kept := all.Engines[arch].Inputs
		source, err := tr.recipeStepFor(engineRecipe, arch)
		require.NoError(t, err)
		assert.Equal(t, source.Key, kept, "build/recipes/node or what it needs has changed since build/prebuilt/engine-%s.xz was made: "+
			"run `go run ./build engine-from-source %s` and commit what it writes", arch, arch)
		text, err := tr.engineProvenance(arch, all.Engines[arch])
		require.NoError(t, err)
		written, err := os.ReadFile(tr.path("build", "prebuilt", "engine-"+string(arch)+".md"))
		require.NoError(t, err)
		assert.Equal(t, text, string(written), "the provenance of the engine for %s", arch)
	}
}

func TestChangedRecipeAsksForAnotherEngine(t *testing.T) {
	tr := thisTree(t)
	root := copyOfRecipes(t, tr)
	require.NoError(t, os.Link(tr.path("build", "prebuilt", "engine.json"), filepath.Join(root, "build", "prebuilt", "engine.json")))
	var said bytes.Buffer
	other := openTree(root, &said)
	kept, err := other.engineStep(host.X8664)
	require.NoError(t, err)
	assert.Equal(t, "engine-x86_64", kept.Name)
	assert.Empty(t, said.String())

	patch := filepath.Join(root, "build", "recipes", "node", "0001-std-hash-of-numbers.patch")
	text, err := os.ReadFile(patch)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(patch, append(text, '\n'), 0o644))
	for range 2 {
		changed, err := other.engineStep(host.X8664)
		require.NoError(t, err)
		assert.Equal(t, "node-x86_64", changed.Name)
	}
	assert.Equal(t, 1, strings.Count(said.String(), "build/prebuilt/engine-x86_64.xz does not fit"), said.String())
}

func TestTamperedEngineIsRefused(t *testing.T) {
	tr := thisTree(t)
	s, err := tr.engineStep(host.X8664)
	require.NoError(t, err)
	root := copyOfRecipes(t, tr)
	for from, to := range map[string]string{"engine.json": "engine.json", "engine-arm64.xz": "engine-x86_64.xz"} {
		require.NoError(t, os.Link(tr.path("build", "prebuilt", from), filepath.Join(root, "build", "prebuilt", to)))
	}
	other := openTree(root, io.Discard)
	swapped, err := other.engineStep(host.X8664)
	require.NoError(t, err)
	assert.Equal(t, s.Key, swapped.Key)
	_, err = other.steps.Make(t.Context(), swapped)
	assert.ErrorContains(t, err, "holds an executable with sha256")
}
