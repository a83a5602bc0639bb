package main

import (
	"io"
	"os"
	"path/filepath"
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
	require.NoError(t, tr.checkEngineInputs(all))
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

func TestTamperedEngineIsRefused(t *testing.T) {
	tr := thisTree(t)
	s, err := tr.engineStep(host.X8664)
	require.NoError(t, err)
	root := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(root, "build", "recipes", "engine"), os.DirFS(tr.path("build", "recipes", "engine"))))
	require.NoError(t, os.MkdirAll(filepath.Join(root, "build", "prebuilt"), 0o755))
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
