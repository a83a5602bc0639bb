package deps

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// resolved is what is found for a deps.edn, "group/artifact version" each.
func resolved(t *testing.T, f *fakeRepository, edn string) []string {
	t.Helper()
	set, err := Resolve(t.Context(), projectOf(t, edn), nil, f.repositories(t))
	require.NoError(t, err)
	var out []string
	for _, a := range set.Artifacts {
		out = append(out, a.Lib+" "+a.Version)
	}
	return out
}

func failure(t *testing.T, f *fakeRepository, edn string) error {
	t.Helper()
	_, err := Resolve(t.Context(), projectOf(t, edn), nil, f.repositories(t))
	require.Error(t, err)
	return err
}

func TestNewestVersionWinsAndTheProjectsOwnStands(t *testing.T) {
	f := newFakeRepository(t)
	f.add("a/a:1", needs("c/c:1"))
	f.add("b/b:1", needs("c/c:1.10"))
	f.add("c/c:1", needs("old/old:1"))
	f.add("c/c:1.10", needs("new/new:1"))
	f.add("old/old:1", "")
	f.add("new/new:1", "")
	// What only the version that lost asked for is left out.
	require.Equal(t, []string{"a/a 1", "b/b 1", "c/c 1.10", "new/new 1"},
		resolved(t, f, `{:deps {a/a {:mvn/version "1"} b/b {:mvn/version "1"}}}`))
	require.Equal(t, []string{"a/a 1", "b/b 1", "c/c 1", "old/old 1"},
		resolved(t, f, `{:deps {a/a {:mvn/version "1"} b/b {:mvn/version "1"} c/c {:mvn/version "1"}}}`))
}

func TestExclusionsHoldOnTheirWay(t *testing.T) {
	f := newFakeRepository(t)
	f.add("a/a:1", needs("b/b:1"))
	f.add("b/b:1", needs("c/c:1", "d/d:1"))
	f.add("c/c:1", "")
	f.add("d/d:1", "")
	f.add("e/e:1", needs("d/d:1"))
	f.add("x/x:1", needs("b/b:1 <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>"))
	require.Equal(t, []string{"a/a 1", "b/b 1", "d/d 1"}, resolved(t, f, `{:deps {a/a {:mvn/version "1" :exclusions [c/c]}}}`))
	require.Equal(t, []string{"a/a 1", "b/b 1", "c/c 1", "d/d 1", "e/e 1"},
		resolved(t, f, `{:deps {a/a {:mvn/version "1" :exclusions [d/d]} e/e {:mvn/version "1"}}}`))
	require.Equal(t, []string{"b/b 1", "x/x 1"}, resolved(t, f, `{:deps {x/x {:mvn/version "1"}}}`))
}

func TestPOMsParentsPropertiesManagementAndScopes(t *testing.T) {
	f := newFakeRepository(t)
	f.add("org/bom:7", "<dependencyManagement>"+needs("m/imported:3")+"</dependencyManagement>")
	f.add("org/parent:2", "<properties><c.version>5</c.version><d.version>x</d.version></properties>"+
		"<dependencyManagement>"+needs("m/managed:${c.version}", "org/bom:7 <type>pom</type><scope>import</scope>")+"</dependencyManagement>"+
		needs("from/parent:${project.version}"))
	f.add("a/a:1", "<parent><groupId>org</groupId><artifactId>parent</artifactId><version>2</version></parent>"+
		"<properties><d.version>${c.version}.1</d.version></properties>"+
		needs("m/managed", "m/imported", "d/d:${d.version}", "t/t:1 <scope>test</scope>", "p/p:1 <scope>provided</scope>",
			"o/o:1 <optional>true</optional>", "r/r:1 <scope>runtime</scope>", "org.clojure/clojurescript:1.9", "exact/exact:[4]"))
	for _, lib := range []string{"m/managed:5", "m/imported:3", "d/d:5.1", "r/r:1", "exact/exact:4", "from/parent:2"} {
		f.add(lib, "")
	}
	require.Equal(t, []string{"a/a 1", "d/d 5.1", "exact/exact 4", "from/parent 2", "m/imported 3", "m/managed 5", "r/r 1"},
		resolved(t, f, `{:deps {a/a {:mvn/version "1"}}}`))
}

func TestLocalFoldersAndAliases(t *testing.T) {
	f := newFakeRepository(t)
	f.add("a/a:1", "")
	f.add("b/b:1", "")
	f.add("b/b:2", "")
	folder := t.TempDir()
	write := func(name, text string) {
		file := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	write("lib/deps.edn", `{:paths ["src" "gen"] :deps {a/a {:mvn/version "1"}}}`)
	write("lib/src/l/core.cljs", "(ns l.core)")
	write("app/deps.edn", `{:paths [:dirs] :deps {my/lib {:local/root "../lib"}}
	                        :aliases {:dirs ["source"]
	                                  :dev {:extra-paths ["dev"] :extra-deps {b/b {:mvn/version "1"}}}
	                                  :new {:override-deps {b/b {:mvn/version "2"}}}}}`)
	p, err := ReadProject(filepath.Join(folder, "app"), []string{"dev", ":new"})
	require.NoError(t, err)
	require.Equal(t, []string{"source", "dev"}, p.Paths)
	r := f.repositories(t)
	set, err := Resolve(t.Context(), p, []string{"dev", ":new"}, r)
	require.NoError(t, err)
	require.Equal(t, []Local{{"my/lib", "../lib"}}, set.Local)
	require.Len(t, set.Artifacts, 2)
	require.Equal(t, "b/b 2", set.Artifacts[1].Lib+" "+set.Artifacts[1].Version)

	names, err := set.Install(t.Context(), p, r, filepath.Join(folder, "app/lib"))
	require.NoError(t, err)
	require.Equal(t, []string{"a-1.jar", "b-2.jar", "lib.jar"}, names)
	_, err = ReadProject(filepath.Join(folder, "app"), []string{"nope"})
	require.ErrorContains(t, err, "there is no alias :nope; there are: :dev :dirs :new")
}

func TestErrorsSayWhatToDo(t *testing.T) {
	f := newFakeRepository(t)
	f.add("range/range:1", needs("a/a:[1,2)"))
	f.add("moved/moved:1", "<distributionManagement><relocation><groupId>new</groupId></relocation></distributionManagement>")
	f.add("circle/circle:1", "<parent><groupId>circle</groupId><artifactId>circle</artifactId><version>1</version></parent>")
	f.add("broken/broken:1", "<")
	f.add("unset/unset:1", needs("a/a:${nowhere}"))
	f.add("none/none:1", needs("a/a"))
	for lib, want := range map[string]string{
		"range/range":   `the version "[1,2)" is a range; name a version of it in :deps`,
		"moved/moved":   "has moved to new/moved 1; name that in its place",
		"circle/circle": "go in a circle",
		"broken/broken": "broken-1.pom",
		"unset/unset":   "whose property is not set anywhere",
		"none/none":     "asks for a/a without a version; name one in :deps",
		"not/there":     "find the POM of not/there 1: not found",
	} {
		require.ErrorContains(t, failure(t, f, fmt.Sprintf(`{:deps {%s {:mvn/version "1"}}}`, lib)), want)
	}
	for text, want := range map[string]string{
		`{:deps {a/a {:git/url "x" :git/sha "y"}}}`: "is taken from git, which lumo-lambda does not fetch: clone it",
		`{:deps {a/a {}}}`:                          "a/a has no :mvn/version and no :local/root",
		`{:deps {a/a`:                               "read EDN",
	} {
		_, err := parseProject(t.TempDir(), []byte(text), nil)
		require.ErrorContains(t, err, want)
	}
}
