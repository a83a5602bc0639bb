package fetch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
)

const targets = "Other https://other.test/\nDebian https://security.debian.test/\nDebian https://debian.test/debian/\n"

// debianSource is a pin, and records in which its file belongs to version 1.2-3.
func debianSource() (recipe.Source, string) {
	s := source(content)
	s.Kind, s.Name, s.Version, s.File = "debian", "thing", "1.2-1", "thing_1.2.orig.tar.gz"
	return s, "Package: thing\nVersion: 1.1-9\nChecksums-Sha256:\n " + strings.Repeat("0", 64) + " 5 thing_1.1.orig.tar.gz\n\n" +
		"Package: thing\nVersion: 1.2-3\nChecksums-Sha256:\n " + s.SHA256 + " 5 thing_1.2.orig.tar.gz\n"
}

// withApt puts an apt on the PATH that knows the targets and has the records.
func withApt(t *testing.T, records string) {
	t.Helper()
	dir := t.TempDir()
	for name, prints := range map[string]string{"apt-get": targets, "apt-cache": records} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".txt"), []byte(prints), 0o644))
		script := "#!/bin/sh\nwhile IFS= read -r line; do echo \"$line\"; done <" + filepath.Join(dir, name+".txt") + "\n"
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755))
	}
	t.Setenv("PATH", dir)
}

func TestDebianSourceIsFoundByItsHashInWhateverRevisionHasIt(t *testing.T) {
	s, records := debianSource()
	withApt(t, records)
	var asked []string
	f := &Fetcher{Cache: t.TempDir(), Client: func(_ context.Context, dir string, argv ...string) error {
		if slices.Contains(argv, "source") {
			asked = argv
			return os.WriteFile(filepath.Join(dir, s.File), []byte(content), 0o644)
		}
		return nil
	}}
	require.NoError(t, f.Fetch(t.Context(), []recipe.Source{s}))
	assert.Contains(t, asked, "thing=1.2-3")
	assert.FileExists(t, f.Path(s))
}

func TestDebianFileCountsThoughItsDescriptionIsGone(t *testing.T) {
	s, records := debianSource()
	withApt(t, records)
	f := &Fetcher{Cache: t.TempDir(), Client: func(_ context.Context, dir string, argv ...string) error {
		if !slices.Contains(argv, "source") {
			return nil
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, s.File), []byte(content), 0o644))
		return errors.New("404 for the .dsc")
	}}
	require.NoError(t, f.Fetch(t.Context(), []recipe.Source{s}))
}

func TestWhatAMirrorNoLongerHasIsNamedWithItsPin(t *testing.T) {
	s, records := debianSource()
	gone := func(_ context.Context, _ string, argv ...string) error {
		if slices.Contains(argv, "source") {
			return errors.New("404")
		}
		return nil
	}
	for name, records := range map[string]string{"not listed": "Package: thing\nVersion: 1.3-1\n", "listed, not there": records} {
		t.Run(name, func(t *testing.T) {
			withApt(t, records)
			err := (&Fetcher{Cache: t.TempDir(), Client: gone}).Fetch(t.Context(), []recipe.Source{s})
			for _, want := range []string{"thing", s.File, s.SHA256, "LUMO_SOURCES"} {
				assert.ErrorContains(t, err, want)
			}
		})
	}
}

func TestCrateComesFromCargosCache(t *testing.T) {
	withTool(t, "cargo", "env")
	t.Setenv("CARGO_HOME", t.TempDir())
	s := source(content)
	s.Kind, s.Name, s.Version, s.File = "crates", "thing-sys", "0.4.0-alpha.2", "thing-sys-0.4.0-alpha.2.crate"
	f := &Fetcher{Cache: t.TempDir(), Client: func(_ context.Context, dir string, argv ...string) error {
		manifest, err := os.ReadFile(filepath.Join(dir, "Cargo.toml"))
		require.NoError(t, err)
		assert.Contains(t, string(manifest), `thing-sys = "=0.4.0-alpha.2"`)
		home, ok := strings.CutPrefix(argv[1], "CARGO_HOME=")
		require.True(t, ok, "%q", argv)
		cached := filepath.Join(home, "registry", "cache", "index", s.File)
		require.NoError(t, os.MkdirAll(filepath.Dir(cached), 0o755))
		return os.WriteFile(cached, []byte(content), 0o644)
	}}
	require.NoError(t, f.Fetch(t.Context(), []recipe.Source{s}))
	assert.FileExists(t, f.Path(s))
}

func TestLinkThatLeavesItsArchiveIsRefused(t *testing.T) {
	for name, to := range map[string]string{"a/b": "../../etc", "../a": "b", "a": "/etc/passwd"} {
		assert.ErrorContains(t, link(t.TempDir(), name, to), "leaves", name)
	}
	require.NoError(t, link(t.TempDir(), "a/b", "../c"))
}
