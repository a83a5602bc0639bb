package conformance

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite docs/conformance.md")

const root = "../.."

// found gives all tests of the tree by the names that contract.txt uses, with their files.
func found(t *testing.T) map[string]string {
	t.Helper()
	tests := map[string]string{}
	require.NoError(t, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != root || d.Name() == "testdata" || d.Name() == "dist") {
			return filepath.SkipDir
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch {
		case strings.HasSuffix(name, "_test.go"):
			goTests(t, path, name, tests)
		case strings.HasSuffix(name, ".test.js"):
			for _, title := range matches(t, path, `(?m)^test\(\s*'([^']+)'`) {
				tests[name+` "`+title+`"`] = name
			}
		case strings.HasSuffix(name, "_test.cljs"):
			ns := strings.NewReplacer("/", ".", "_", "-").Replace(strings.TrimSuffix(strings.TrimPrefix(name, "lumo/test/"), ".cljs"))
			for _, test := range matches(t, path, `(?m)^\(deftest (?:\^\S+ )?(\S+)`) {
				tests[ns+"/"+test] = name
			}
		}
		return nil
	}))
	return tests
}

func goTests(t *testing.T, path, name string, tests map[string]string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	for _, d := range file.Decls {
		f, isFunc := d.(*ast.FuncDecl)
		if isFunc && f.Recv == nil && regexp.MustCompile(`^(Test|Fuzz|Example)`).MatchString(f.Name.Name) {
			tests[filepath.Dir(name)+" "+f.Name.Name] = name
		}
	}
}

func matches(t *testing.T, path, pattern string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
		all = append(all, m[1])
	}
	return all
}

func contract(t *testing.T) []section {
	t.Helper()
	f, err := os.Open("contract.txt")
	require.NoError(t, err)
	defer f.Close()
	sections, err := parse(f)
	require.NoError(t, err)
	return sections
}

func TestEveryLineOfTheContractHasATestThatIsThere(t *testing.T) {
	there := found(t)
	lines := 0
	for _, s := range contract(t) {
		assert.NotEmpty(t, s.lines, s.title)
		for _, l := range s.lines {
			lines++
			assert.NotEmpty(t, l.sources, "%s: where is it from?", l.text)
			assert.NotEmpty(t, l.tests, "%s: nothing proves it", l.text)
			for _, test := range l.tests {
				assert.Contains(t, there, test, "%s: there is no such test", l.text)
			}
		}
	}
	assert.Greater(t, lines, 60, "lines of the contract")
}

func TestGoldenConformance(t *testing.T) {
	places := map[string]string{}
	for test, file := range found(t) {
		places[test] = "../" + filepath.ToSlash(file)
	}
	got := document(contract(t), places)
	const golden = root + "/docs/conformance.md"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.True(t, string(want) == got, "docs/conformance.md is not what contract.txt says: run `go test ./test/conformance -update`")
}

func TestFaultyLineIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		"* early":                              "line 1: it stands before the first heading",
		"## a\nstray":                          "line 2: neither a heading",
		"## a\n  from nowhere":                 "line 2: neither a heading",
		"## a\n* b\n  from c\n  and so on":     "line 4: text behind sources or tests",
		"## a\n* b\n  from c\n  test d\n  e\n": "line 5: text behind",
	} {
		_, err := parse(strings.NewReader(text))
		assert.ErrorContains(t, err, want)
	}
}
