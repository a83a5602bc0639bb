package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/lumo-lambda/lumo-lambda/build/internal/fetch"
	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/recipe"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

// tree is the project's folder and the build's tools on it.
type tree struct {
	root    string
	out     io.Writer // progress, for a person
	steps   *step.Runner
	sources *fetch.Fetcher
	stale   map[host.Arch]bool // kept engines that were told not to fit
	only    string             // what the target `recipe` is to make
	flavour flavour            // what the targets `engine`, `lumo` and `layer` are to make
}

// findTree finds the project's folder at or above the working directory.
func findTree(out io.Writer) (*tree, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("find the project's folder: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "build", "recipes")); err == nil {
			return openTree(dir, out), nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil, errors.New("not inside the project's folder: no build/recipes at or above the working directory")
		}
		dir = parent
	}
}

func openTree(root string, out io.Writer) *tree {
	return &tree{
		root:    root,
		out:     out,
		stale:   map[host.Arch]bool{},
		flavour: static,
		steps:   &step.Runner{Cache: filepath.Join(root, ".cache", "build"), Progress: out},
		sources: &fetch.Fetcher{Cache: filepath.Join(root, ".cache", "sources"), Local: os.Getenv("LUMO_SOURCES")},
	}
}

func (t *tree) path(elem ...string) string {
	return filepath.Join(append([]string{t.root}, elem...)...)
}

func (t *tree) recipe(name string) (*recipe.Recipe, error) {
	return recipe.Load(t.path("build", "recipes", name))
}
