package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lumo-lambda/lumo-lambda/build/internal/host"
	"github.com/lumo-lambda/lumo-lambda/build/internal/step"
)

const (
	// staticcheck is pinned by a module file of its own, so that users of this module do not see it.
	lintModule = "build/tools/lint.mod"
	toolsDir   = "build/tools"
)

// cljFolders hold the ClojureScript and Clojure whose form is checked.
var cljFolders = []string{"lumo", "build/recipes", "examples", "test", "cmd/lumo-lambda/templates"}

// linters are the programs, and the first words of their argument vectors, that check JavaScript and ClojureScript.
type linters struct {
	biome, cljForm []string
}

func (t *tree) linters(ctx context.Context) (*linters, error) {
	native, err := host.Native()
	if err != nil {
		return nil, err
	}
	engine, err := t.engine(ctx, native)
	if err != nil {
		return nil, err
	}
	biome, err := t.makeNamed(ctx, "biome")
	if err != nil {
		return nil, err
	}
	standard, err := t.makeNamed(ctx, "standard-clj")
	if err != nil {
		return nil, err
	}
	formatter := filepath.Join(standard, "dist", "standard-clojure-style.js")
	return &linters{
		biome:   []string{filepath.Join(biome, "biome")},
		cljForm: []string{engine, t.path(toolsDir, "cljform.js"), formatter},
	}, nil
}

// makeNamed makes a recipe and returns its output folder.
func (t *tree) makeNamed(ctx context.Context, name string) (string, error) {
	s, err := t.recipeStep(name)
	if err != nil {
		return "", err
	}
	return t.steps.Make(ctx, s)
}

// jsFolders hold the JavaScript whose form is checked.
var jsFolders = []string{"lumo/js", "build/recipes", "build/tools"}

// lintTarget runs all linters, and fails after the last if one has found something.
func lintTarget(ctx context.Context, t *tree, _ host.Arch, _ io.Writer) error {
	use, err := t.linters(ctx)
	if err != nil {
		return err
	}
	clj, err := t.cljFiles()
	if err != nil {
		return err
	}
	found := 0
	for _, check := range []struct {
		name string
		argv []string
	}{
		{"gofmt", []string{"gofmt", "-l", "."}},
		{"go vet", []string{"go", "vet", "./..."}},
		{"staticcheck", []string{"go", "tool", "-modfile=" + lintModule, "staticcheck", "./..."}},
		{"biome", slices.Concat(use.biome, []string{"ci", "--colors=off", "--diagnostic-level=warn", "--error-on-warnings"}, jsFolders)},
		{"standard-clj", slices.Concat(use.cljForm, []string{"check"}, clj)},
	} {
		var out bytes.Buffer
		err := t.command(ctx, &out, check.argv...)
		// gofmt has nothing but its output to say that a file is not in form.
		if err == nil && (check.name != "gofmt" || out.Len() == 0) {
			continue
		}
		found++
		fmt.Fprintf(t.out, "%s:\n%s", check.name, out.String())
	}
	if found > 0 {
		return fmt.Errorf("%d of the linters have found something; `make fmt` puts the form right", found)
	}
	fmt.Fprintln(t.out, "lint: Go, JavaScript and ClojureScript are in form")
	return nil
}

// fmtTarget rewrites all source in its language's form.
func fmtTarget(ctx context.Context, t *tree, _ host.Arch, _ io.Writer) error {
	use, err := t.linters(ctx)
	if err != nil {
		return err
	}
	clj, err := t.cljFiles()
	if err != nil {
		return err
	}
	for _, argv := range [][]string{
		{"gofmt", "-w", "."},
		slices.Concat(use.biome, []string{"format", "--write"}, jsFolders),
		slices.Concat(use.cljForm, []string{"fix"}, clj),
	} {
		if err := t.command(ctx, t.out, argv...); err != nil {
			return err
		}
	}
	return nil
}

// command runs a program in the project's folder.
func (t *tree) command(ctx context.Context, out io.Writer, argv ...string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = t.root, out, out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(argv[:min(len(argv), 2)], " "), err)
	}
	return nil
}

func (t *tree) cljFiles() ([]string, error) {
	var clj []string
	for _, folder := range cljFolders {
		files, err := step.ListFiles(t.root, folder)
		if err != nil {
			return nil, err
		}
		clj = append(clj, slices.DeleteFunc(files, func(name string) bool {
			return !slices.Contains([]string{".cljs", ".cljc", ".clj"}, filepath.Ext(name)) ||
				strings.Contains(name, "/testdata/") || strings.Contains(name, "/node_modules/")
		})...)
	}
	return clj, nil
}
