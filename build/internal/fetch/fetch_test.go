package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
)

const content = "what the registry has"

func source(text string) recipe.Source {
	sum := sha256.Sum256([]byte(text))
	return recipe.Source{Kind: "npm", Name: "a", Version: "1", File: "a-1.tgz", SHA256: hex.EncodeToString(sum[:])}
}

// registry is a fake client that writes what a registry would send.
func registry(calls *int, file, text string) Client {
	return func(_ context.Context, dir string, _ ...string) error {
		*calls++
		return os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644)
	}
}

// withTool puts a program of that name on the PATH, as what the fake client is asked to run must exist.
func withTool(t *testing.T, names ...string) {
	dir := t.TempDir()
	for _, name := range names {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), 0o755))
	}
	t.Setenv("PATH", dir)
}

func TestSourceIsFetchedOnce(t *testing.T) {
	withTool(t, "npm")
	calls := 0
	f := &Fetcher{Cache: t.TempDir(), Client: registry(&calls, "a-1.tgz", content)}
	for range 2 {
		require.NoError(t, f.Fetch(t.Context(), []recipe.Source{source(content)}))
	}
	assert.Equal(t, 1, calls)
	got, err := os.ReadFile(f.Path(source(content)))
	require.NoError(t, err)
	assert.Equal(t, content, string(got))
}

func TestWrongBytesAreRefused(t *testing.T) {
	withTool(t, "npm")
	calls := 0
	f := &Fetcher{Cache: t.TempDir(), Client: registry(&calls, "a-1.tgz", "something else")}
	err := f.Fetch(t.Context(), []recipe.Source{source(content)})
	var wrong *HashError
	require.ErrorAs(t, err, &wrong)
	assert.Equal(t, source(content), wrong.Source)
	assert.NoFileExists(t, f.Path(source(content)))
}

func TestLocalFolderStandsInForRegistries(t *testing.T) {
	local := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(local, "a-1.tgz"), []byte(content), 0o644))
	calls := 0
	f := &Fetcher{Cache: t.TempDir(), Local: local, Client: registry(&calls, "a-1.tgz", content)}
	require.NoError(t, f.Fetch(t.Context(), []recipe.Source{source(content)}))
	assert.Zero(t, calls)

	require.NoError(t, os.WriteFile(filepath.Join(local, "a-1.tgz"), []byte("tampered"), 0o644))
	f.Cache = t.TempDir()
	var wrong *HashError
	assert.ErrorAs(t, f.Fetch(t.Context(), []recipe.Source{source(content)}), &wrong)
}

func TestMissingClientIsNamedWithTheWayOut(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	f := &Fetcher{Cache: t.TempDir()}
	err := f.Fetch(t.Context(), []recipe.Source{source(content)})
	assert.ErrorContains(t, err, "npm is not on the PATH; it fetches packages from the npm registry")
	assert.ErrorContains(t, err, "apt-get install npm")
	assert.ErrorContains(t, err, "LUMO_SOURCES")
}

func TestEachRegistryIsAskedThroughItsClient(t *testing.T) {
	withTool(t, "mvn", "java", "npm", "python3")
	for kind, c := range map[string]struct {
		source recipe.Source
		want   []string
	}{
		"maven": {recipe.Source{Name: "g:a", Version: "1"}, []string{"-DexcludeTransitive=true"}},
		"npm":   {recipe.Source{Name: "@s/a", Version: "1"}, []string{"pack", "--ignore-scripts", "@s/a@1"}},
		"pypi":  {recipe.Source{Name: "a", Version: "1", File: "a-1-py3-none-linux_x86_64.whl"}, []string{"--no-deps", "linux_x86_64", "a==1"}},
	} {
		t.Run(kind, func(t *testing.T) {
			var argv []string
			run := func(_ context.Context, _ string, args ...string) error { argv = args; return nil }
			require.NoError(t, registries[kind](t.Context(), run, t.TempDir(), []recipe.Source{c.source}))
			for _, word := range c.want {
				assert.True(t, slices.Contains(argv, word), "%q is not in %q", word, argv)
			}
		})
	}
}

func TestArchiveThatLeavesItsFolderIsRefused(t *testing.T) {
	assert.ErrorContains(t, write(t.TempDir(), "../outside", 0o644, nil), "outside")
	assert.ErrorContains(t, write(t.TempDir(), "/etc/passwd", 0o644, nil), "outside")
	assert.ErrorContains(t, Unpack("thing.rar", t.TempDir()), "known kind")
}
