package layer

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// files lays out a small layer, written at the given time in the given order.
func files(t *testing.T, when time.Time, names ...string) []File {
	dir := t.TempDir()
	var list []File
	for _, name := range names {
		path := filepath.Join(dir, filepath.Base(name))
		require.NoError(t, os.WriteFile(path, []byte("content of "+name), 0o600))
		require.NoError(t, os.Chtimes(path, when, when))
		list = append(list, File{Name: name, Path: path, Exec: name == "bootstrap"})
	}
	return list
}

func pack(t *testing.T, list []File) []byte {
	var out bytes.Buffer
	require.NoError(t, Write(&out, list))
	return out.Bytes()
}

func TestSameFilesGiveSameBytes(t *testing.T) {
	a := pack(t, files(t, time.Unix(1e9, 0), "bootstrap", "LICENSE", "notices/a.txt"))
	b := pack(t, files(t, time.Unix(2e9, 0), "notices/a.txt", "bootstrap", "LICENSE"))
	assert.Equal(t, a, b)
}

func TestEntriesAreSortedWithFixedModesAndTimes(t *testing.T) {
	packed := pack(t, files(t, time.Now(), "notices/a.txt", "bootstrap", "LICENSE"))
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	require.NoError(t, err)
	modes := map[string]os.FileMode{"LICENSE": 0o644, "bootstrap": 0o755, "notices/a.txt": 0o644}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		assert.Equal(t, modes[f.Name], f.Mode(), f.Name)
		assert.Equal(t, epoch, f.Modified.UTC(), f.Name)
	}
	assert.Equal(t, []string{"LICENSE", "bootstrap", "notices/a.txt"}, names)
}

func TestMissingFileIsNamed(t *testing.T) {
	err := Write(&bytes.Buffer{}, []File{{Name: "lumo", Path: filepath.Join(t.TempDir(), "lumo")}})
	assert.ErrorContains(t, err, "pack lumo")
}
