package recipe

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var reference = regexp.MustCompile(`\$\{[^}]*\}`)

// PartsOf are a recipe's parts, with the versions that they refer to looked up among all recipes.
func PartsOf(r *Recipe, all []*Recipe) ([]Part, error) {
	parts := slices.Clone(r.Parts)
	for i, p := range parts {
		var bad error
		parts[i].Version = reference.ReplaceAllStringFunc(p.Version, func(ref string) string {
			version := versionOf(r, all, ref[2:len(ref)-1])
			if version == "" {
				bad = fmt.Errorf("recipe %s: part %s: nothing has the version %s", r.Name, p.Name, ref)
			}
			return version
		})
		if bad != nil {
			return nil, bad
		}
	}
	return parts, nil
}

// versionOf is what NAME or NAME:SOURCE refers to, or nothing.
func versionOf(r *Recipe, all []*Recipe, ref string) string {
	name, source, ofSource := strings.Cut(ref, ":")
	i := slices.IndexFunc(all, func(r *Recipe) bool { return r.Name == name })
	switch {
	case ref == "version":
		return r.Version
	case i < 0:
		return ""
	case !ofSource:
		return all[i].Version
	}
	s := slices.IndexFunc(all[i].Sources, func(s Source) bool { return s.Name == source })
	if s < 0 {
		return ""
	}
	return all[i].Sources[s].Version
}
