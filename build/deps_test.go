package main

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
)

var someHash = strings.Repeat("0f", 32)

func TestDependencyBecomesAPin(t *testing.T) {
	for _, c := range []struct {
		dep  testDep
		want recipe.Source
	}{
		{
			testDep{Kind: "maven", Name: "org.clojure:core.match:1.1.0"},
			recipe.Source{Kind: "maven", Name: "org.clojure:core.match", Version: "1.1.0", File: "core.match-1.1.0.jar"},
		},
		{
			testDep{Kind: "npm", Name: "@aws-sdk/client-s3@3.1.0"},
			recipe.Source{Kind: "npm", Name: "@aws-sdk/client-s3", Version: "3.1.0", File: "aws-sdk-client-s3-3.1.0.tgz"},
		},
		{
			testDep{Kind: "pypi", Name: "moto==5.0.1", File: "moto-5.0.1-py3-none-any.whl"},
			recipe.Source{Kind: "pypi", Name: "moto", Version: "5.0.1", File: "moto-5.0.1-py3-none-any.whl"},
		},
	} {
		c.dep.SHA256, c.want.SHA256 = someHash, someHash
		got, err := c.dep.source()
		require.NoError(t, err)
		assert.Equal(t, c.want, got)
	}
}

func TestDependencyThatIsNoPinIsRefused(t *testing.T) {
	for name, d := range map[string]testDep{
		"no version":   {Kind: "npm", Name: "ms", SHA256: someHash},
		"scope only":   {Kind: "npm", Name: "@scope/x", SHA256: someHash},
		"no hash":      {Kind: "npm", Name: "ms@1"},
		"no such kind": {Kind: "cargo", Name: "a@1", SHA256: someHash},
		"no file":      {Kind: "pypi", Name: "a==1", SHA256: someHash},
	} {
		_, err := d.source()
		assert.Error(t, err, name)
	}
}

func TestDestinationSaysWhetherToUnpack(t *testing.T) {
	jar := filepath.Join(t.TempDir(), "a-1.jar")
	f, err := os.Create(jar)
	require.NoError(t, err)
	z := zip.NewWriter(f)
	w, err := z.Create("a/core.cljs")
	require.NoError(t, err)
	_, err = w.Write([]byte("(ns a.core)"))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	require.NoError(t, f.Close())

	out := t.TempDir()
	require.NoError(t, place(jar, out, "lib/a.jar"))
	assert.FileExists(t, filepath.Join(out, "lib", "a.jar"))
	require.NoError(t, place(jar, out, "src"))
	assert.FileExists(t, filepath.Join(out, "src", "a", "core.cljs"))
	assert.ErrorContains(t, place(jar, out, "../a.jar"), "not below")
}

func TestLinkFollowsTheLatestOutput(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "testdeps")
	for _, target := range []string{"one", "two", "two"} {
		require.NoError(t, pointTo(link, target))
		got, err := os.Readlink(link)
		require.NoError(t, err)
		assert.Equal(t, target, got)
	}
}
