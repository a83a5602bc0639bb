package fetch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// npmLock is a folder with npm's two files.
func npmLock(t *testing.T) string {
	t.Helper()
	lock := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json"} {
		require.NoError(t, os.WriteFile(filepath.Join(lock, name), []byte("{}"), 0o644))
	}
	return lock
}

func TestNpmInstallsByItsLockFileAndLeavesModulesAlone(t *testing.T) {
	withTool(t, "npm")
	out := t.TempDir()
	require.NoError(t, NpmTree(t.Context(), func(_ context.Context, dir string, argv ...string) error {
		assert.Contains(t, argv, "ci", "`npm install` would resolve anew")
		assert.Contains(t, argv, "--ignore-scripts")
		assert.FileExists(t, filepath.Join(dir, "package-lock.json"))
		return os.Mkdir(filepath.Join(dir, "node_modules"), 0o755)
	}, npmLock(t), out))
	left, err := os.ReadDir(out)
	require.NoError(t, err)
	require.Len(t, left, 1)
	assert.Equal(t, "node_modules", left[0].Name())
}

func TestPipTakesNothingWithoutAHash(t *testing.T) {
	withTool(t, "python3")
	require.NoError(t, PipTree(t.Context(), func(_ context.Context, _ string, argv ...string) error {
		for _, want := range []string{"--require-hashes", "--no-deps", "r.txt", "/out"} {
			assert.Contains(t, argv, want)
		}
		return nil
	}, "r.txt", "/out"))
}

func TestClientThatFailsFailsTheTree(t *testing.T) {
	withTool(t, "npm", "python3", "go")
	no := errors.New("no")
	fails := func(context.Context, string, ...string) error { return no }
	assert.ErrorIs(t, NpmTree(t.Context(), fails, npmLock(t), t.TempDir()), no)
	assert.ErrorIs(t, PipTree(t.Context(), fails, "r.txt", "/out"), no)
	assert.ErrorIs(t, GoTool(t.Context(), fails, "/root", "x.mod", "x/cmd", "/out"), no)
}
