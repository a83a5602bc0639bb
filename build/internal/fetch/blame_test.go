package fetch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
)

// pins are two sources of each kind; of each, the registry has the first alone.
func pins(kind string) (there, gone recipe.Source) {
	there, gone = source(content), source("what the registry had")
	names := map[string][4]string{
		"crates": {"thing-sys", "thing-sys-1.crate", "other", "other-2.crate"},
		"debian": {"thing", "thing_1.orig.tar.gz", "other", "other_2.orig.tar.gz"},
		"maven":  {"g:thing", "thing-1.jar", "g:other", "other-2.jar"},
		"npm":    {"thing", "thing-1.tgz", "@s/other", "s-other-2.tgz"},
		"pypi":   {"thing", "thing-1.tar.gz", "other", "other-2-py3-none-any.whl"},
	}[kind]
	there.Kind, there.Name, there.Version, there.File = kind, names[0], "1", names[1]
	gone.Kind, gone.Name, gone.Version, gone.File = kind, names[2], "2", names[3]
	return there, gone
}

// lost is a registry's client: it brings the first of the pins, and fails when it is asked for the second, also beside the
// first, as npm and Maven do.
func lost(t *testing.T, there, gone recipe.Source) Client {
	return func(_ context.Context, dir string, argv ...string) error {
		asked := strings.Join(argv, " ")
		for _, manifest := range []string{"Cargo.toml", "pom.xml"} {
			if text, err := os.ReadFile(filepath.Join(dir, manifest)); err == nil {
				asked += string(text)
			}
		}
		if strings.Contains(asked, gone.Name[strings.LastIndexAny(gone.Name, ":/")+1:]) {
			return errors.New("404 Not Found")
		}
		to := filepath.Join(dir, there.File)
		if there.Kind == "crates" {
			to = filepath.Join(dir, "home", "registry", "cache", "index", there.File)
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
		return os.WriteFile(to, []byte(content), 0o644)
	}
}

func TestWhatARegistryNoLongerHasIsNamedWithItsPin(t *testing.T) {
	for kind := range registries {
		t.Run(kind, func(t *testing.T) {
			there, gone := pins(kind)
			if kind == "debian" {
				withApt(t, "Package: thing\nVersion: 1\nChecksums-Sha256:\n "+there.SHA256+" 5 "+there.File+"\n")
			} else {
				withTool(t, "cargo", "env", "mvn", "java", "npm", "python3")
				t.Setenv("CARGO_HOME", t.TempDir())
			}
			f := &Fetcher{Cache: t.TempDir(), Client: lost(t, there, gone)}
			err := f.Fetch(t.Context(), []recipe.Source{there, gone})
			var pin *PinError
			require.ErrorAs(t, err, &pin)
			assert.Equal(t, gone, pin.Source)
			for _, want := range []string{"fetch from " + kind, gone.Name + " " + gone.Version, gone.File, gone.SHA256, "LUMO_SOURCES"} {
				assert.ErrorContains(t, err, want)
			}
			assert.NotContains(t, err.Error(), there.SHA256, "what is there is not blamed")
		})
	}
}

func TestClientThatFailsOnceIsForgiven(t *testing.T) {
	withTool(t, "npm")
	a, b := pins("npm")
	calls := 0
	f := &Fetcher{Cache: t.TempDir(), Client: func(_ context.Context, dir string, argv ...string) error {
		calls++
		if calls == 1 {
			return errors.New("connection reset")
		}
		text := map[string]string{a.Name + "@1": content, b.Name + "@2": "what the registry had"}[argv[len(argv)-1]]
		file := map[string]string{a.Name + "@1": a.File, b.Name + "@2": b.File}[argv[len(argv)-1]]
		return os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644)
	}}
	require.NoError(t, f.Fetch(t.Context(), []recipe.Source{a, b}))
	assert.Equal(t, 3, calls)
}
