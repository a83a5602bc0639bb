package deps

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLockedSetNeedsNoNetworkAndFollowsWhatIsAskedFor(t *testing.T) {
	f := newFakeRepository(t)
	f.add("a/a:1", needs("b/b:1"))
	f.add("b/b:1", "")
	r := f.repositories(t)
	p := projectOf(t, `{:deps {a/a {:mvn/version "1"}}}`)
	set, err := ReadLock(p, nil)
	require.NoError(t, err)
	require.Nil(t, set, "there is no lock file yet")
	set, err = Resolve(t.Context(), p, nil, r)
	require.NoError(t, err)
	require.NoError(t, WriteLock(p, set))

	r.Offline, f.asked = true, nil
	locked, err := ReadLock(p, nil)
	require.NoError(t, err)
	require.Equal(t, set, locked)
	names, err := locked.Install(t.Context(), p, r, filepath.Join(p.Folder, "lib"))
	require.NoError(t, err)
	require.Equal(t, []string{"a-1.jar", "b-1.jar"}, names)
	require.Empty(t, f.asked)

	other, err := ReadLock(p, []string{"dev"})
	require.NoError(t, err)
	require.Nil(t, other, "other aliases have a set of their own")
	p.Deps[Lib{"b", "b", ""}] = Coordinate{Version: "2"}
	other, err = ReadLock(p, nil)
	require.NoError(t, err)
	require.Nil(t, other, "something else is asked for")
}

func TestArtifactWithAnotherHashIsRefused(t *testing.T) {
	f := newFakeRepository(t)
	f.add("a/a:1", "")
	r := f.repositories(t)
	p := projectOf(t, `{:deps {a/a {:mvn/version "1"}}}`)
	set, err := Resolve(t.Context(), p, nil, r)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(r.local, "a/a/1/a-1.jar"), []byte("another"), 0o644))
	_, err = set.Install(t.Context(), p, r, filepath.Join(p.Folder, "lib"))
	require.ErrorContains(t, err, "has the SHA-256")
	require.ErrorContains(t, err, "--update")
}

func TestInstallTakesAwayWhatItPutThereAndNothingElse(t *testing.T) {
	f := newFakeRepository(t)
	f.add("a/a:1", "")
	f.add("b/b:1", "")
	r := f.repositories(t)
	lib := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(lib, "own.jar"), nil, 0o644))
	for _, edn := range []string{`{:deps {a/a {:mvn/version "1"}}}`, `{:deps {b/b {:mvn/version "1"}}}`} {
		p := projectOf(t, edn)
		set, err := Resolve(t.Context(), p, nil, r)
		require.NoError(t, err)
		_, err = set.Install(t.Context(), p, r, lib)
		require.NoError(t, err)
	}
	found, err := filepath.Glob(filepath.Join(lib, "*.jar"))
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(lib, "b-1.jar"), filepath.Join(lib, "own.jar")}, found)
}
