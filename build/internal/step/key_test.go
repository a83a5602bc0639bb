package step

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestKeyFollowsFilesAndNothingElse(t *testing.T) {
	write := func(root, name, content string, perm os.FileMode) {
		full := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o755))
		require.NoError(t, os.WriteFile(full, []byte(content), perm))
		require.NoError(t, os.Chmod(full, perm))
	}
	tree := func(change func(root string)) string {
		root := t.TempDir()
		write(root, "src/a.js", "a", 0o644)
		write(root, "src/b/c.js", "c", 0o600)
		change(root)
		k := NewKey("x")
		require.NoError(t, k.Files(root, "src", "*.test.js"))
		return k.Sum()
	}
	same := tree(func(string) {})
	assert.Equal(t, same, tree(func(string) {}), "another folder, the same files")
	assert.Equal(t, same, tree(func(root string) { write(root, "src/a.test.js", "new", 0o644) }), "left out by pattern")
	assert.Equal(t, same, tree(func(root string) { write(root, "other", "new", 0o644) }), "outside")
	for name, change := range map[string]func(root string){
		"content":    func(root string) { write(root, "src/a.js", "b", 0o644) },
		"executable": func(root string) { write(root, "src/a.js", "a", 0o755) },
		"new file":   func(root string) { write(root, "src/d.js", "", 0o644) },
		"moved": func(root string) {
			require.NoError(t, os.Rename(filepath.Join(root, "src/a.js"), filepath.Join(root, "src/z.js")))
		},
	} {
		assert.NotEqual(t, same, tree(change), name)
	}
}

func TestKeyKeepsItemsApart(t *testing.T) {
	sum := func(pairs ...string) string {
		k := NewKey("x")
		for i := 0; i < len(pairs); i += 2 {
			k.Text(pairs[i], pairs[i+1])
		}
		return k.Sum()
	}
	assert.NotEqual(t, sum("a", "b\" \"c"), sum("a\" \"b", "c"))
	assert.NotEqual(t, sum("a", "b\n\"c\" \"d"), sum("a", "b", "c", "d"))
}
