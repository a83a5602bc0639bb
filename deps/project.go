package deps

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"olympos.io/encoding/edn"
)

// ProjectFile is the file that says what a project needs.
const ProjectFile = "deps.edn"

// Project is what a deps.edn asks for, aliases applied.
type Project struct {
	Folder string
	Paths  []string // folders of sources, relative to Folder
	Deps   map[Lib]Coordinate
	// Overrides and Defaults are versions for libraries that others ask for: in place of, and in want of, theirs.
	Overrides, Defaults map[Lib]Coordinate
	Repos               map[string]string // name and URL of each repository beside Maven Central
}

// Lib is a library's name: group and artifact, with an optional classifier.
type Lib struct {
	Group, Artifact, Classifier string
}

func (l Lib) String() string {
	s := l.Group + "/" + l.Artifact
	if l.Classifier != "" {
		s += "$" + l.Classifier
	}
	return s
}

// ParseLib reads group/artifact or group/artifact$classifier; a name without a slash is both.
func ParseLib(s string) (Lib, error) {
	name, classifier, _ := strings.Cut(s, "$")
	group, artifact, ok := strings.Cut(name, "/")
	if !ok {
		artifact = group
	}
	if group == "" || artifact == "" || strings.ContainsAny(name, "\\: \t\n") || strings.Contains(name, "..") {
		return Lib{}, fmt.Errorf("%q is no library's name; write group/artifact", s)
	}
	return Lib{group, artifact, classifier}, nil
}

// Coordinate is where a library comes from.
type Coordinate struct {
	Version    string // in Maven repositories
	Root       string // or a folder or JAR, absolute
	Exclusions []Lib
}

type projectFile struct {
	Paths   []any                   `edn:"paths"`
	Deps    map[edn.Symbol]ednCoord `edn:"deps"`
	Aliases map[edn.Keyword]any     `edn:"aliases"`
	Repos   map[string]ednRepo      `edn:"mvn/repos"`
}

type aliasFile struct {
	ExtraPaths   []any                   `edn:"extra-paths"`
	ExtraDeps    map[edn.Symbol]ednCoord `edn:"extra-deps"`
	OverrideDeps map[edn.Symbol]ednCoord `edn:"override-deps"`
	DefaultDeps  map[edn.Symbol]ednCoord `edn:"default-deps"`
}

type ednRepo struct {
	URL string `edn:"url"`
}

type ednCoord struct {
	Version    string       `edn:"mvn/version"`
	Root       string       `edn:"local/root"`
	GitURL     string       `edn:"git/url"`
	GitSHA     string       `edn:"git/sha"`
	GitTag     string       `edn:"git/tag"`
	SHA        string       `edn:"sha"`
	Exclusions []edn.Symbol `edn:"exclusions"`
}

// ErrNoProject says that a folder has no deps.edn.
var ErrNoProject = errors.New("no " + ProjectFile)

// ReadProject reads the deps.edn of a folder, with the aliases of those names.
func ReadProject(folder string, aliases []string) (*Project, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", folder, err)
	}
	where := filepath.Join(folder, ProjectFile)
	text, err := os.ReadFile(where)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w in %s", ErrNoProject, folder)
	}
	if err != nil {
		return nil, err
	}
	p, err := parseProject(folder, text, aliases)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return p, nil
}

func parseProject(folder string, text []byte, aliases []string) (*Project, error) {
	var f projectFile
	if err := edn.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("read EDN: %w", err)
	}
	p := &Project{
		Folder: folder,
		Deps:   map[Lib]Coordinate{}, Overrides: map[Lib]Coordinate{}, Defaults: map[Lib]Coordinate{},
		Repos: map[string]string{},
	}
	paths, err := pathsOf(f.Paths, f.Aliases)
	if err != nil {
		return nil, fmt.Errorf(":paths: %w", err)
	}
	if f.Paths == nil {
		paths = []string{"src"}
	}
	p.Paths = paths
	if err := p.coordinates(p.Deps, f.Deps); err != nil {
		return nil, fmt.Errorf(":deps: %w", err)
	}
	for name, repo := range f.Repos {
		if repo.URL == "" {
			return nil, fmt.Errorf(":mvn/repos: %q has no :url", name)
		}
		p.Repos[name] = repo.URL
	}
	for _, name := range aliases {
		if err := p.addAlias(strings.TrimPrefix(name, ":"), f.Aliases); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *Project) addAlias(name string, all map[edn.Keyword]any) error {
	value, ok := all[edn.Keyword(name)]
	if !ok {
		return fmt.Errorf("there is no alias :%s; there are: %s", name, strings.Join(keywords(all), " "))
	}
	// The library decodes into types from text alone.
	text, err := edn.Marshal(value)
	if err != nil {
		return fmt.Errorf("alias :%s: %w", name, err)
	}
	var a aliasFile
	if err := edn.Unmarshal(text, &a); err != nil {
		return fmt.Errorf("alias :%s: %w", name, err)
	}
	paths, err := pathsOf(a.ExtraPaths, all)
	if err != nil {
		return fmt.Errorf("alias :%s: :extra-paths: %w", name, err)
	}
	p.Paths = append(p.Paths, paths...)
	for _, part := range []struct {
		to   map[Lib]Coordinate
		from map[edn.Symbol]ednCoord
	}{{p.Deps, a.ExtraDeps}, {p.Overrides, a.OverrideDeps}, {p.Defaults, a.DefaultDeps}} {
		if err := p.coordinates(part.to, part.from); err != nil {
			return fmt.Errorf("alias :%s: %w", name, err)
		}
	}
	return nil
}

func keywords(m map[edn.Keyword]any) []string {
	var names []string
	for k := range m {
		names = append(names, ":"+string(k))
	}
	slices.Sort(names)
	return names
}

// pathsOf are the folders that a vector of paths names; a keyword in it is an alias that is such a vector.
func pathsOf(items []any, aliases map[edn.Keyword]any) ([]string, error) {
	var paths []string
	for _, item := range items {
		switch v := item.(type) {
		case string:
			paths = append(paths, v)
		case edn.Keyword:
			more, ok := aliases[v].([]any)
			if !ok {
				return nil, fmt.Errorf(":%s is not an alias that is a vector of paths", v)
			}
			nested, err := pathsOf(more, nil)
			if err != nil {
				return nil, err
			}
			paths = append(paths, nested...)
		default:
			return nil, fmt.Errorf("%v is neither a string nor an alias", item)
		}
	}
	return paths, nil
}

func (p *Project) coordinates(to map[Lib]Coordinate, from map[edn.Symbol]ednCoord) error {
	for _, name := range slices.Sorted(maps.Keys(from)) {
		lib, err := ParseLib(string(name))
		if err != nil {
			return err
		}
		if to[lib], err = p.coordinate(lib, from[name]); err != nil {
			return err
		}
	}
	return nil
}

func (p *Project) coordinate(lib Lib, c ednCoord) (Coordinate, error) {
	var out Coordinate
	switch {
	case c.Version != "":
		out.Version = c.Version
	case c.Root != "":
		out.Root = c.Root
		if !filepath.IsAbs(c.Root) {
			out.Root = filepath.Join(p.Folder, c.Root)
		}
	case c.GitURL != "" || c.GitSHA != "" || c.GitTag != "" || c.SHA != "":
		return out, fmt.Errorf("%s is taken from git, which lumo-lambda does not fetch: "+
			"clone it at that commit (as a submodule, say) and write {:local/root \"path/of/the/clone\"}, "+
			"or use a release of it by {:mvn/version \"…\"}", lib)
	default:
		return out, fmt.Errorf("%s has no :mvn/version and no :local/root", lib)
	}
	for _, name := range c.Exclusions {
		excluded, err := ParseLib(string(name))
		if err != nil {
			return out, fmt.Errorf("%s: :exclusions: %w", lib, err)
		}
		out.Exclusions = append(out.Exclusions, excluded)
	}
	return out, nil
}
