package deps

import (
	"crypto/sha1"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// fakeRepository is a Maven repository on loopback.
type fakeRepository struct {
	url   string
	mu    sync.Mutex
	files map[string]string
	asked []string
}

func newFakeRepository(t *testing.T) *fakeRepository {
	f := &fakeRepository{files: map[string]string{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		name := strings.TrimPrefix(r.URL.Path, "/")
		f.asked = append(f.asked, name)
		if text, ok := f.files[name]; ok {
			_, _ = w.Write([]byte(text))
			return
		}
		if of, ok := strings.CutSuffix(name, ".sha1"); ok {
			if text, ok := f.files[of]; ok {
				sum := sha1.Sum([]byte(text))
				_, _ = w.Write([]byte(hex.EncodeToString(sum[:]) + "  " + of))
				return
			}
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// add puts a library there whose POM has this inside <project>.
func (f *fakeRepository) add(coordinate, inside string) {
	lib, version := parseCoordinate(coordinate)
	f.files[artifactPath(lib, version, "pom")] = "<project>" +
		"<groupId>" + lib.Group + "</groupId><artifactId>" + lib.Artifact + "</artifactId><version>" + version + "</version>" + inside + "</project>"
	f.files[artifactPath(lib, version, "jar")] = "JAR of " + coordinate
}

func parseCoordinate(coordinate string) (Lib, string) {
	name, version, _ := strings.Cut(coordinate, ":")
	lib, err := ParseLib(name)
	if err != nil {
		panic("bug: " + err.Error())
	}
	return lib, version
}

// needs is a POM's list of dependencies: coordinates, each followed by more elements where the coordinate has them behind a blank.
func needs(dependencies ...string) string {
	var b strings.Builder
	for _, d := range dependencies {
		coordinate, more, _ := strings.Cut(d, " ")
		lib, version := parseCoordinate(coordinate)
		b.WriteString("<dependency><groupId>" + lib.Group + "</groupId><artifactId>" + lib.Artifact + "</artifactId>")
		if version != "" {
			b.WriteString("<version>" + version + "</version>")
		}
		b.WriteString(more + "</dependency>")
	}
	return "<dependencies>" + b.String() + "</dependencies>"
}

func (f *fakeRepository) repositories(t *testing.T) *Repositories {
	r, err := NewRepositories(Settings{LocalRepository: t.TempDir()}, map[string]string{centralID: f.url})
	require.NoError(t, err)
	return r
}

func projectOf(t *testing.T, edn string) *Project {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, ProjectFile), []byte(edn), 0o644))
	p, err := ReadProject(folder, nil)
	require.NoError(t, err)
	return p
}

func TestFileIsFetchedOnceAndKeptInTheLocalRepository(t *testing.T) {
	f := newFakeRepository(t)
	f.add("a/a:1", "")
	r := f.repositories(t)
	for range 2 {
		file, err := r.get(t.Context(), "a/a/1/a-1.jar")
		require.NoError(t, err)
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, "JAR of a/a:1", string(text))
	}
	require.Equal(t, []string{"a/a/1/a-1.jar", "a/a/1/a-1.jar.sha1"}, f.asked)
}

func TestDamagedFileIsRefusedAndNotKept(t *testing.T) {
	f := newFakeRepository(t)
	f.add("a/a:1", "")
	f.files["a/a/1/a-1.jar.sha1"] = strings.Repeat("0", 40)
	r := f.repositories(t)
	_, err := r.get(t.Context(), "a/a/1/a-1.jar")
	require.ErrorContains(t, err, "its SHA-1 is")
	left, err := os.ReadDir(filepath.Join(r.local, "a/a/1"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestMissingFileSaysWhereItWasLookedFor(t *testing.T) {
	f := newFakeRepository(t)
	r := f.repositories(t)
	_, err := r.get(t.Context(), "a/a/1/a-1.pom")
	require.ErrorIs(t, err, ErrNotFound)
	require.ErrorContains(t, err, "nor in central; check the name and the version")
	r.Offline = true
	f.asked = nil
	_, err = r.get(t.Context(), "a/a/1/a-1.pom")
	require.ErrorIs(t, err, ErrNotFound)
	require.ErrorContains(t, err, "this is offline")
	require.Empty(t, f.asked)
}

func TestSettingsNameMirrorLocalRepositoryAndPassword(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "settings.xml"), []byte(`<settings>
	  <localRepository>${env.REPO}/local</localRepository>
	  <mirrors>
	    <mirror><id>inner</id><mirrorOf>*,!other</mirrorOf><url>http://127.0.0.1:1/m2</url></mirror>
	    <mirror><id>blocker</id><mirrorOf>external:http:*</mirrorOf><url>http://0.0.0.0/</url><blocked>true</blocked></mirror>
	  </mirrors>
	  <servers><server><id>inner</id><username>me</username><password>secret</password></server></servers>
	</settings>`), 0o644))
	s, err := readSettings(folder, func(string) string { return "/of" })
	require.NoError(t, err)
	require.Equal(t, "/of/local", s.LocalRepository)
	r, err := NewRepositories(s, map[string]string{"other": "https://example.com/m2/", "third": "https://example.com/3"})
	require.NoError(t, err)
	require.Equal(t, []remote{
		{"inner", "http://127.0.0.1:1/m2", Server{"inner", "me", "secret"}}, // for Central and the third
		{"other", "https://example.com/m2", Server{}},
	}, r.remotes)
	_, err = NewRepositories(s, map[string]string{"other": "http://example.com/m2"})
	require.ErrorContains(t, err, "blocked by the mirror blocker")
}

func TestVersionsAreOrderedAsMavenDoes(t *testing.T) {
	ascending := []string{"1.0-alpha-1", "1.0-beta2", "1.0-rc1", "1.0-SNAPSHOT", "1.0", "1.0-sp", "1.0-x", "1.0-1", "1.0.1", "1.2", "1.9", "1.10", "1.10.520", "2"}
	for i := range ascending {
		for j := range ascending {
			got := compareVersions(ascending[i], ascending[j])
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			require.Equal(t, want, got, "%s and %s", ascending[i], ascending[j])
		}
	}
	for _, same := range [][2]string{{"1", "1.0"}, {"1.0.0", "1.0-ga"}, {"1.0-a1", "1.0-alpha-1"}, {"1.0-cr2", "1.0-RC2"}} {
		require.Zero(t, compareVersions(same[0], same[1]), "%v", same)
	}
}
