package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
)

func TestVariablesOfAnArgumentVector(t *testing.T) {
	jars := t.TempDir()
	for _, name := range []string{"b.jar", "a.jar", "c.txt"} {
		require.NoError(t, os.WriteFile(filepath.Join(jars, name), nil, 0o644))
	}
	vars := map[string]string{"root": "/r", "jars": jars}
	got, err := expand([]string{"-cp", "${jars/*.jar}:${root}/src", "${root}/bin/${root}"}, vars)
	require.NoError(t, err)
	assert.Equal(t, []string{"-cp", jars + "/a.jar:" + jars + "/b.jar:/r/src", "/r/bin//r"}, got)

	for _, bad := range []string{"${no}", "${no/*.jar}", "${jars/*.zip}"} {
		_, err := expand([]string{bad}, vars)
		assert.ErrorContains(t, err, bad)
	}
}

func TestPathsOfTheMachineLeaveNoTrace(t *testing.T) {
	out := t.TempDir()
	file := filepath.Join(out, "main.js")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o644)) }
	write(`at /r/out/a.cljs, "/r/src/b.cljs", /r`)
	require.NoError(t, strip(out, []string{"/r/out/", "/r/src/", "/r"}, "/r"))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, `at a.cljs, "b.cljs", `, string(text))

	write("/r/elsewhere")
	assert.ErrorContains(t, strip(out, []string{"/r/out/"}, "/r"), "main.js still names the folder /r")
}

// Every recipe of the tree can be read, needs only what exists, and has a text for each licence.
func TestRecipesOfTheTreeHoldTogether(t *testing.T) {
	tr := thisTree(t)
	all, err := recipe.LoadAll(tr.path("build", "recipes"))
	require.NoError(t, err)
	require.NotEmpty(t, all)
	for _, r := range all {
		t.Run(r.Name, func(t *testing.T) {
			assert.NotEmpty(t, append(r.Needs, r.Version), "a recipe that says nothing")
			for _, need := range r.Needs {
				_, err := tr.recipe(strings.TrimSuffix(need, "-native"))
				assert.NoError(t, err)
			}
			for _, p := range r.Parts {
				assert.NotEmpty(t, p.Texts, p.Name)
				for _, text := range p.Texts {
					info, err := os.Stat(filepath.Join(r.Dir, text))
					if assert.NoError(t, err) {
						assert.NotZero(t, info.Size(), text)
					}
				}
			}
			if r.Name != "engine" {
				_, err := tr.recipeStep(r.Name)
				assert.NoError(t, err)
			}
		})
	}
}

func TestPatternWithDotsIsAnArgumentForEachFile(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.o", "a.o"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o644))
	}
	got, err := expand([]string{"rcs", "${work/*.o}..."}, map[string]string{"work": dir})
	require.NoError(t, err)
	assert.Equal(t, []string{"rcs", dir + "/a.o", dir + "/b.o"}, got)
}
