package packaged

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSumOfAJARIsThatOfItsDirectory(t *testing.T) {
	dir := t.TempDir()
	sum := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, content, 0o644))
		s, err := Sum(path)
		require.NoError(t, err)
		return s
	}
	long := make([]byte, jarTail+2)
	before := sum("a.jar", long)
	source := sum("a.cljs", long)
	long[0] = 1
	assert.Equal(t, before, sum("a.jar", long), "in front of what counts")
	assert.NotEqual(t, source, sum("a.cljs", long), "of a source all counts")
	long[jarTail] = 1
	assert.NotEqual(t, before, sum("a.jar", long))
	assert.NotEqual(t, before, sum("b.jar", make([]byte, jarTail+3)), "the size")
}

func TestLumoWithoutAnIDStartsNoPackages(t *testing.T) {
	dir := t.TempDir()
	_, err := ID(dir)
	assert.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(filepath.Join(dir, idFile), []byte(`{"id":"12"}`), 0o644))
	id, err := ID(dir)
	require.NoError(t, err)
	assert.Equal(t, "12", id)
}
