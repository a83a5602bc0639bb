package recipe

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var hash = strings.Repeat("ab", 32)

func load(t *testing.T, text string) (*Recipe, error) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "thing")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "recipe"), []byte(text), 0o644))
	return Load(dir)
}

func TestRecipeIsRead(t *testing.T) {
	r, err := load(t, `# what it is
version 1.2   # a reason
source maven a:b 1 b-1.jar `+hash+`
source pypi c 2 c.whl `+hash+` on arm64
source npm d 3 d-3.tgz `+hash+` for x86_64
needs x y
input src except *.test.js
unpack *.whl

run compile
  ${x}/bin/x
  --flag   # odd, because
  two words
strip ${out}/ ${root}
part B 1 MIT licences/b.txt licences/c.txt
`)
	require.NoError(t, err)
	assert.Equal(t, &Recipe{
		Name: "thing", Dir: r.Dir, Version: "1.2",
		Sources: []Source{
			{Kind: "maven", Name: "a:b", Version: "1", File: "b-1.jar", SHA256: hash},
			{Kind: "pypi", Name: "c", Version: "2", File: "c.whl", SHA256: hash, Machine: "arm64"},
			{Kind: "npm", Name: "d", Version: "3", File: "d-3.tgz", SHA256: hash, Arch: "x86_64"},
		},
		Needs:  []string{"x", "y"},
		Inputs: []Input{{Path: "src", Except: []string{"*.test.js"}}},
		Unpack: []Unpack{{Pattern: "*.whl"}},
		Runs:   []Run{{Name: "compile", Argv: []string{"${x}/bin/x", "--flag", "two words"}}},
		Strip:  []string{"${out}/", "${root}"},
		Parts:  []Part{{"B", "1", "MIT", []string{"licences/b.txt", "licences/c.txt"}}},
	}, r)
}

func TestFaultyLineIsNamed(t *testing.T) {
	for line, want := range map[string]string{
		"sorce npm a 1 a.tgz " + hash:         `no keyword "sorce"`,
		"source npm a 1 a.tgz":                "wants 5 words",
		"source npm a 1 a.tgz latest":         "no hash, no fetch",
		"source ftp a 1 a.tgz " + hash:        `kind "ftp"`,
		"source npm a 1 ../a.tgz " + hash:     "not a plain name",
		"source npm a 1 a.tgz " + hash + " x": `"x" is not understood`,
		"  --flag":                            "without a run",
	} {
		_, err := load(t, "version 1\n"+line+"\n")
		assert.ErrorContains(t, err, want)
		assert.ErrorContains(t, err, "recipe:2:")
	}
}

func TestKeyIgnoresWhatDoesNotChangeTheOutput(t *testing.T) {
	key := func(text string) string {
		r, err := load(t, text)
		require.NoError(t, err)
		k, err := r.Key(t.TempDir(), map[string]string{"x": "1"})
		require.NoError(t, err)
		return k
	}
	base := "version 1\nneeds x\nrun a\n  b\n"
	assert.Equal(t, key(base), key("# a remark\n"+base+"part P 1 MIT p.txt\n"))
	assert.NotEqual(t, key(base), key(base+"  c\n"))
	assert.NotEqual(t, key(base), key(base+"source npm a 1 a.tgz "+hash+"\n"))
	assert.NotEqual(t, key(base), key("version 2\nneeds x\nrun a\n  b\n"))
}

func TestVersionsAreLookedUpWhereTheyAreWritten(t *testing.T) {
	own, err := load(t, `version 2
source npm own 2 own-${version}.tgz `+hash+`
part Own ${version} MIT a.txt
part Other zig-${other} MIT a.txt
part Tool ${other:@s/tool} MIT a.txt
`)
	require.NoError(t, err)
	assert.Equal(t, "own-2.tgz", own.Sources[0].File)
	other, err := load(t, "version 3\nsource npm @s/tool 4 tool-4.tgz "+hash+"\n")
	require.NoError(t, err)
	other.Name = "other"
	parts, err := PartsOf(own, []*Recipe{own, other})
	require.NoError(t, err)
	assert.Equal(t, []string{"2", "zig-3", "4"}, []string{parts[0].Version, parts[1].Version, parts[2].Version})

	for _, missing := range []string{"${none}", "${other:none}", "${}"} {
		own.Parts = []Part{{Name: "P", Version: missing}}
		_, err := PartsOf(own, []*Recipe{own, other})
		assert.ErrorContains(t, err, "nothing has the version "+missing)
	}
}
