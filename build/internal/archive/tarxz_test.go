package archive

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/build/internal/fetch"
)

func TestSameFilesGiveSameBytesThatUnpackAgain(t *testing.T) {
	pack := func(when time.Time, perm os.FileMode) ([]byte, []Entry) {
		dir := t.TempDir()
		for name, content := range map[string]string{"main.js": "1", "assets/a/b.json": "{}", "assets/ü": ""} {
			full := filepath.Join(dir, name)
			require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o755))
			require.NoError(t, os.WriteFile(full, []byte(content), perm))
			require.NoError(t, os.Chtimes(full, when, when))
		}
		var out bytes.Buffer
		entries, err := WriteTarXZ(&out, dir)
		require.NoError(t, err)
		return out.Bytes(), entries
	}
	first, entries := pack(time.Unix(1, 0), 0o644)
	second, _ := pack(time.Unix(1e9, 0), 0o600)
	assert.Equal(t, first, second)
	assert.Equal(t, []string{"assets/a/b.json", "assets/ü", "main.js"}, []string{entries[0].Path, entries[1].Path, entries[2].Path})

	file := filepath.Join(t.TempDir(), "x.tar.xz")
	require.NoError(t, os.WriteFile(file, first, 0o644))
	dir := t.TempDir()
	require.NoError(t, fetch.Unpack(file, dir))
	content, err := os.ReadFile(filepath.Join(dir, "assets", "a", "b.json"))
	require.NoError(t, err)
	assert.Equal(t, "{}", string(content))
}
