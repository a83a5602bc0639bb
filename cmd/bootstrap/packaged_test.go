package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/packaged"
)

// packagedFunction lays out a function with its package, and a lumo that can start it.
func packagedFunction(t *testing.T, change func(p *packaged.Package, root string)) *config {
	t.Helper()
	root, layer := t.TempDir(), t.TempDir()
	write := func(name string, content any) {
		text, isText := content.(string)
		if !isText {
			b, err := json.Marshal(content)
			require.NoError(t, err)
			text = string(b)
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
	}
	write(filepath.Join(layer, "lumo.json"), map[string]string{"id": "1234"})
	write(filepath.Join(root, "src/my/core.cljs"), "(ns my.core)")
	write(filepath.Join(root, "lib/a.jar"), "not looked into")
	p := &packaged.Package{Lumo: "1234", Handler: "my.core/handler", Absent: []string{"my/core.cljs"}}
	for _, name := range []string{"src/my/core.cljs", "lib/a.jar"} {
		sum, err := packaged.Sum(filepath.Join(root, name))
		require.NoError(t, err)
		p.Files = append(p.Files, packaged.Source{Name: name, Sum: sum})
	}
	change(p, root)
	write(filepath.Join(root, packaged.Folder, packaged.File), p)
	return &config{taskRoot: root, handler: "my.core/handler", lumo: filepath.Join(layer, "lumo"), nodePath: "/opt/node_modules"}
}

func same(*packaged.Package, string) {}

func TestPackagedFunctionStartsWithoutTheCompiler(t *testing.T) {
	cfg := packagedFunction(t, same)
	snapshot, why := chooseStart(cfg, nil)
	assert.Equal(t, filepath.Join(filepath.Dir(cfg.lumo), packaged.RuntimeSnapshot), snapshot)
	assert.Empty(t, why)
}

func TestFunctionStartsFromSourceWhereThatWasChosen(t *testing.T) {
	snapshot, why := chooseStart(packagedFunction(t, same), map[string]string{startVar: "source"})
	assert.Empty(t, snapshot)
	assert.Empty(t, why)
}

func TestFunctionWithoutAPackageStartsFromSource(t *testing.T) {
	snapshot, why := chooseStart(&config{taskRoot: t.TempDir(), lumo: "/opt/lumo"}, nil)
	assert.Empty(t, snapshot)
	assert.Empty(t, why, "nothing to tell")
}

func TestPackageThatDoesNotFitIsNotUsed(t *testing.T) {
	for _, c := range []struct {
		name, why string
		change    func(p *packaged.Package, root string)
	}{
		{"another lumo", "with another lumo", func(p *packaged.Package, _ string) { p.Lumo = "5678" }},
		{"another handler", "is for the handler my.core/other", func(p *packaged.Package, _ string) { p.Handler = "my.core/other" }},
		{"a changed source", "src/my/core.cljs has changed", func(_ *packaged.Package, root string) {
			require.NoError(t, os.WriteFile(filepath.Join(root, "src/my/core.cljs"), []byte("(ns my.core) "), 0o644))
		}},
		{"a changed JAR", "lib/a.jar has changed", func(_ *packaged.Package, root string) {
			require.NoError(t, os.WriteFile(filepath.Join(root, "lib/a.jar"), []byte("Not looked into"), 0o644))
		}},
		{"a source that is gone", "gone.cljs has changed", func(p *packaged.Package, _ string) { p.Files = append(p.Files, packaged.Source{Name: "gone.cljs"}) }},
		{"a source that comes first now", "my/core.cljs is new", func(_ *packaged.Package, root string) {
			require.NoError(t, os.Mkdir(filepath.Join(root, "my"), 0o755))
			require.NoError(t, os.WriteFile(filepath.Join(root, "my/core.cljs"), nil, 0o644))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			snapshot, why := chooseStart(packagedFunction(t, c.change), nil)
			assert.Empty(t, snapshot)
			assert.Contains(t, why, c.why)
			assert.Contains(t, why, "starts from source")
		})
	}
}

func TestUnreadablePackageIsNotUsed(t *testing.T) {
	cfg := packagedFunction(t, same)
	require.NoError(t, os.WriteFile(filepath.Join(cfg.taskRoot, packaged.Folder, packaged.File), []byte("{"), 0o644))
	snapshot, why := chooseStart(cfg, nil)
	assert.Empty(t, snapshot)
	assert.Contains(t, why, "cannot be read")
}

// A snapshot holds what was made of the environment when it was built: it is used where that is the same.
func TestSnapshotIsUsedInTheEnvironmentThatItWasMadeIn(t *testing.T) {
	table, modules := "orders", "/opt/node_modules"
	cfg := packagedFunction(t, func(p *packaged.Package, _ string) {
		p.Env = map[string]*string{"TABLE": &table, "AWS_PROFILE": nil, nodePathVar: &modules}
	})
	own := filepath.Join(cfg.taskRoot, packaged.Folder, packaged.Snapshot)
	runtime := filepath.Join(filepath.Dir(cfg.lumo), packaged.RuntimeSnapshot)
	for _, c := range []struct {
		name, snapshot, why string
		env                 map[string]string
	}{
		{"the same", own, "", map[string]string{"TABLE": "orders", "OTHER": "1"}},
		{"another value", runtime, "TABLE", map[string]string{"TABLE": "customers"}},
		{"unset", runtime, "TABLE", map[string]string{}},
		{"set", runtime, "AWS_PROFILE", map[string]string{"TABLE": "orders", "AWS_PROFILE": ""}},
		{"not wanted", runtime, "", map[string]string{"TABLE": "orders", startVar: "packaged"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			snapshot, why := chooseStart(cfg, c.env)
			assert.Equal(t, c.snapshot, snapshot)
			assert.Contains(t, why, c.why)
			assert.Equal(t, c.why == "", why == "")
		})
	}
}

func TestLumoIsToldItsSnapshotAndNotTheUsers(t *testing.T) {
	environ := []string{"A=1", packaged.SnapshotVar + "=/tmp/mine"}
	assert.NotContains(t, (&config{}).childEnviron(environ), packaged.SnapshotVar+"=/tmp/mine")
	assert.Contains(t, (&config{snapshot: "/opt/lumo.snapshot"}).childEnviron(environ), packaged.SnapshotVar+"=/opt/lumo.snapshot")
}
