package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
)

func TestFlavourIsTakenOutOfTheCommandLine(t *testing.T) {
	for _, c := range []struct {
		args, rest string
		flavour    flavour
	}{
		{"layer arm64", "layer arm64", static},
		{"layer --engine=dynamic arm64", "layer arm64", dynamic},
		{"layer arm64 --engine=static", "layer arm64", static},
	} {
		rest, f, err := takeFlavour(strings.Fields(c.args))
		require.NoError(t, err)
		assert.Equal(t, c.rest, strings.Join(rest, " "))
		assert.Equal(t, c.flavour, f)
	}
	_, _, err := takeFlavour([]string{"--engine=dynamc"})
	assert.ErrorContains(t, err, `no engine "dynamc"; there are [static dynamic]`)
}

func TestVersionsOfLibrariesAreComparedAsNumbers(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"2.28", "2.34", -1}, {"2.34", "2.34", 0}, {"2.4", "2.34", -1}, {"2.34.1", "2.34", 1}, {"PRIVATE", "2.34", 1}} {
		assert.Equal(t, c.want, compareVersions(c.a, c.b), "%s and %s", c.a, c.b)
	}
}

// The libraries are those of Lambda's system, whatever this machine has.
func TestDynamicEngineStartsOnLambdasSystem(t *testing.T) {
	tr := thisTree(t)
	for _, arch := range host.Arches {
		exe, err := tr.dynamicEngine(t.Context(), arch)
		require.NoError(t, err)
		assert.NoError(t, checkPlatformVersions(exe))
	}
	exe, err := tr.dynamicEngine(t.Context(), host.X8664)
	require.NoError(t, err)
	has := platformVersions["GLIBC"]
	t.Cleanup(func() { platformVersions["GLIBC"] = has })
	platformVersions["GLIBC"] = "2.17"
	assert.ErrorContains(t, checkPlatformVersions(exe), "but provided.al2023 has GLIBC_2.17")

	exe, err = tr.engine(t.Context(), host.X8664)
	require.NoError(t, err)
	assert.ErrorContains(t, checkPlatformVersions(exe), "asks for no library")
}

// told are the names under which an engine tells the versions of its parts.
var told = map[string]string{
	"Node.js": "node", "V8": "v8", "OpenSSL": "openssl", "ICU": "icu", "libuv": "uv", "c-ares": "ares", "nghttp2": "nghttp2",
	"llhttp": "llhttp", "zlib": "zlib", "zstd": "zstd", "brotli": "brotli", "simdjson": "simdjson", "simdutf": "simdutf",
	"ada": "ada", "SQLite": "sqlite", "undici": "undici", "acorn": "acorn", "amaro": "amaro", "uvwasi": "uvwasi",
	"merve": "merve", "nbytes": "nbytes",
}

func TestPartsOfAnEngineHaveTheVersionsThatItTells(t *testing.T) {
	tr := thisTree(t)
	native, err := host.Native()
	require.NoError(t, err)
	for f, recipeName := range map[flavour]string{static: "engine", dynamic: dynamicRecipe} {
		t.Run(string(f), func(t *testing.T) {
			s, err := tr.flavouredEngineStep(native, f)
			require.NoError(t, err)
			dir, err := tr.steps.Make(t.Context(), s)
			require.NoError(t, err)
			cmd, err := f.runner(native)(t.Context(), "node", filepath.Join(dir, engineExe), "-p", "JSON.stringify(process.versions)")
			require.NoError(t, err)
			text, err := cmd.Output()
			require.NoError(t, err)
			versions := map[string]string{}
			require.NoError(t, json.Unmarshal(text, &versions))
			seen := 0
			for _, p := range partsOf(t, recipeName) {
				if name, ok := told[p.Name]; ok {
					seen++
					if base, _, _ := strings.Cut(versions[name], "-node."); p.Version != base {
						assert.Equal(t, versions[name], p.Version, p.Name)
					}
				}
			}
			assert.Greater(t, seen, 15)
		})
	}
}

func partsOf(t *testing.T, recipeName string) []recipe.Part {
	t.Helper()
	tr := thisTree(t)
	all, err := recipe.LoadAll(tr.path("build", "recipes"))
	require.NoError(t, err)
	r, err := tr.recipe(recipeName)
	require.NoError(t, err)
	parts, err := recipe.PartsOf(r, all)
	require.NoError(t, err)
	return parts
}

// A move to the next release that forgets one of the places that have Node's version is told which.
func TestNodesVersionIsTheSameInEveryRecipe(t *testing.T) {
	tr := thisTree(t)
	node, err := tr.recipe(engineRecipe)
	require.NoError(t, err)
	for _, name := range []string{"js", dynamicRecipe} {
		r, err := tr.recipe(name)
		require.NoError(t, err)
		assert.Equal(t, node.Version, r.Version, "version of build/recipes/%s/recipe", name)
	}
	all, err := recipe.LoadAll(tr.path("build", "recipes"))
	require.NoError(t, err)
	for _, r := range all {
		for _, s := range r.Sources {
			if s.Name == node.Sources[0].Name {
				assert.Contains(t, node.Sources, s, "source of build/recipes/%s/recipe", r.Name)
			}
		}
	}
}
