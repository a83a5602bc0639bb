package fetch

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tarball writes a .tar.gz of the named empty files and, where a name ends in a slash, folders.
func tarball(t *testing.T, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, name := range names {
		kind := byte(tar.TypeReg)
		if strings.HasSuffix(name, "/") {
			kind = tar.TypeDir
		}
		require.NoError(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Typeflag: kind}))
	}
	require.NoError(t, w.Close())
	require.NoError(t, z.Close())
	file := filepath.Join(t.TempDir(), "a.tar.gz")
	require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
	return file
}

func TestUnpackTopTakesTheOneFolderAway(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "source")
	require.NoError(t, UnpackTop(tarball(t, "zlib-1.3/zlib.h", "zlib-1.3/test/a.c"), dir))
	assert.FileExists(t, filepath.Join(dir, "zlib.h"))
	assert.FileExists(t, filepath.Join(dir, "test", "a.c"))

	dir = filepath.Join(t.TempDir(), "flat")
	require.NoError(t, UnpackTop(tarball(t, "a.h", "b/c.h"), dir))
	assert.FileExists(t, filepath.Join(dir, "a.h"))
	assert.FileExists(t, filepath.Join(dir, "b", "c.h"))
	left, err := filepath.Glob(filepath.Join(filepath.Dir(dir), ".unpack-*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestFolderWithNothingInItIsUnpacked(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "source")
	require.NoError(t, UnpackTop(tarball(t, "a/", "a/empty/", "a/b.c"), dir))
	assert.DirExists(t, filepath.Join(dir, "empty"))
	assert.ErrorContains(t, Unpack(tarball(t, "../outside/"), t.TempDir()), "outside")
}
