package main

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
)

// originsOf are the sources that a part of the recipe owner was made from, for an architecture. Parts of the engine stand in
// the recipe `engine` for all of `node`'s needs; which of these a part is of follows from its name:
//
//   - the recipe whose name the part's begins with, letters and digits alone (c-ares is of cares);
//   - else the source whose name is the part's (undici, clojurescript);
//   - else the recipe that its version names (zig-0.17.1);
//   - else the recipe that the part stands in, or node for the engine's: they are in its source.
//
// testdata/origins.golden shows what comes of it.
func (t *tree) originsOf(p recipe.Part, owner *recipe.Recipe, arch host.Arch) ([]recipe.Source, error) {
	among := []*recipe.Recipe{owner}
	if owner.Name == "engine" {
		var err error
		if among, err = t.recipesBelow(engineRecipe); err != nil {
			return nil, err
		}
	}
	found := longestPrefix(among, plain(p.Name))
	if found == nil {
		for _, r := range among {
			if sources := sourcesNamed(r, p.Name); len(sources) > 0 {
				return sources, nil
			}
		}
		named, _, _ := strings.Cut(p.Version, "-")
		i := slices.IndexFunc(among, func(r *recipe.Recipe) bool { return r.Name == named })
		if i < 0 {
			i = len(among) - 1 // node, which comes after its needs, or the owner
		}
		found = among[i]
	}
	return slices.DeleteFunc(slices.Clone(found.Sources), func(s recipe.Source) bool {
		return s.Arch != "" && s.Arch != string(arch)
	}), nil
}

// longestPrefix is the recipe that has the most of the name, nil for none.
func longestPrefix(recipes []*recipe.Recipe, name string) *recipe.Recipe {
	fitting := slices.DeleteFunc(slices.Clone(recipes), func(r *recipe.Recipe) bool {
		return !strings.HasPrefix(name, plain(r.Name))
	})
	if len(fitting) == 0 {
		return nil
	}
	return slices.MaxFunc(fitting, func(a, b *recipe.Recipe) int { return cmp.Compare(len(a.Name), len(b.Name)) })
}

// sourcesNamed are the sources of a recipe that have a part's name, be it after a group, a scope or a prefix.
func sourcesNamed(r *recipe.Recipe, name string) []recipe.Source {
	named := func(same func(source string) bool) []recipe.Source {
		return slices.DeleteFunc(slices.Clone(r.Sources), func(s recipe.Source) bool {
			return !same(plain(s.Name[strings.LastIndexAny(s.Name, ":/")+1:]))
		})
	}
	exact := named(func(source string) bool { return source == plain(name) })
	if len(exact) > 0 {
		return exact
	}
	return named(func(source string) bool { return strings.HasSuffix(plain(name), source) })
}

// plain is a name's letters and digits, in lower case.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(name))
}

// purlTypes are the types of package URL for the kinds of source.
var purlTypes = map[string]string{"crates": "cargo", "debian": "deb/debian", "maven": "maven", "npm": "npm", "pypi": "pypi"}

// sourcePURL is the package URL of a source's package.
func sourcePURL(s recipe.Source) string {
	p := purl(purlTypes[s.Kind], strings.ReplaceAll(s.Name, ":", "/"), s.Version)
	if s.Kind == "debian" {
		p += "?arch=source"
	}
	return p
}

// partPURL is that of a part: its registry's where the part is the package itself, else the generic one.
func partPURL(p recipe.Part, origins []recipe.Source) string {
	if len(origins) == 1 && origins[0].Version == p.Version && slices.Contains([]string{"maven", "npm"}, origins[0].Kind) {
		return sourcePURL(origins[0])
	}
	return purl("generic", p.Name, p.Version)
}

func purl(kind, name, version string) string {
	segments := strings.Split(name, "/")
	for i := range segments {
		segments[i] = escapePURL(segments[i])
	}
	return fmt.Sprintf("pkg:%s/%s@%s", kind, strings.Join(segments, "/"), escapePURL(version))
}

// escapePURL encodes what the specification of package URLs wants encoded, which is more than a path of a URL needs.
func escapePURL(text string) string {
	return strings.NewReplacer("+", "%2B", "@", "%40").Replace(url.PathEscape(text))
}
