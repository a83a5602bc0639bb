package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
)

// engineProvenance tells, for a person, what an engine was compiled from: every source with its hash, every program that
// ran with its flags, every patch with its reason. All of it follows from the recipes.
func (t *tree) engineProvenance(arch host.Arch, e engineFile) (string, error) {
	recipes, err := t.recipesBelow(engineRecipe)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# engine-%s.xz\n\nWritten by `go run ./build engine-from-source %s`, from the recipes whose digest is\n`%s`.\n\n",
		arch, arch, e.Inputs)
	fmt.Fprintf(&b, "Node.js %s, fully static: %d bytes, sha256 `%s`;\ncompressed %d bytes, sha256 `%s`.\n",
		recipes[len(recipes)-1].Version, e.Bytes, e.SHA256, e.FileBytes, e.FileSHA256)

	b.WriteString("\n## Sources\n\n| recipe | from | file | sha256 |\n|---|---|---|---|\n")
	for _, r := range recipes {
		for _, s := range r.Sources {
			fmt.Fprintf(&b, "| %s %s | %s | %s | %s |\n", r.Name, r.Version, s.Kind, s.File, s.SHA256)
		}
	}
	b.WriteString("\n## Patches\n\n")
	for _, r := range recipes {
		patches, err := filepath.Glob(filepath.Join(r.Dir, "*.patch"))
		if err != nil {
			return "", fmt.Errorf("list the patches of %s: %w", r.Name, err)
		}
		for _, patch := range patches {
			text, err := os.ReadFile(patch)
			if err != nil {
				return "", fmt.Errorf("read a patch of %s: %w", r.Name, err)
			}
			why, _, _ := strings.Cut(string(text), "\n")
			fmt.Fprintf(&b, "- %s, %s: %s\n", r.Name, filepath.Base(patch), why)
		}
	}
	b.WriteString("\n## Programs and flags\n")
	for _, r := range recipes {
		if len(r.Runs) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%s:\n\n", r.Name)
		for _, env := range r.Env {
			fmt.Fprintf(&b, "    %s\n", env)
		}
		for _, run := range r.Runs {
			fmt.Fprintf(&b, "    %s\n", strings.Join(run.Argv, " "))
		}
	}
	return b.String(), nil
}

// recipesBelow are a recipe and all that it needs, needs first, each once.
func (t *tree) recipesBelow(name string) ([]*recipe.Recipe, error) {
	var list []*recipe.Recipe
	seen := map[string]bool{}
	var visit func(string) error
	visit = func(name string) error {
		if seen[name] {
			return nil
		}
		seen[name] = true
		r, err := t.recipe(name)
		if err != nil {
			return err
		}
		for _, need := range r.Needs {
			if err := visit(strings.TrimSuffix(need, "-native")); err != nil {
				return err
			}
		}
		list = append(list, r)
		return nil
	}
	return list, visit(name)
}
