package emulator

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// zipOf writes a zip with the files; a mode of 0 leaves Unix modes out.
func zipOf(t *testing.T, files map[string]string, mode os.FileMode) string {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for name, text := range files {
		header := &zip.FileHeader{Name: name, Method: zip.Deflate}
		if mode != 0 {
			header.SetMode(mode)
		}
		f, err := w.CreateHeader(header)
		require.NoError(t, err)
		_, err = f.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	path := filepath.Join(t.TempDir(), "some.zip")
	require.NoError(t, os.WriteFile(path, buf.Bytes(), 0o644))
	return path
}

// needNamespaces skips where this machine allows no mount namespaces; CI has them.
func needNamespaces(t *testing.T) {
	t.Helper()
	l := &layout{task: t.TempDir(), opt: t.TempDir(), work: t.TempDir()}
	if err := l.probeSandbox(t.Context()); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

func TestFunctionAndLayersAreWhereLambdaPutsThem(t *testing.T) {
	needNamespaces(t)
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, func(c *Config) {
			c.Layers = append(c.Layers,
				folder(t, map[string]string{"layer.txt": "the second layer's", "lib/a.jar": "a"}),
				zipOf(t, map[string]string{"lib/b.jar": "b", "lib/a.jar": "a of the zip"}, 0o644))
		})
		place := decode[struct {
			Dir  string
			Args []string
		}](t, invoke(t, e, order{Do: "where"}))
		assert.Equal(t, "/var/task", place.Dir)
		assert.Equal(t, "/opt/bootstrap", place.Args[0])
		env := decode[map[string]string](t, invoke(t, e, order{Do: "environment"}))
		assert.Equal(t, "/var/task", env["LAMBDA_TASK_ROOT"])
		assert.NotContains(t, env, "LUMO_OPT")
		for path, want := range map[string]string{
			"/var/task/task.txt": "the function's",
			"/opt/layer.txt":     "the second layer's",
			"/opt/lib/a.jar":     "a of the zip",
			"/opt/lib/b.jar":     "b",
		} {
			assert.Equal(t, want, decode[string](t, invoke(t, e, order{Do: "read", Text: path})), path)
		}
	})
}

func TestOnlyTmpCanBeWritten(t *testing.T) {
	needNamespaces(t)
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, nil)
		assert.Equal(t, "<nil>", decode[string](t, invoke(t, e, order{Do: "write", Text: "/tmp/file"})))
		for _, path := range []string{"/var/task/file", "/opt/file", "/file", "/usr/file", "/var/file"} {
			assert.Contains(t, decode[string](t, invoke(t, e, order{Do: "write", Text: path})), "read-only file system", path)
		}
		assert.NoFileExists(t, "/tmp/file", "the function's /tmp is its own")
	})
}

func TestInPlaceTheEnvironmentNamesTheFolders(t *testing.T) {
	onBoth(t, func(t *testing.T, lab *lab) {
		var function, layer string
		e := lab.start(t, func(c *Config) {
			c.InPlace = true
			function, layer = c.Function, c.Layers[0]
		})
		place := decode[struct{ Dir string }](t, invoke(t, e, order{Do: "where"}))
		assert.Equal(t, function, place.Dir)
		env := decode[map[string]string](t, invoke(t, e, order{Do: "environment"}))
		assert.Equal(t, function, env["LAMBDA_TASK_ROOT"])
		assert.Equal(t, layer, env["LUMO_OPT"])
	})
}

func TestFunctionsOwnBootstrapComesFirst(t *testing.T) {
	onBoth(t, func(t *testing.T, lab *lab) {
		e := lab.start(t, func(c *Config) {
			c.Function = bootstrapLayer(t)
			c.Layers = []string{folder(t, map[string]string{"bootstrap": "not one"})}
		})
		assert.Equal(t, "1", string(invoke(t, e, "1").Payload))
	})
}

func TestZippedFunctionRuns(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	lab := &lab{BuiltIn, &syncBuffer{}}
	e := lab.start(t, func(c *Config) {
		c.Function = zipOf(t, map[string]string{"core.cljs": "(ns core)"}, 0)
	})
	assert.Equal(t, "(ns core)", decode[string](t, invoke(t, e, order{Do: "read", Text: "core.cljs"})))
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	function := folder(t, nil)
	cases := map[string]struct {
		change func(*Config)
		want   string
	}{
		"no bootstrap":      {func(c *Config) { c.Layers = nil }, "find bootstrap: it is neither in the function's folder"},
		"bootstrap no file": {func(c *Config) { c.Layers = []string{folder(t, map[string]string{"bootstrap": ""})} }, "is not an executable file"},
		"no function":       {func(c *Config) { c.Function = filepath.Join(function, "none") }, "no such file"},
		"no layer":          {func(c *Config) { c.Layers = []string{filepath.Join(function, "none")} }, "no such file"},
		"layer no zip":      {func(c *Config) { c.Layers = []string{os.Args[0]} }, "neither a folder nor a zip"},
		"zip leads outside": {func(c *Config) { c.Layers = []string{zipOf(t, map[string]string{"../../x": ""}, 0o644)} }, "../../x"},
		"time-out":          {func(c *Config) { c.Timeout = 1500e6 }, "whole number of seconds"},
		"memory":            {func(c *Config) { c.Memory = 64 }, "128 to 10240"},
		"emulator":          {func(c *Config) { c.Emulator = "docker" }, "auto, rie or built-in"},
		"handler":           {func(c *Config) { c.Handler = "" }, "no handler"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			cfg := Config{Function: function, Handler: "a/b", Emulator: BuiltIn}
			c.change(&cfg)
			_, err := Start(t.Context(), cfg)
			assert.ErrorContains(t, err, c.want)
		})
	}
}

func TestMergedLayersAreNotChangedByTheMerge(t *testing.T) {
	first := folder(t, map[string]string{"a": "1", "dir/b": "2", "c/d": "folder"})
	second := folder(t, map[string]string{"a": "later", "dir/e": "3", "c": "file"})
	merged, err := mergeLayers(t.Context(), []string{first, second}, filepath.Join(t.TempDir(), "opt"))
	require.NoError(t, err)
	for path, want := range map[string]string{
		filepath.Join(merged, "a"):     "later",
		filepath.Join(merged, "dir/b"): "2",
		filepath.Join(merged, "dir/e"): "3",
		filepath.Join(merged, "c"):     "file",
		filepath.Join(first, "a"):      "1",
		filepath.Join(first, "c/d"):    "folder",
	} {
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, want, string(got), path)
	}
}

func TestUnpackedLayerIsKeptInTheCache(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	layer := zipOf(t, map[string]string{"bin/tool": "#!"}, 0o755)
	first, err := folderOf(t.Context(), layer)
	require.NoError(t, err)
	info, err := os.Stat(filepath.Join(first, "bin/tool"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o755), info.Mode())
	second, err := folderOf(t.Context(), layer)
	require.NoError(t, err)
	assert.Equal(t, first, second)
	entries, err := os.ReadDir(filepath.Dir(first))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "nothing temporary is left behind")
}
