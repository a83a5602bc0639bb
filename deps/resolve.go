package deps

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// lumo is these, with what they need.
var provided = map[Lib]bool{
	{"org.clojure", "clojure", ""}:       true,
	{"org.clojure", "clojurescript", ""}: true,
}

// request is a library that somebody asks for.
type request struct {
	lib        Lib
	coordinate Coordinate
	by         string       // who asks
	excluded   map[Lib]bool // on the way there
}

// resolver finds the versions.
type resolver struct {
	project *Project
	poms    *poms
	chosen  map[Lib]Coordinate
}

// maxRounds bounds how often a newer version may change what is asked for.
const maxRounds = 100

// choose finds the coordinate of each library that the project needs.
func choose(ctx context.Context, project *Project, from *Repositories) (map[Lib]Coordinate, error) {
	r := &resolver{project, newPOMs(from), map[Lib]Coordinate{}}
	for range maxRounds {
		next, err := r.round(ctx)
		if err != nil {
			return nil, err
		}
		if maps.EqualFunc(next, r.chosen, sameCoordinate) {
			return next, nil
		}
		r.chosen = next
	}
	return nil, errors.New("the versions that the libraries ask for do not settle; name one of them in :deps")
}

// round walks all that the project asks for, by the versions chosen before, and returns the newest version asked for of each.
// What only a version that lost asks for is not reached again.
func (r *resolver) round(ctx context.Context) (map[Lib]Coordinate, error) {
	found := map[Lib]Coordinate{}
	walked := map[string]bool{}
	var queue []request
	for _, lib := range sortedLibs(r.project.Deps) {
		queue = append(queue, request{lib, r.project.Deps[lib], ProjectFile, nil})
	}
	for len(queue) > 0 {
		req := queue[0]
		queue = queue[1:]
		if provided[req.lib] || excludes(req.excluded, req.lib) {
			continue
		}
		c, err := r.coordinate(req)
		if err != nil {
			return nil, err
		}
		if have, ok := found[req.lib]; ok {
			c = r.newer(req.lib, have, c)
		}
		found[req.lib] = c
		// What it needs is that of the version chosen so far, which may be newer than the one asked for here.
		walk := c
		if chosen, ok := r.chosen[req.lib]; ok {
			walk = r.newer(req.lib, chosen, c)
		}
		excluded := union(req.excluded, req.coordinate.Exclusions)
		key := fmt.Sprint(req.lib, walk.Version, walk.Root, sortedLibs(excluded))
		if walked[key] {
			continue
		}
		walked[key] = true
		more, err := r.needs(ctx, req.lib, walk, excluded)
		if err != nil {
			return nil, fmt.Errorf("%w (asked for by %s)", err, req.by)
		}
		queue = append(queue, more...)
	}
	return found, nil
}

// coordinate is what is taken for a request: the project's own word, its overrides, what is asked for, its defaults.
func (r *resolver) coordinate(req request) (Coordinate, error) {
	if c, ok := r.project.Overrides[req.lib]; ok {
		return c, nil
	}
	if c, ok := r.project.Deps[req.lib]; ok {
		return c, nil
	}
	c := req.coordinate
	if c.Version == "" && c.Root == "" {
		d, ok := r.project.Defaults[req.lib]
		if !ok {
			return c, fmt.Errorf("%s asks for %s without a version; name one in :deps", req.by, req.lib)
		}
		return d, nil
	}
	version, err := exact(c.Version)
	if err != nil {
		return c, fmt.Errorf("%s asks for %s, but %w; name a version of it in :deps", req.by, req.lib, err)
	}
	c.Version = version
	return c, nil
}

func (r *resolver) newer(lib Lib, a, b Coordinate) Coordinate {
	if _, own := r.project.Deps[lib]; own || a.Root != "" {
		return a
	}
	if b.Root != "" || compareVersions(b.Version, a.Version) > 0 {
		return b
	}
	return a
}

func (r *resolver) needs(ctx context.Context, lib Lib, c Coordinate, excluded map[Lib]bool) ([]request, error) {
	if c.Root != "" {
		return localNeeds(lib, c.Root, excluded)
	}
	if c.Version == "LATEST" || c.Version == "RELEASE" {
		return nil, fmt.Errorf("%s has the version %s, which is another one tomorrow; name the version itself", lib, c.Version)
	}
	p, err := r.poms.effective(ctx, lib, c.Version)
	if err != nil {
		return nil, err
	}
	if p.Relocation != nil {
		to := Lib{or(p.Relocation.Group, lib.Group), or(p.Relocation.Artifact, lib.Artifact), lib.Classifier}
		return nil, fmt.Errorf("%s %s has moved to %s %s; name that in its place", lib, c.Version, to, or(p.Relocation.Version, c.Version))
	}
	var out []request
	for _, d := range p.needs() {
		if strings.Contains(d.Group+d.Artifact+d.Version, "${") {
			return nil, fmt.Errorf("the POM of %s %s asks for %s/%s %s, whose property is not set anywhere", lib, c.Version, d.Group, d.Artifact, d.Version)
		}
		need := request{lib: Lib{d.Group, d.Artifact, d.Classifier}, by: lib.String() + " " + c.Version, excluded: excluded}
		need.coordinate.Version = d.Version
		for _, e := range d.Exclusions {
			need.coordinate.Exclusions = append(need.coordinate.Exclusions, Lib{e.Group, e.Artifact, ""})
		}
		out = append(out, need)
	}
	return out, nil
}

func localNeeds(lib Lib, root string, excluded map[Lib]bool) ([]request, error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, fmt.Errorf("%s: there is no %s: %w", lib, root, errors.Unwrap(err))
	}
	if !info.IsDir() {
		return nil, nil
	}
	p, err := ReadProject(root, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", lib, err)
	}
	var out []request
	for _, l := range sortedLibs(p.Deps) {
		out = append(out, request{l, p.Deps[l], filepath.Join(root, ProjectFile), excluded})
	}
	return out, nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// excludes: an exclusion's group or artifact may be *.
func excludes(excluded map[Lib]bool, lib Lib) bool {
	for e := range excluded {
		if (e.Group == "*" || e.Group == lib.Group) && (e.Artifact == "*" || e.Artifact == lib.Artifact) {
			return true
		}
	}
	return false
}

func union(set map[Lib]bool, more []Lib) map[Lib]bool {
	if len(more) == 0 {
		return set
	}
	out := maps.Clone(set)
	if out == nil {
		out = map[Lib]bool{}
	}
	for _, l := range more {
		out[l] = true
	}
	return out
}

func sameCoordinate(a, b Coordinate) bool { return a.Version == b.Version && a.Root == b.Root }

func sortedLibs[V any](m map[Lib]V) []Lib {
	return slices.SortedFunc(maps.Keys(m), func(a, b Lib) int { return strings.Compare(a.String(), b.String()) })
}
