package test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/emulator"
)

// dependency returns the path of something that test/deps.json lists.
func dependency(t *testing.T, dest string) string {
	t.Helper()
	path := filepath.Join(root, ".cache", "testdeps", dest)
	if _, err := os.Stat(path); err != nil {
		unavailable(t, "a dependency of the tests is missing (%v): run `go run ./build deps` first", err)
	}
	return path
}

// assemble makes a folder out of a function's (none when empty) and of dependencies at the given places.
func assemble(t *testing.T, function string, dependencies map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	if function != "" {
		require.NoError(t, os.CopyFS(folder, os.DirFS(fixture(function))))
	}
	for dest, place := range dependencies {
		from, to := dependency(t, dest), filepath.Join(folder, place)
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
		info, err := os.Stat(from)
		require.NoError(t, err)
		if info.IsDir() {
			require.NoError(t, os.CopyFS(to, os.DirFS(from)))
			continue
		}
		text, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(to, text, 0o644))
	}
	return folder
}

// linkAll puts the files of a folder into another, which may be there: a link would lead out of a sandbox.
func linkAll(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		place := filepath.Join(to, strings.TrimPrefix(path, from))
		switch {
		case entry.IsDir():
			return os.MkdirAll(place, 0o755)
		case !entry.Type().IsRegular():
			return nil // npm's links to commands
		}
		return linkOrCopy(path, place)
	})
}

// linkOrCopy gives a file another name, or copies it where that may not be.
func linkOrCopy(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, info.Mode().Perm())
}

const (
	rrbVector = "lib/core.rrb-vector-0.2.0.jar"
	ms        = "node_modules/ms"
)

func TestLibraryFromAJARInTheFunction(t *testing.T) {
	folder := assemble(t, "jar", map[string]string{rrbVector: "lib/rrb-vector.jar"})
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, folder, "jar.core/handler", nil)
		assert.Equal(t, `{"joined":[1,2,3,4],"middle":[2,3]}`, f.answer(t, `{"a":[1,2],"b":[3,4]}`))
	})
}

func TestNpmModuleFromTheFunctionsNodeModules(t *testing.T) {
	folder := assemble(t, "npm", map[string]string{ms: "node_modules/ms"})
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, folder, "npm.core/handler", nil)
		assert.Equal(t, `{"milliseconds":7200000,"text":"3 minutes"}`, f.answer(t, `{"text":"2h","milliseconds":180000}`))
	})
}

func TestJARAndNpmModuleFromASecondLayer(t *testing.T) {
	for name, place := range map[string]string{"nodejs": "nodejs/node_modules/ms", "node_modules": "node_modules/ms"} {
		t.Run(name, func(t *testing.T) {
			layer := assemble(t, "", map[string]string{rrbVector: "lib/rrb-vector.jar", ms: place})
			onBoth(t, func(t *testing.T, l lambda) {
				f := l.start(t, fixture("both"), "both.core/handler", func(c *emulator.Config) { c.Layers = append(c.Layers, layer) })
				assert.Equal(t, `{"total":3661000}`, f.answer(t, `{"some":["1h"],"more":["1m","1s"]}`))
			})
		})
	}
}

func TestFunctionRunsInPlaceWhereNamespacesAreNotAllowed(t *testing.T) {
	layer := assemble(t, "", map[string]string{rrbVector: "lib/rrb-vector.jar", ms: "nodejs/node_modules/ms"})
	onBoth(t, func(t *testing.T, l lambda) {
		f := l.start(t, fixture("both"), "both.core/handler", func(c *emulator.Config) {
			c.Layers = append(c.Layers, layer)
			c.InPlace = true
		})
		assert.Equal(t, `{"total":2000}`, f.answer(t, `{"some":["1s"],"more":["1s"]}`))
	})
}
